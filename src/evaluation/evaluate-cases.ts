// The evaluation use case: cases in BraTS layout through the service's own preparation, inference and postprocessing.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, asAppError } from '../domain/errors.ts'
import type { BundleIdentity, ExecutionRecord } from '../domain/finding.ts'
import type { ModelRunner } from '../domain/ports/model-runner.ts'
import type { Sequence } from '../domain/study.ts'
import type { LabelVolume, Volume } from '../domain/volume.ts'
import type { LoadedBundle } from '../inference/bundle/load.ts'
import { labelsOnGrid } from '../inference/segmentation/postprocess.ts'
import { prepareInputs, type Volumes } from '../inference/segmentation/prepare.ts'
import type { Registrar } from '../inference/volumes/rigid.ts'
import { type RegionScore, type RegionSummary, scoreRegions, summarise } from './evaluate.ts'
import { readNifti } from './nifti.ts'

export interface EvaluateOptions {
  /** Holds one folder per case: <case>/<case>_t1, _t1ce, _t2, _flair and _seg, as .nii.gz or .nii. */
  folder: string
  /** Names of cases; all when absent. */
  only?: string[]
  bundle: LoadedBundle
  runner: ModelRunner
  registrar: Registrar
  onProgress?: (line: string) => void
}

export interface CaseReport {
  case: string
  scores: RegionScore[]
  noFinding: boolean
  /** Rigid motion that registration found, per sequence. */
  motion: Partial<Record<Sequence, { translationMm: number; rotationDegrees: number }>>
  /** Seconds per step. */
  seconds: { read: number; prepare: number; segment: number; label: number; score: number; total: number }
}

export interface EvaluationReport {
  bundle: BundleIdentity
  execution: Omit<ExecutionRecord, 'seconds' | 'peakRssMb'> | undefined
  cases: CaseReport[]
  summary: RegionSummary[]
  failures: { case: string; code: string; message: string }[]
  /** Highest resident size in MiB of the service's process and of the inference process. */
  peakRssMb: { service: number; inference: number }
}

const SUFFIXES: Record<Sequence, string> = {
  T1: 't1',
  T1c: 't1ce',
  T2: 't2',
  FLAIR: 'flair',
  ADC: 'adc',
  rCBV: 'rcbv',
}

/** Evaluates every case; one that cannot be read or analysed is listed as a failure and the others go on. */
export async function evaluateCases(options: EvaluateOptions): Promise<EvaluationReport> {
  const { bundle, onProgress = () => {} } = options
  const names = await caseNames(options.folder, options.only)
  const cases: CaseReport[] = []
  const failures: EvaluationReport['failures'] = []
  let execution: EvaluationReport['execution']
  let inference = 0
  for (const [index, name] of names.entries()) {
    const say = (text: string) => onProgress(`[${index + 1}/${names.length}] ${name}: ${text}`)
    try {
      const { report, record } = await evaluateCase(join(options.folder, name), name, options, say)
      const { seconds: _seconds, peakRssMb, ...rest } = record
      execution = rest
      inference = Math.max(inference, peakRssMb)
      cases.push(report)
      const scores = report.scores.map(({ region, dice }) => `${region} ${dice.toFixed(3)}`).join(', ')
      say(`Dice ${scores} in ${report.seconds.total.toFixed(1)} s`)
    } catch (thrown) {
      const error = asAppError(thrown)
      failures.push({ case: name, code: error.code, message: error.message })
      say(`${error.code}: ${error.message}`)
    }
  }
  const service = Math.round(process.resourceUsage().maxRSS / 1024)
  const summary = summarise(cases.map((report) => report.scores))
  return { bundle: bundle.identity, execution, cases, summary, failures, peakRssMb: { service, inference } }
}

async function evaluateCase(folder: string, name: string, options: EvaluateOptions, say: (text: string) => void) {
  const { bundle, runner, registrar } = options
  const seconds = { read: 0, prepare: 0, segment: 0, label: 0, score: 0, total: 0 }
  const started = performance.now()
  const time = async <T>(step: keyof typeof seconds, work: () => T | Promise<T>): Promise<T> => {
    const from = performance.now()
    say(step)
    const result = await work()
    seconds[step] = (performance.now() - from) / 1000
    return result
  }
  const { volumes, expert } = await time('read', () => readCase(folder, name, bundle))
  const reference = volumes.T1c ? 'T1c' : 'FLAIR'
  const target = volumes[reference]
  if (!target) throw new AppError('SERIES_MISSING', 'the case has neither a t1ce nor a flair volume')
  const prepared = await time('prepare', () => prepareInputs({ volumes, reference, bundle, registrar }))
  const response = await time('segment', () => runner.segment(prepared))
  const { labels, noFinding } = await time('label', () =>
    labelsOnGrid(response.probabilities, response.grid, target.grid, bundle),
  )
  const scores = await time('score', () => {
    if (!sameGrid(labels, expert))
      throw new AppError('INPUT_IMPLAUSIBLE', `the labels are not on the grid of ${SUFFIXES[reference]}`)
    return scoreRegions(labels, expert, bundle.regions)
  })
  seconds.total = (performance.now() - started) / 1000
  const motion: CaseReport['motion'] = {}
  for (const [sequence, found] of Object.entries(prepared.registrations)) {
    motion[sequence as Sequence] = { translationMm: found.translationMm, rotationDegrees: found.rotationDegrees }
  }
  const report: CaseReport = { case: name, scores, noFinding, motion, seconds }
  return { report, record: response.execution }
}

async function caseNames(folder: string, only: string[] | undefined): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new AppError('NOT_FOUND', `the folder of cases cannot be read: ${folder}`, { cause })
  })
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
  const unknown = (only ?? []).filter((name) => !names.includes(name))
  if (unknown.length > 0) throw new AppError('NOT_FOUND', `no such case in ${folder}: ${unknown.join(', ')}`)
  if (names.length === 0) throw new AppError('NOT_FOUND', `${folder} holds no case folders`)
  return only ?? names
}

async function readCase(
  folder: string,
  name: string,
  bundle: LoadedBundle,
): Promise<{ volumes: Volumes; expert: LabelVolume }> {
  const files = await readdir(folder)
  const read = async (suffix: string): Promise<Volume<Float32Array> | undefined> => {
    const file = files.find((f) => f.endsWith(`_${suffix}.nii.gz`) || f.endsWith(`_${suffix}.nii`))
    return file ? readNifti(await readFile(join(folder, file)), file) : undefined
  }
  const volumes: Volumes = {}
  for (const sequence of Object.keys(SUFFIXES) as Sequence[]) {
    const volume = await read(SUFFIXES[sequence])
    if (volume) volumes[sequence] = volume
  }
  const labels = await read('seg')
  if (!labels) throw new AppError('NOT_FOUND', `${name} has no expert labels (_seg.nii.gz)`)
  return { volumes, expert: bratsLabels(labels, bundle.labels, name) }
}

/** BraTS codes (1 necrotic core, 2 oedema, 4 or, since 2023, 3 enhancing) to the indices of the bundle's labels. */
export function bratsLabels(
  { grid, data }: Volume<Float32Array>,
  labels: LoadedBundle['labels'],
  name: string,
): LabelVolume {
  const indexOf = (key: string) => {
    const label = labels.find((one) => one.key === key)
    if (!label) throw new AppError('BUNDLE_INVALID', `the bundle has no label ${key}, which the expert labels use`)
    return label.index
  }
  const enhancing = indexOf('ET')
  const codes = new Map([
    [0, 0],
    [1, indexOf('NCR')],
    [2, indexOf('ED')],
    [3, enhancing],
    [4, enhancing],
  ])
  const out = new Uint8Array(data.length)
  for (let v = 0; v < data.length; v++) {
    const index = codes.get(data[v]!)
    if (index === undefined)
      throw new AppError('INSTANCE_INVALID', `${name}: label ${data[v]} is none of 0, 1, 2, 3, 4`)
    out[v] = index
  }
  return { grid, data: out }
}

function sameGrid(a: LabelVolume, b: LabelVolume): boolean {
  const close = (x: readonly number[], y: readonly number[], by: number) =>
    x.every((value, n) => Math.abs(value - y[n]!) < by)
  return (
    close(a.grid.size, b.grid.size, 0.5) &&
    close(a.grid.spacing, b.grid.spacing, 1e-3) &&
    close(a.grid.origin, b.grid.origin, 0.1) &&
    close(a.grid.direction, b.grid.direction, 1e-3)
  )
}
