// Evaluates tabular heads: runs rows of two tables through the service's own heads, and scores them; pure.
import { AppError } from '../domain/errors.ts'
import { type BundleIdentity, HEADS, type Head } from '../domain/finding.ts'
import type { ModelRunner } from '../domain/ports/model-runner.ts'
import type { LoadedBundle } from '../inference/bundle/manifest.ts'
import { runnableHeads } from '../inference/bundle/manifest.ts'
import { evaluateHead } from '../inference/heads/evaluate-head.ts'
import type { Features } from '../inference/heads/feature-values.ts'
import { byId, parseCsv } from './csv.ts'
import {
  type Answer,
  type ClassificationReport,
  type SurvivalReport,
  scoreClassification,
  scoreSurvival,
} from './head-scores.ts'
import { checkLabelColumns, clinicalOf, labelsOf, withFullNames } from './label-table.ts'
import { radiomicsReader } from './radiomics-table.ts'

export interface EvaluateHeadsOptions {
  /** Content and name of the radiomics table and of the table of facts and tissue results, joined by their column ID. */
  features: { text: string; name: string }
  labels: { text: string; name: string }
  bundle: LoadedBundle
  runner: Pick<ModelRunner, 'runHead'>
  onProgress?: (line: string) => void
}

export interface HeadsReport {
  bundle: BundleIdentity
  tables: {
    features: string
    labels: string
    /** Patients in both. */
    joined: number
    featuresOnly: number
    labelsOnly: number
    /** Features that a head requires and the table cannot provide. */
    unavailable: string[]
  }
  heads: (ClassificationReport | SurvivalReport | { head: Head; status: 'not_evaluable'; reason: string })[]
}

/** Throws TABLE_INVALID for problems in a table; a patient without a result is counted, never silently left out. */
export async function evaluateHeads(options: EvaluateHeadsOptions): Promise<HeadsReport> {
  const { bundle, runner, onProgress = () => {} } = options
  const heads = runnableHeads(bundle)
  const featureNames = [...new Set(heads.flatMap(({ head }) => head.features))]
  const radiomics = parseCsv(options.features.text, options.features.name)
  const metadata = withFullNames(parseCsv(options.labels.text, options.labels.name), options.labels.name)
  checkLabelColumns(
    metadata,
    heads.map(({ name }) => name),
    featureNames,
    options.labels.name,
  )
  const { read, unavailable } = radiomicsReader(
    radiomics,
    featureNames.filter((name) => !CLINICAL.test(name)),
    options.features.name,
  )
  const featureRows = byId(radiomics, options.features.name)
  const labelRows = byId(metadata, options.labels.name)
  const patients = [...featureRows].flatMap(([id, row]) => {
    const facts = labelRows.get(id)
    if (!facts) return []
    const where = (name: string, { line }: { line: number }) => `${name}, line ${line}`
    const labelled = where(options.labels.name, facts)
    const features: Features = {
      ...read(row.cells, where(options.features.name, row)),
      ...clinicalOf(facts.cells, labelled),
    }
    return [{ features, labels: labelsOf(facts.cells, labelled) }]
  })
  const report: HeadsReport = {
    bundle: bundle.identity,
    tables: {
      features: options.features.name,
      labels: options.labels.name,
      joined: patients.length,
      featuresOnly: featureRows.size - patients.length,
      labelsOnly: labelRows.size - patients.length,
      unavailable,
    },
    heads: [],
  }
  if (patients.length === 0)
    throw new AppError('TABLE_INVALID', `${options.features.name} and ${options.labels.name} share no ID`)
  for (const name of HEADS) {
    const head = bundle.heads[name]
    if (head.status === 'not_evaluable') {
      report.heads.push({ head: name, status: 'not_evaluable', reason: head.reason })
      continue
    }
    onProgress(`${name}: ${patients.length} patients`)
    const run = (rows: Float32Array, count: number, members: boolean) =>
      runner.runHead({ head: name, rows, count, members })
    const answers: Answer[] = []
    for (const { features, labels } of patients) {
      const prediction = await evaluateHead(name, head, features, run, { isExplained: false, isMeasured: true })
      answers.push({ prediction, labels })
    }
    report.heads.push(
      head.status === 'tabular' ? scoreClassification(name, head.classes, answers) : scoreSurvival(name, answers),
    )
  }
  return report
}

const CLINICAL = /^(age_years|sex_male|resection_|kps$)/
