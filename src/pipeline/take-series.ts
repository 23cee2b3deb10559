// From the study's headers to volumes; a series that turns out not to be a volume is replaced by the next candidate.
import { planSeries, type SeriesPlan } from '../dicom/series-volume.ts'
import { checkSources } from '../dicom/source-values.ts'
import { AppError, asAppError, type ErrorCode } from '../domain/errors.ts'
import type { QualityNote } from '../domain/finding.ts'
import {
  type DoubtPicture,
  SEQUENCES,
  type Sequence,
  type Series,
  type SeriesChoice,
  type SeriesDecision,
  type Study,
  type Uid,
} from '../domain/study.ts'
import { type Volume, voxelCount } from '../domain/volume.ts'
import type { Bundle } from '../inference/bundle/manifest.ts'
import { chooseReference } from '../inference/segmentation/sequence-volume.ts'
import type { SeriesOverrides } from '../inference/series/overrides.ts'
import { type Known, type Selection, selectSeries, type UnusablePolicy } from '../inference/series/select-series.ts'
import type { Registrar } from '../inference/volumes/rigid.ts'
import { judgePair, judgeWeightings, type Pair, refuseUnlike, type VolumeOf } from './judge-pixels.ts'
import { NO_OTHERS, type Turns } from './pools.ts'
import { retrieveVolume, type VolumePorts } from './retrieve-volume.ts'
import type { SequenceImages } from './sequence-images.ts'
import type { Stopwatch } from './stopwatch.ts'

export interface TakeOptions {
  bundle: Bundle
  /** The sequence whose grid carries the segmentation, if the study has it; otherwise the next of the bundle's sequences. */
  reference: Sequence
  overrides: SeriesOverrides
  /** A person's choice for this study; it overrides the site's rules. */
  choice?: SeriesChoice
  unusable: UnusablePolicy
}

export interface Taken {
  decisions: SeriesDecision[]
  /** One for each sequence that was selected, in the order of the domain. */
  images: SequenceImages[]
  reference: Sequence
  quality: QualityNote[]
}

/** A series that fails in one of these ways is passed over; a damaged instance only if another series can replace it. */
const NO_VOLUME: readonly ErrorCode[] = ['SERIES_UNSUPPORTED', 'INSTANCE_INVALID']

export interface TakePorts extends VolumePorts {
  registrar: Pick<Registrar, 'register'>
  time: Stopwatch['time']
  turns?: Pick<Turns, 'retrieve' | 'hold'>
  /** Told the pictures of series whose pixels contradict their headers. */
  show?: (pictures: DoubtPicture[]) => Promise<unknown>
  /** Told every selection. */
  onSelection(selection: Selection): Promise<unknown>
}

/**
 * Chooses, plans and retrieves until every chosen series is a volume. Throws whatever holds the study: the selection's own
 * reason, or the failure of a series that cannot be replaced.
 */
export async function takeSeries(
  { registrar, time, turns = NO_OTHERS, onSelection, show, ...ports }: TakePorts,
  study: Study,
  options: TakeOptions,
): Promise<Taken> {
  const { choice } = options
  const overrides = { ...options.overrides, ...choice?.series }
  const refused = new Map<Uid, string>()
  const failures = new Map<Sequence, AppError>()
  const volumes = new Map<Uid, { volume: Volume<Float32Array>; notes: QualityNote[] }>()
  const volumeOf = async (plan: SeriesPlan) => {
    const cached = volumes.get(plan.seriesInstanceUid)
    if (cached) return cached.volume
    const notes: QualityNote[] = []
    const volume = await retrieveVolume(ports, study.studyInstanceUid, plan, (note) => notes.push(note))
    volumes.set(plan.seriesInstanceUid, { volume, notes })
    return volume
  }
  let held = 0
  /** When more is needed than is held, all is dropped and retrieved again: no analysis waits for memory while holding some. */
  const retrieving = async <T>(selection: Selection, work: () => Promise<T>): Promise<T> => {
    const needed = bytesOf(selection, volumes.keys(), study)
    if (needed > held) {
      volumes.clear()
      await turns.hold(needed)
      held = needed
    }
    return turns.retrieve(() => time('retrieve', work))
  }
  let seen: Known['seen']
  const isAnswered = { weightings: false, contrast: false, likeness: false }
  for (;;) {
    const selection = await time('select', () =>
      selectSeries(study, options.bundle, overrides, {
        ...(choice && { choice }),
        refused,
        policy: options.unusable,
        ...(seen && { seen }),
      }),
    )
    await onSelection(selection)
    const lost = SEQUENCES.find((sequence) => failures.has(sequence) && !selection.chosen[sequence])
    const damage = lost && failures.get(lost)!
    if (damage?.code === 'INSTANCE_INVALID') throw damage
    const ask = async (question: keyof typeof isAnswered, judge: (images: VolumeOf) => Promise<Known['seen']>) => {
      if (isAnswered[question]) return false
      isAnswered[question] = true
      const answer = await retrieving(selection, () => pixelsOf(judge, (series) => volumeOf(planSeries(series))))
      seen = merged(seen, answer)
      return answer !== undefined
    }
    const { unread } = selection
    if (unread.length > 0 && (await ask('weightings', (of) => judgeWeightings(selection, of, registrar)))) continue
    const pair = pairInDoubt(selection)
    if (pair && (await ask('contrast', (of) => judgePair(pair, of, registrar, show)))) continue
    const { T1c } = selection.chosen
    const both = T1c && selection.disputed && ([T1c, selection.disputed] as const)
    if (both && (await ask('likeness', (of) => refuseUnlike(both, of, registrar, show)))) continue
    if (selection.hold) throw selection.hold
    const reference = referenceOf(selection.chosen, options)
    const taken = new Map<Sequence, SequenceImages>()
    const take = async (sequence: Sequence, series: Series) => {
      // No result could refer to it, so it is not retrieved.
      checkSources([series])
      const plan = planSeries(series)
      if (sequence === reference) refuseWithoutFrame(plan)
      const ofVolume = { ...series, instances: plan.instances }
      taken.set(sequence, { sequence, series: ofVolume, plan, volume: await volumeOf(plan) })
    }
    const failed = await retrieving(selection, () => firstFailure(selection.chosen, take))
    const images = SEQUENCES.flatMap((sequence) => taken.get(sequence) ?? [])
    if (!failed)
      return {
        decisions: selection.decisions,
        images,
        reference,
        quality: [
          ...checkSources(images.map(({ series }) => series)),
          ...selection.unused.map(unusedNote),
          ...images.flatMap(strayNote),
          // In the study's order, not in that in which they came.
          ...study.series.flatMap(({ seriesInstanceUid }) => volumes.get(seriesInstanceUid)?.notes ?? []),
        ],
      }
    // A series that a person named by its UID is never replaced.
    if (overrides[failed.sequence] === failed.uid) throw failed.error
    refused.set(failed.uid, failed.error.message)
    failures.set(failed.sequence, failed.error)
  }
}

/** Size of the volumes already retrieved (`there`: their series) and of those that this selection may ask for, at 4 bytes per voxel. */
function bytesOf({ chosen, unread, undecided, disputed }: Selection, there: Iterable<Uid>, { series }: Study): number {
  const candidates = [...Object.values(chosen), ...unread, ...undecided, ...(disputed ? [disputed] : [])]
  const uids = new Set([...there, ...candidates.map(({ seriesInstanceUid }) => seriesInstanceUid)])
  return series.reduce((sum, one) => sum + (uids.has(one.seriesInstanceUid) ? volumeBytes(one) : 0), 0)
}

/** Zero for a series that is not a volume: it is refused before it is retrieved. */
function volumeBytes(series: Series): number {
  try {
    return Float32Array.BYTES_PER_ELEMENT * voxelCount(planSeries(series).grid)
  } catch (thrown) {
    if (NO_VOLUME.includes(asAppError(thrown).code)) return 0
    throw thrown
  }
}

/** Two T1 series whose headers do not say, for one or both, whether contrast agent was given. */
function pairInDoubt({ undecided, chosen, hold }: Selection): Pair | undefined {
  const [first, second, third] = undecided
  const witness = chosen.T1 ?? chosen.T1c
  const claim = chosen.T1 ? 'T1' : 'T1c'
  if (witness) return first && !second ? [{ series: witness, claim }, { series: first }] : undefined
  return hold && first && second && !third ? [{ series: first }, { series: second }] : undefined
}

/** What the pixels say; nothing if a series is not a volume or cannot be registered, and then the doubt about the headers stands. */
async function pixelsOf(judge: (images: VolumeOf) => Promise<Known['seen']>, of: VolumeOf): Promise<Known['seen']> {
  try {
    return await judge(of)
  } catch (thrown) {
    if ([...NO_VOLUME, 'INPUT_IMPLAUSIBLE'].includes(asAppError(thrown).code)) return undefined
    throw thrown
  }
}

function merged(before: Known['seen'], more: Known['seen']): Known['seen'] {
  if (!before || !more) return before ?? more
  const all = new Map(before)
  for (const [uid, seen] of more) all.set(uid, { ...all.get(uid), ...seen })
  return all
}

/** Series retrieved at the same time: each is decoded by a process of its own, which takes longer than the archive. */
const AT_ONCE = 2

/** The first series that is not a volume; any other error is thrown. Those retrieved beside it are waited for. */
async function firstFailure(
  chosen: Selection['chosen'],
  take: (sequence: Sequence, series: Series) => Promise<void>,
): Promise<{ sequence: Sequence; uid: Uid; error: AppError } | undefined> {
  const all = SEQUENCES.flatMap((sequence) => {
    const series = chosen[sequence]
    return series ? [{ sequence, series }] : []
  })
  for (let from = 0; from < all.length; from += AT_ONCE) {
    const some = all.slice(from, from + AT_ONCE)
    const outcomes = await Promise.allSettled(some.map(({ sequence, series }) => take(sequence, series)))
    for (const [n, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') continue
      const error = asAppError(outcome.reason)
      if (!NO_VOLUME.includes(error.code)) throw error
      const { sequence, series } = some[n]!
      return { sequence, uid: series.seriesInstanceUid, error }
    }
  }
  return undefined
}

function referenceOf(chosen: Selection['chosen'], options: TakeOptions): Sequence {
  const available = SEQUENCES.filter((sequence) => chosen[sequence])
  const reference = chooseReference(available, options.reference)
  if (!reference) throw new AppError('SERIES_MISSING', 'no series was taken')
  return reference
}

function refuseWithoutFrame(plan: SeriesPlan): void {
  if (plan.frameOfReferenceUid !== '') return
  const message = `series ${plan.seriesInstanceUid} has no FrameOfReferenceUID, so no segmentation can refer to it`
  throw new AppError('SERIES_UNSUPPORTED', message)
}

const unusedNote = ({ text }: Selection['unused'][number]): QualityNote => ({
  code: 'sequence-unusable',
  severity: 'warning',
  text: `${text}; the model ran without it.`,
})

function strayNote({ sequence, plan }: SequenceImages): QualityNote[] {
  if (plan.strays.length + plan.doubles.size === 0) return []
  const parts = [
    ...(plan.doubles.size > 0 ? [`${plan.doubles.size} instances that repeat others`] : []),
    ...(plan.strays.length > 0 ? [`${plan.strays.length} that are no slices of it (${plan.strays[0]!.why})`] : []),
  ]
  return [{ code: 'instances-passed-over', severity: 'info', text: `${sequence}: passed over ${parts.join(' and ')}.` }]
}
