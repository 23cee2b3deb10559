// An acceptance from the plan to the decision: the plan is stated before anything is analysed, a study that fails is listed, and the others go on.
import {
  type AcceptancePlan,
  type AcceptanceReport,
  type AcceptedStudy,
  documentOf,
  type StudyAccepted,
} from '../domain/acceptance.ts'
import { sha256Of } from '../domain/digest.ts'
import { AppError, asAppError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Uid } from '../domain/study.ts'
import type { Volume } from '../domain/volume.ts'
import type { BundleManifest } from '../inference/bundle/manifest.ts'
import { judgeAcceptance } from './acceptance.ts'
import { bratsLabels } from './brats-labels.ts'
import { byId, parseCsv, type Table } from './csv.ts'
import { scoreRegions } from './evaluate.ts'
import { labelsOf, withFullNames } from './label-table.ts'
import { labelsOnto } from './onto-grid.ts'

/** A study of the acceptance, and the folder that may contain its reference. */
export interface NamedStudy {
  name: string
  study: Uid
  folder?: string
}

export interface AcceptancePorts {
  clock: Clock
  /** Analyses one study; throws what an analysis throws. */
  accept(study: Uid): Promise<StudyAccepted>
  /** The labels that an expert drew, in BraTS codes, if the folder holds any. */
  expertLabels(folder: string): Promise<Volume<Float32Array> | undefined>
  /** Called before the first study is analysed. */
  onPlan(plan: AcceptancePlan): Promise<void>
  onProgress(line: string): void
}

export interface AcceptanceInput {
  /** What the plan states besides its time, its studies and the digest of the table. */
  plan: Omit<AcceptancePlan, 'schema' | 'begunAt' | 'studies' | 'labelsSha256'>
  studies: readonly NamedStudy[]
  bundle: Pick<BundleManifest, 'labels' | 'regions'>
  /** Tissue results by study: a table in the form of `evaluate --labels`. */
  labels?: { text: string; name: string }
}

/** Throws NOT_FOUND without a study, and TABLE_INVALID for a table of tissue results that cannot be read. */
export async function runAcceptance(ports: AcceptancePorts, input: AcceptanceInput): Promise<AcceptanceReport> {
  const { clock, onPlan } = ports
  const { studies, labels } = input
  if (studies.length === 0) throw new AppError('NOT_FOUND', 'there is no study to accept the bundle on')
  const rows = labels && byId(withFullNames(parseCsv(labels.text, labels.name), labels.name), labels.name)
  const plan: AcceptancePlan = {
    schema: 'gliabridge-acceptance-plan/1',
    begunAt: clock.now().toISOString(),
    ...input.plan,
    ...(labels && { labelsSha256: sha256Of(labels.text) }),
    studies: studies.map(({ name }) => name),
  }
  await onPlan(plan)
  const accepted = await acceptEach(ports, input, rows)
  return {
    schema: 'gliabridge-acceptance/1',
    plan,
    planSha256: sha256Of(documentOf(plan)),
    endedAt: clock.now().toISOString(),
    ...judgeAcceptance(plan.limits, accepted),
    studies: accepted,
  }
}

async function acceptEach(
  ports: AcceptancePorts,
  { studies, bundle }: AcceptanceInput,
  rows: ReadonlyMap<string, Table['rows'][number]> | undefined,
): Promise<AcceptedStudy[]> {
  const accepted: AcceptedStudy[] = []
  for (const [n, { name, study, folder }] of studies.entries()) {
    const base = { name, studyInstanceUid: study, volumes: {}, scores: [], calls: [] }
    try {
      const analysed = await ports.accept(study)
      const expert = folder === undefined ? undefined : await ports.expertLabels(folder)
      accepted.push({ ...base, ...measured(name, analysed, { bundle, expert, row: rows?.get(name) }) })
    } catch (thrown) {
      const { code, message } = asAppError(thrown)
      accepted.push({ ...base, failure: { code, message } })
    }
    const { failure, seconds = 0 } = accepted.at(-1)!
    const outcome = failure ? `${failure.code}: ${failure.message}` : `${seconds.toFixed(1)} s`
    ports.onProgress(`[${n + 1}/${studies.length}] ${name}: ${outcome}`)
  }
  return accepted
}

interface Truth {
  bundle: AcceptanceInput['bundle']
  expert: Volume<Float32Array> | undefined
  row: Table['rows'][number] | undefined
}

function measured(
  name: string,
  { result, labels, segmentation, seconds }: StudyAccepted,
  { bundle, expert, row }: Truth,
): Omit<AcceptedStudy, 'name'> {
  const drawn = expert && labelsOnto(bratsLabels(expert, bundle.labels, name), labels.grid)
  const truths = row ? labelsOf(row.cells, name) : {}
  return {
    seconds,
    volumes: Object.fromEntries(result.measurements.map(({ region, value }) => [region, value])),
    scores: drawn ? scoreRegions(labels, drawn, bundle.regions) : [],
    calls: result.predictions.map((prediction) => {
      const truth = prediction.head === 'survival' ? undefined : truths[prediction.head]
      const call = prediction.status === 'evaluable' ? prediction.call : undefined
      return { head: prediction.head, status: prediction.status, ...(call && { call }), ...(truth && { truth }) }
    }),
    ...(segmentation && { segmentationSha256: sha256Of(segmentation) }),
  }
}
