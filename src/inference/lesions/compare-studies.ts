// Compares two analysed studies of one patient: registration, lesions, volumes, tracking; refused if they cannot be compared.

import { lesionKey, wholeLesionKey } from '../../dicom/tracking.ts'
import type { Comparison, LesionChange, Tracking, VolumeChange } from '../../domain/comparison.ts'
import { AppError } from '../../domain/errors.ts'
import type { Measurement } from '../../domain/finding.ts'
import type { LabelVolume, Vec3, Volume } from '../../domain/volume.ts'
import { millimetres, partPercent } from '../../wording/quantities.ts'
import type { BundleManifest } from '../bundle/manifest.ts'
import { centreOf, coarseGrid } from '../volumes/grids.ts'
import { resample } from '../volumes/resample.ts'
import { applyRigid, invertRigid, REGISTRATION_SPACING_MM, type Registrar, type Rigid } from '../volumes/rigid.ts'
import { type MeasuredLesion, targetLesions } from './diameters.ts'
import { LESION_LIMITS } from './lesion-limits.ts'
import { type LesionLinks, type LesionMap, lesionMap, linkLesions, shareOutside, wholeLesions } from './link-lesions.ts'
import { sizeResponse } from './rano.ts'

const MAX_RESIDUAL_MM = LESION_LIMITS.residual.value
const REACH_MM = LESION_LIMITS.reach.value
/** The largest number that a lesion map can hold. */
const MAX_MAPPED_LESIONS = 65_535

export type MeasuredVolume = Pick<Measurement, 'region' | 'value' | 'standardDeviation'>

/** One analysed study. */
export interface TimePoint<M extends MeasuredVolume = Measurement> {
  /** The reference series on its own grid, and its labels. */
  image: Volume<Float32Array>
  labels: LabelVolume
  measurements: readonly M[]
  /** Its enhancing lesions, from measureLesions. */
  enhancing: readonly MeasuredLesion[]
  /** Tracking of a finding, by its key. */
  tracking(key: string): Tracking
}

/** Of volumes, what an earlier report states is enough. */
export type EarlierPoint = TimePoint<MeasuredVolume>

export interface ComparisonInput {
  now: TimePoint
  earlier: EarlierPoint
  bundle: Pick<BundleManifest, 'labels' | 'regions'>
  registrar: Registrar
}

/** Throws INPUT_IMPLAUSIBLE if the studies cannot be registered well enough, INFERENCE_FAILED if registration was not possible at all. */
export async function compareStudies({
  now,
  earlier,
  bundle,
  registrar,
}: ComparisonInput): Promise<Omit<Comparison, 'prior' | 'days'> & { presentToPrior: Rigid }> {
  const { presentToPrior, ...registration } = await registerToPrior(now.image, earlier.image, registrar)
  const members = bundle.labels.map(({ index }) => index)
  const lesionsOf = ({ labels }: Pick<TimePoint, 'labels'>) =>
    lesionMap(labels.grid, wholeLesions(labels, members).slice(0, MAX_MAPPED_LESIONS))
  const [mapNow, mapThen] = [lesionsOf(now), lesionsOf(earlier)]
  const outside = Math.max(
    shareOutside(mapNow, earlier.labels.grid, presentToPrior),
    shareOutside(mapThen, now.labels.grid, invertRigid(presentToPrior)),
  )
  if (outside > LESION_LIMITS.outside.value) {
    const share = `${partPercent(outside)} of the tumour of one study`
    throw new AppError('INPUT_IMPLAUSIBLE', `${share} lie outside the images of the other`)
  }
  const links = linkLesions(mapNow, mapThen, presentToPrior)
  const lesions = lesionChanges(mapNow, mapThen, links, now, earlier)
  const enhancing = compareEnhancing(now, earlier, presentToPrior)
  const keys = new Set([...now.measurements.map(({ region }) => region), ...bundle.labels.map(({ key }) => key)])
  return {
    presentToPrior,
    registration,
    volumes: volumeChanges(earlier.measurements, now.measurements),
    lesions,
    response: enhancing.response,
    tracking: {
      ...Object.fromEntries([...keys].map((key) => [key, earlier.tracking(key)])),
      ...Object.fromEntries(mapNow.lesions.map((_, n) => [wholeLesionKey(n + 1), lesions[n]!.tracking])),
      ...enhancing.tracking,
    },
  }
}

/** Registers in both directions; the mean distance that remains measures the quality of both. */
async function registerToPrior(now: Volume<Float32Array>, earlier: Volume<Float32Array>, registrar: Registrar) {
  const coarse = (image: Volume<Float32Array>) => resample(image, coarseGrid(image.grid, REGISTRATION_SPACING_MM))
  const [fixed, moving] = [coarse(now), coarse(earlier)]
  const [there, back] = await Promise.all([
    registrar.register(fixed, moving, 'the earlier study'),
    registrar.register(moving, fixed, 'the earlier study, back'),
  ])
  const residualMm = residual(there.transform, back.transform, centreOf(fixed.grid))
  if (residualMm > MAX_RESIDUAL_MM) {
    const mismatch = `registration there and back leaves ${millimetres(residualMm)} mm`
    throw new AppError('INPUT_IMPLAUSIBLE', `${mismatch}, more than ${MAX_RESIDUAL_MM} mm`)
  }
  const { transform, translationMm, rotationDegrees, agreementAfter } = there
  return { presentToPrior: transform, translationMm, rotationDegrees, mutualInformation: agreementAfter, residualMm }
}

/** Mean distance in mm between the corners of a cube and where they end up after going there and back. */
export function residual(there: Rigid, back: Rigid, centre: Vec3): number {
  const ends = [-REACH_MM, REACH_MM]
  const corners = ends.flatMap((x) =>
    ends.flatMap((y) => ends.map((z): Vec3 => [centre[0] + x, centre[1] + y, centre[2] + z])),
  )
  const distances = corners.map((p) =>
    Math.hypot(...applyRigid(back, applyRigid(there, p)).map((value, axis) => value - p[axis]!)),
  )
  return distances.reduce((a, b) => a + b, 0) / distances.length
}

/** Regions and labels measured at both times, in the order of the present study. */
export function volumeChanges(earlier: readonly MeasuredVolume[], now: readonly Measurement[]): VolumeChange[] {
  return now.flatMap((one) => {
    const before = earlier.find(({ region }) => region === one.region)
    if (before === undefined) return []
    const [a, b] = [before.standardDeviation, one.standardDeviation]
    const areMeasured = a !== undefined && b !== undefined
    const ratio = before.value > 0 ? one.value / before.value : undefined
    return [
      {
        region: one.region,
        name: one.name,
        earlier: before.value,
        now: one.value,
        change: one.value - before.value,
        ...(areMeasured && { standardDeviation: Math.hypot(a, b) }),
        ...(ratio !== undefined && { percent: 100 * (ratio - 1) }),
        ...(areMeasured &&
          ratio !== undefined && { percentDeviation: (100 * Math.hypot(b, ratio * a)) / before.value }),
      },
    ]
  })
}

/** Present lesions in their order, then those that are gone. */
function lesionChanges(
  now: LesionMap,
  earlier: LesionMap,
  { predecessors, heirs }: LesionLinks,
  timeNow: TimePoint,
  timeThen: EarlierPoint,
): LesionChange[] {
  const before = earlier.lesions.map((_, p) => timeThen.tracking(wholeLesionKey(p + 1)))
  const present = now.lesions.map((lesion, n): LesionChange => {
    const from = predecessors[n]!
    const own = from.filter((p) => heirs[p] === n)
    const [main] = own
    if (main === undefined) {
      const fate = from.length === 0 ? 'new' : 'split'
      const sources = from.map((p) => before[p]!.uid)
      return { tracking: timeNow.tracking(wholeLesionKey(n + 1)), fate, now: lesion.millilitres, from: sources }
    }
    return {
      tracking: before[main]!,
      fate: own.length > 1 ? 'merged' : 'continued',
      earlier: own.reduce((sum, p) => sum + earlier.lesions[p]!.millilitres, 0),
      now: lesion.millilitres,
      from: own.slice(1).map((p) => before[p]!.uid),
    }
  })
  const gone = earlier.lesions.flatMap((lesion, p): LesionChange[] =>
    heirs[p] === undefined ? [{ tracking: before[p]!, fate: 'gone', earlier: lesion.millilitres, from: [] }] : [],
  )
  return [...present, ...gone]
}

/** For the enhancing lesions: the category, and which of the followed ones ("ET lesion 1") continue which. */
function compareEnhancing(now: TimePoint, earlier: EarlierPoint, presentToPrior: Rigid) {
  const [lesionsNow, lesionsThen] = [now.enhancing, earlier.enhancing]
  const mapOf = ({ labels: { grid } }: Pick<TimePoint, 'labels'>, lesions: typeof lesionsNow) =>
    lesionMap(
      grid,
      lesions.slice(0, MAX_MAPPED_LESIONS).map(({ voxels }) => voxels),
    )
  const { predecessors, heirs } = linkLesions(mapOf(now, lesionsNow), mapOf(earlier, lesionsThen), presentToPrior)
  const deviationOf = ({ measurements }: EarlierPoint) => {
    const volume = measurements.find(({ region }) => region === 'ET')
    return volume?.standardDeviation === undefined || volume.value <= 0
      ? undefined
      : volume.standardDeviation / volume.value
  }
  const response = sizeResponse({
    earlier: lesionsThen,
    now: lesionsNow,
    predecessors,
    deviationThen: deviationOf(earlier),
    deviationNow: deviationOf(now),
  })
  const followedThen = targetLesions(lesionsThen)
  const tracking = targetLesions(lesionsNow).flatMap((lesion, index): [string, Tracking][] => {
    const n = lesionsNow.indexOf(lesion)
    const main = predecessors[n]!.find((p) => heirs[p] === n)
    const before = main === undefined ? -1 : followedThen.indexOf(lesionsThen[main]!)
    return before < 0 ? [] : [[lesionKey(index + 1), earlier.tracking(lesionKey(before + 1))]]
  })
  return { response, tracking: Object.fromEntries(tracking) }
}
