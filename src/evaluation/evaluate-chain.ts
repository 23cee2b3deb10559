// Evaluates the whole chain on patients with known tissue results: images through the service's own path to volumes, features and calls.

import { join } from 'node:path'
import { AppError, asAppError } from '../domain/errors.ts'
import type { ModelRunner } from '../domain/ports/model-runner.ts'
import type { LabelVolume, Volume } from '../domain/volume.ts'
import type { LoadedBundle } from '../inference/bundle/manifest.ts'
import { runnableHeads } from '../inference/bundle/manifest.ts'
import { predictFromImages } from '../inference/heads/predict-from-images.ts'
import { evaluableOf } from '../inference/lesions/evaluable.ts'
import { measure } from '../inference/lesions/measure.ts'
import { sequencesOf } from '../inference/segmentation/sequence-volume.ts'
import type { Registrar } from '../inference/volumes/rigid.ts'
import { bratsLabels } from './brats-labels.ts'
import { caseNames, readCaseFiles, sameGrid } from './case-files.ts'
import type { ChainCase } from './chain-case.ts'
import { type ChainReport, summariseChain } from './chain-scores.ts'
import { byId, parseCsv, type Table } from './csv.ts'
import { type RegionScore, scoreRegions } from './evaluate.ts'
import { checkLabelColumns, clinicalOf, labelsOf, withFullNames } from './label-table.ts'
import { segmentCase } from './segment-case.ts'
import { createStepTimer } from './step-timer.ts'

export interface EvaluateChainOptions {
  /** Each contains one folder per case, as readCaseFiles reads it; the case's name is its ID in the table. */
  folders: readonly string[]
  /** Content and name of the table of ages, facts and tissue results by ID. */
  labels: { text: string; name: string }
  only?: readonly string[]
  bundle: LoadedBundle
  runner: ModelRunner
  registrar: Registrar
  onProgress?: (line: string) => void
  /** Called with the report after every case, so that a run that ends early leaves its results. */
  onReport?: (report: ChainReport) => Promise<void>
}

/** A case that cannot be read or analysed is listed as a failure and the others continue; TABLE_INVALID for a table that lacks a column. */
export async function evaluateChain(options: EvaluateChainOptions): Promise<ChainReport> {
  const { bundle, onProgress = () => {}, onReport = async () => {} } = options
  const rows = readLabels(options)
  const all = await allCases(options)
  const withRow = all.filter(({ name }) => rows.has(name))
  const report = {
    bundle: bundle.identity,
    cases: [] as ChainCase[],
    failures: [] as ChainReport['failures'],
    withoutRow: all.filter(({ name }) => !rows.has(name)).map(({ name }) => name),
    rowsWithoutCase: rows.size - withRow.length,
    peakRssMb: { service: 0, inference: 0 },
  }
  const summarised = (): ChainReport => structuredClone({ ...report, ...summariseChain(report.cases, bundle) })
  for (const [index, { name, folder }] of withRow.entries()) {
    const say = (text: string) => onProgress(`[${index + 1}/${withRow.length}] ${name}: ${text}`)
    try {
      const { chainCase, peakRssMb } = await runCase(folder, name, rows.get(name)!, options, say)
      report.cases.push(chainCase)
      report.peakRssMb.inference = Math.max(report.peakRssMb.inference, peakRssMb)
      say(oneLine(chainCase))
    } catch (thrown) {
      const error = asAppError(thrown)
      report.failures.push({ case: name, code: error.code, message: error.message })
      say(`${error.code}: ${error.message}`)
    }
    report.peakRssMb.service = Math.round(process.resourceUsage().maxRSS / 1024)
    await onReport(summarised())
  }
  return summarised()
}

function readLabels({ labels, bundle }: EvaluateChainOptions): Map<string, Table['rows'][number]> {
  const table = withFullNames(parseCsv(labels.text, labels.name), labels.name)
  const heads = runnableHeads(bundle)
  const clinical = heads.flatMap(({ head }) => head.required).filter((name) => /^(age_years|sex_male)$/.test(name))
  checkLabelColumns(
    table,
    heads.map(({ name }) => name),
    ['age_years', ...clinical],
    labels.name,
  )
  return byId(table, labels.name)
}

async function allCases({ folders, only }: EvaluateChainOptions): Promise<{ name: string; folder: string }[]> {
  const cases: { name: string; folder: string }[] = []
  for (const folder of folders)
    for (const name of await caseNames(folder, undefined)) cases.push({ name, folder: join(folder, name) })
  const names = cases.map(({ name }) => name)
  const twice = names.find((name, n) => names.indexOf(name) !== n)
  if (twice !== undefined) throw new AppError('SETTINGS_INVALID', `the case ${twice} is in two of the folders`)
  const unknown = (only ?? []).filter((name) => !names.includes(name))
  if (unknown.length > 0) throw new AppError('NOT_FOUND', `no such case: ${unknown.join(', ')}`)
  return only ? cases.filter(({ name }) => only.includes(name)) : cases
}

async function runCase(
  folder: string,
  name: string,
  row: Table['rows'][number],
  { bundle, runner, registrar, labels: table }: EvaluateChainOptions,
  say: (text: string) => void,
): Promise<{ chainCase: ChainCase; peakRssMb: number }> {
  const timer = createStepTimer(['read', 'prepare', 'segment', 'label', 'predict'], () => performance.now(), say)
  const { seconds, time } = timer
  const where = `${table.name}, line ${row.line}`
  const clinical = clinicalOf(row.cells, where)
  const files = await time('read', () => readCaseFiles(folder))
  const { images } = files
  const { prepared, response, labels, noFinding } = await segmentCase({ images, bundle, runner, registrar, time })
  const predicted = await time('predict', () =>
    predictFromImages({
      clinical,
      prepared,
      segmented: response,
      labels,
      noFinding,
      bundle,
      runner,
      isMeasured: true,
    }),
  )
  const stated = evaluableOf(labels, bundle, sequencesOf(prepared.images))
  const scores = scoresOf(labels, files, bundle, name).filter(({ region }) => stated.bundle.regions[region])
  timer.end()
  const chainCase: ChainCase = {
    case: name,
    noFinding,
    volumes: Object.fromEntries(
      measure(stated.labels, stated.bundle).measurements.map(({ region, value }) => [region, value]),
    ),
    scores,
    predictions: predicted.predictions,
    labels: labelsOf(row.cells, where),
    age: clinical.age_years!,
    quality: [...prepared.quality, ...predicted.quality],
    samples: response.samples.length,
    seconds,
  }
  return { chainCase, peakRssMb: response.execution.peakRssMb }
}

/** All labels if the expert drew them, otherwise the whole tumour if there is a mask. */
function scoresOf(
  predicted: LabelVolume,
  { labels, mask }: { labels?: Volume<Float32Array>; mask?: Volume<Float32Array> },
  bundle: LoadedBundle,
  name: string,
): RegionScore[] {
  if (!labels && !mask) return []
  const expert = labels ? bratsLabels(labels, bundle.labels, name) : inside(mask!, (value) => value !== 0)
  if (!sameGrid(predicted, expert))
    throw new AppError('INPUT_IMPLAUSIBLE', 'the expert’s outline is not on the grid of the reference series')
  if (labels) return scoreRegions(predicted, expert, bundle.regions)
  const whole = bundle.regions.WT ?? []
  return scoreRegions(
    inside(predicted, (label) => whole.includes(label)),
    expert,
    { WT: [1] },
  )
}

function inside({ grid, data }: Volume<ArrayLike<number>>, test: (value: number) => boolean): LabelVolume {
  return { grid, data: Uint8Array.from(data, (value) => Number(test(value))) }
}

function oneLine({ scores, predictions, seconds }: ChainCase): string {
  const dice = scores.map(({ region, dice }) => `${region} ${dice.toFixed(3)}`)
  const calls = predictions.map((one) => `${one.head} ${one.status === 'evaluable' ? (one.call ?? '') : one.status}`)
  return `${[...dice, ...calls.map((call) => call.trim())].join(', ')} in ${seconds.total.toFixed(1)} s`
}
