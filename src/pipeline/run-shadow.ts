// Runs a candidate in shadow: once nothing waits to be analysed, it computes a delivered study again, and what came out is kept beside the active
// bundle's result. Nothing is written to PACS or EHR, and the moment a study comes the candidate gives way.
import { type BundleRef, type ShadowCase, standingOf } from '../domain/bundles.ts'
import { AppError, asAppError, type ErrorCode } from '../domain/errors.ts'
import type { ReportableResult } from '../domain/finding.ts'
import type { BundleStore, ClaimedCase } from '../domain/ports/bundle-store.ts'
import type { Log } from '../domain/ports/log.ts'
import { sleepUnlessAborted } from '../domain/sleep.ts'
import type { LabelVolume } from '../domain/volume.ts'
import type { LoadedBundle } from '../inference/bundle/manifest.ts'
import type { AnalyseOptions, AnalysePorts } from './analysis-run.ts'
import { makeAgain } from './reproduce/make-again.ts'
import { resultLabels } from './result-labels.ts'

type Regions = LoadedBundle['regions']
type Compared = Omit<ShadowCase, 'analysisId' | 'comparedAt'>
export interface OneOutcome {
  result: ReportableResult
  labels: LabelVolume
  regions: Regions
}

/** The candidate with processes of its own, so that a study that comes waits for none of them. */
export interface OpenCandidate extends Pick<AnalysePorts, 'runner' | 'registrar' | 'readVolume'> {
  bundle: LoadedBundle
  /** Ends whatever they are doing. */
  close(): Promise<void>
}

export interface ShadowPorts {
  bundles: BundleStore
  analysis: Omit<AnalysePorts, 'runner' | 'registrar' | 'readVolume' | 'turns' | 'spool'>
  options: AnalyseOptions
  log: Log
  /** The bundle that this process has open. */
  active(): LoadedBundle
  /** Throws BUNDLE_INVALID and INFERENCE_UNAVAILABLE. */
  open(candidate: BundleRef): Promise<OpenCandidate>
  compare(active: OneOutcome, shadow: OneOutcome): Compared
}

/** Longer than any run; a process that died meanwhile loses no more than this. */
const CLAIM_SECONDS = 3600
const AGAIN_SECONDS = 600
const MAX_ATTEMPTS = 3
const LOOK_EVERY_MS = 1000

/** What the candidate answers for; anything else, such as an archive that is down, says nothing about it. */
const OF_THE_CANDIDATE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'BUNDLE_INVALID',
  'INFERENCE_FAILED',
  'INFERENCE_OUT_OF_MEMORY',
  'INFERENCE_UNAVAILABLE',
  'INPUT_IMPLAUSIBLE',
  'OUTSIDE_INTENDED_USE',
  'SERIES_MISSING',
  'SERIES_AMBIGUOUS',
  'SERIES_UNSUPPORTED',
  'SERIES_CONTRADICTION',
  'INTERNAL',
])

/** Computes one study in shadow if there is one and nothing else is to be done; returns whether it stored a case. */
export async function shadowRound(ports: ShadowPorts, signal: AbortSignal): Promise<boolean> {
  const { bundles, active } = ports
  const { shadow, active: decided } = standingOf(await bundles.changes())
  const activeModel = active().identity.modelDigest
  // A decision that this process has not followed yet.
  if (!shadow || (decided && decided.modelDigest !== activeModel)) return false
  if (signal.aborted || (await bundles.isAnalysisDue())) return false
  const candidate = shadow.bundle
  const claimed = await bundles.claimCase({ candidate, activeModel, since: shadow.since }, CLAIM_SECONDS)
  return claimed ? runCase(ports, candidate, claimed, signal) : false
}

async function runCase(
  ports: ShadowPorts,
  candidate: BundleRef,
  { analysisId, attempts }: ClaimedCase,
  signal: AbortSignal,
): Promise<boolean> {
  const { bundles, analysis, log } = ports
  const keep = async (compared: Compared) => {
    await bundles.keepCase(candidate, { analysisId, comparedAt: analysis.clock.now().toISOString(), ...compared })
    log.info({ analysisId, bundleId: candidate.id }, 'computed in shadow')
    return true
  }
  const giveBack = async (afterSeconds: number, uncounted: boolean) => {
    await bundles.releaseCase(candidate, analysisId, afterSeconds, uncounted)
    return false
  }
  const nothing = { seconds: {}, regions: [], calls: [] }
  if (attempts > MAX_ATTEMPTS) {
    const message = `the service ended ${attempts - 1} times while the candidate computed this study`
    return keep({ ...nothing, failure: { code: 'INTERNAL', message } })
  }
  try {
    const active = await activeOutcome(ports, analysisId)
    const shadow = await givingWay(ports, signal, (use) => shadowOutcome(ports, candidate, analysisId, use))
    return shadow ? keep(ports.compare(active, shadow)) : giveBack(0, true)
  } catch (thrown) {
    const error = asAppError(thrown)
    const { code, message } = error
    if (error.class === 'transient' && attempts < MAX_ATTEMPTS) return giveBack(AGAIN_SECONDS, false)
    const why = { code, message }
    return keep({ ...nothing, ...(OF_THE_CANDIDATE.has(code) ? { failure: why } : { leftOut: why }) })
  }
}

async function activeOutcome({ analysis: { analyses }, active }: ShadowPorts, analysisId: string): Promise<OneOutcome> {
  const result = await analyses.result(analysisId)
  if (!result?.grid) throw new AppError('NOT_FOUND', `analysis ${analysisId} has no result to compare with`)
  const segmentation = (await analyses.artifact(analysisId, 'segmentation'))?.bytes
  return { result, labels: resultLabels(result, result.grid, segmentation), regions: active().regions }
}

async function shadowOutcome(
  ports: ShadowPorts,
  candidate: BundleRef,
  analysisId: string,
  use: (open: OpenCandidate) => void,
): Promise<OneOutcome> {
  const { analysis, options } = ports
  const open = await ports.open(candidate)
  use(open)
  const { bundle, runner, registrar, readVolume } = open
  const { artifacts, summary } = await makeAgain(
    { ...analysis, runner, registrar, readVolume },
    { ...options, bundle, priors: { ...options.priors, enabled: false }, writeBack: NOTHING_MORE },
    analysisId,
  )
  const result = summary as ReportableResult
  const segmentation = artifacts.find(({ role }) => role === 'segmentation')?.bytes
  return { result, labels: resultLabels(result, result.grid!, segmentation), regions: bundle.regions }
}

const NOTHING_MORE: AnalyseOptions['writeBack'] = {
  keyImages: false,
  segmentationPerSequence: false,
  labelMap: false,
  probabilities: false,
  uncertainty: false,
  saliency: false,
  rejectSuperseded: false,
}

/**
 * Does the work, and ends the candidate's processes afterwards; undefined if they were ended before, because an analysis is due or the service stops.
 * What the archive is still sending then is read to its end, and dropped.
 */
async function givingWay<T>(
  { bundles, analysis: { clock } }: ShadowPorts,
  signal: AbortSignal,
  work: (use: (open: OpenCandidate) => void) => Promise<T>,
): Promise<T | undefined> {
  const ended = new AbortController()
  let open: OpenCandidate | undefined
  let gaveWay = false
  const give = async () => {
    gaveWay = true
    await open?.close()
  }
  const watch = async () => {
    while (!ended.signal.aborted) {
      if (signal.aborted || (await bundles.isAnalysisDue())) return give()
      await sleepUnlessAborted(clock, LOOK_EVERY_MS, AbortSignal.any([ended.signal, signal]))
    }
  }
  const watching = watch()
  try {
    const done = await work((one) => {
      open = one
      if (gaveWay) throw new AppError('INFERENCE_FAILED', 'the candidate gave way to an analysis')
    })
    return gaveWay ? undefined : done
  } catch (thrown) {
    if (gaveWay) return undefined
    throw thrown
  } finally {
    ended.abort()
    await watching.catch(() => undefined)
    await open?.close()
  }
}
