// Which instances of a series form its volume: consoles and exports file duplicates, scouts and projections under a series of slices.
import type { DicomJson, Instance, Series, Uid } from '../domain/study.ts'
import { number, numbers, text, texts } from './dataset.ts'
import { distinctEchoTimes, isSameEcho } from './geometry.ts'
import { IMAGE_LIMITS } from './image-limits.ts'
import { offGrid } from './off-grid.ts'
import { isEnhanced } from './slices.ts'

export interface VolumeInstances {
  /** The series with only the instances of the volume. */
  series: Series
  /** Instances skipped because they are not slices of the volume, and why. */
  strays: { sopInstanceUid: Uid; why: string }[]
  /** Instances whose headers match another's: double → original. Their pixels must confirm it. */
  doubles: Map<Uid, Uid>
}

/** Above this share of deviating instances, the series is several stacks, not one stack with strays. */
const STRAYS = 0.2
/** A slice sent up to this many times is a faulty export; more images at one position are a time series. */
const MAX_COPIES = 3

/** Skips strays and doubles; a series that is anything but one stack with a few of them is left as it is. */
export function volumeInstances(series: Series): VolumeInstances {
  const whole: VolumeInstances = { series, strays: [], doubles: new Map() }
  if (series.instances.length < 3 || series.instances.some(({ metadata }) => isEnhanced(metadata))) return whole
  const strays: VolumeInstances['strays'] = []
  let kept = series.instances
  for (const { of, what } of TRAITS) {
    const kinds: number[][] = []
    const groups = Map.groupBy(kept, (instance) => of(instance.metadata, kinds))
    const [most] = [...groups.values()].sort((a, b) => b.length - a.length)
    if (!most || most.length === kept.length) continue
    if (kept.length - most.length > STRAYS * kept.length) continue
    for (const instance of kept) {
      if (!most.includes(instance))
        strays.push({ sopInstanceUid: instance.sopInstanceUid, why: what(instance.metadata) })
    }
    kept = most
  }
  for (const { of, why } of PARTS) {
    const part = of(kept)
    if (part.length === kept.length) continue
    for (const one of kept)
      if (!part.includes(one)) strays.push({ sopInstanceUid: one.sopInstanceUid, why: why(one.metadata) })
    kept = part
  }
  const doubles = doublesOf(kept)
  kept = kept.filter(({ sopInstanceUid }) => !doubles.has(sopInstanceUid))
  const off = offGrid(kept)
  for (const { sopInstanceUid } of off) strays.push({ sopInstanceUid, why: 'off the regular grid of the others' })
  kept = kept.filter((one) => !off.includes(one))
  return { series: kept.length === series.instances.length ? series : { ...series, instances: kept }, strays, doubles }
}

/** Traits that all slices of one volume share; `what` names the one that differs. */
const TRAITS: readonly { of(ds: DicomJson, kinds: number[][]): string; what(ds: DicomJson): string }[] = [
  {
    of: (ds) => madeOf(ds),
    what: (ds) => `another kind of image (ImageType ${texts(ds, 'ImageType').join('\\')})`,
  },
  { of: orientationOf, what: () => 'another slice orientation' },
  {
    of: (ds) => `${text(ds, 'Rows')}x${text(ds, 'Columns')}`,
    what: (ds) => `another matrix (${text(ds, 'Rows')} x ${text(ds, 'Columns')})`,
  },
  {
    of: (ds, kinds) => clusterOf(numbers(ds, 'PixelSpacing')[0], kinds, (a, b) => Math.abs(a - b) <= 0.001 * b),
    what: (ds) => `another pixel size (PixelSpacing ${texts(ds, 'PixelSpacing').join('\\')})`,
  },
  {
    of: (ds, kinds) => clusterOf(number(ds, 'EchoTime'), kinds, isSameEcho),
    what: (ds) => `another echo time (EchoTime ${text(ds, 'EchoTime')} ms)`,
  },
]

/** The number of the kind that the value matches, adding a new kind if there is none; "" without a value. */
function clusterOf(value: number | undefined, kinds: number[][], alike: (a: number, b: number) => boolean): string {
  if (value === undefined || !Number.isFinite(value)) return ''
  const index = kinds.findIndex(([other]) => alike(value, other!))
  return String(index >= 0 ? index : kinds.push([value]) - 1)
}

/** Acquisitions that produce several images at every position, only one of which belongs to the volume. */
const PARTS: readonly { of(instances: Instance[]): Instance[]; why(ds: DicomJson): string }[] = [
  { of: waterOf, why: () => 'another image of a Dixon acquisition than the water image' },
  {
    of: lateEchoOf,
    why: (ds) =>
      `the early echo (EchoTime ${text(ds, 'EchoTime')} ms) of a dual-echo acquisition, which shows proton density`,
  },
]

/** Acquired, or derived and how. */
function madeOf(ds: DicomJson): string {
  const [pixels = '', examination = '', ...rest] = texts(ds, 'ImageType').map((value) => value.toUpperCase())
  const how = rest.filter((value) =>
    /^(MIP|MINIP|MPR.*|PROJECTION IMAGE|SUB.*|LOCALI[SZ]ER|SCREEN SAVE|.* MAP)$/.test(value),
  )
  return [pixels, examination, ...how].join('\\')
}

/** The number of its slice normal, to within six degrees, adding a new one if there is none; "" without an orientation. */
function orientationOf(ds: DicomJson, normals: number[][]): string {
  const cosines = numbers(ds, 'ImageOrientationPatient')
  if (cosines.length !== 6 || !cosines.every(Number.isFinite)) return ''
  const [ax = 0, ay = 0, az = 0, bx = 0, by = 0, bz = 0] = cosines
  const normal = [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx]
  const along = (other: number[]) => other.reduce((sum, value, axis) => sum + value * normal[axis]!, 0)
  const index = normals.findIndex((other) => along(other) > IMAGE_LIMITS.sameNormal.value)
  return String(index >= 0 ? index : normals.push(normal) - 1)
}

/** If a Dixon acquisition is filed as one series, its water images, which look like fat-suppressed images. */
function waterOf(instances: Instance[]): Instance[] {
  const groups = Map.groupBy(instances, ({ metadata }) => dixonPart(texts(metadata, 'ImageType')) ?? 'none')
  if (groups.size < 2) return instances
  return groups.get('water') ?? groups.get('in phase') ?? instances
}

/** If proton density and T2 are filed as one series, the T2 images. */
function lateEchoOf(instances: Instance[]): Instance[] {
  const [early, late, third] = distinctEchoTimes(
    instances.flatMap(({ metadata }) => number(metadata, 'EchoTime') ?? []),
  )
  if (early === undefined || late === undefined || third !== undefined) return instances
  const { longRepetition, t2Echo } = IMAGE_LIMITS
  const isLong = instances.every(({ metadata }) => (number(metadata, 'RepetitionTime') ?? 0) >= longRepetition.value)
  if (!isLong || early >= t2Echo.value || late < t2Echo.value) return instances
  const ofLate = instances.filter(({ metadata }) => isSameEcho(number(metadata, 'EchoTime') ?? 0, late))
  return 2 * ofLate.length === instances.length ? ofLate : instances
}

export type DixonPart = 'water' | 'fat' | 'in phase' | 'opposed phase'

/**
 * By values of ImageType as vendors write them (PS3.3 C.8.3.1.1.1 leaves value 3 and above to them); if these say nothing, by the
 * prefix that some consoles give the descriptions of the four series ("WATER: Ax T1", "InPhase: Ax T1").
 */
export function dixonPart(imageType: readonly string[], description = ''): DixonPart | undefined {
  return partOfType(imageType) ?? NAMED_PARTS.find(([, pattern]) => pattern.test(description))?.[0]
}

const NAMED_PARTS: readonly (readonly [DixonPart, RegExp])[] = [
  ['water', /^\s*(WATER|W)\s*:/i],
  ['fat', /^\s*(FAT|F)\s*:/i],
  ['in phase', /^\s*(IN[ _-]?PHASE|IP)\s*:/i],
  ['opposed phase', /^\s*((OUT|OPP|OPPOSED)[ _-]?(OF[ _-]?)?PHASE|OP)\s*:/i],
]

function partOfType(imageType: readonly string[]): DixonPart | undefined {
  const values = imageType.slice(2).map((value) => value.toUpperCase())
  const has = (pattern: RegExp) => values.some((value) => pattern.test(value))
  if (has(/^(W|WATER|DIXON_W(ATER)?|WATER_ONLY)$/)) return 'water'
  if (has(/^(F|FAT|DIXON_F(AT)?|FAT_ONLY|FAT_FRACTION)$/)) return 'fat'
  if (has(/^(IP|IN|IN_?PHASE|DIXON_IP)$/)) return 'in phase'
  if (has(/^(OP|OPP|OPP_?PHASE|OUT_?PHASE|OUT_OF_PHASE|OPPOSED_?PHASE|DIXON_OP)$/)) return 'opposed phase'
  return undefined
}

/** Attributes that two copies of an image share; only UIDs, numbers and times of writing differ between copies. */
const SAME = [
  'ImagePositionPatient',
  'ImageOrientationPatient',
  'ImageType',
  'EchoTime',
  'EchoNumbers',
  'RepetitionTime',
  'InversionTime',
  'FlipAngle',
  'AcquisitionNumber',
  'AcquisitionTime',
  'AcquisitionDateTime',
  'TriggerTime',
  'TemporalPositionIdentifier',
  'DiffusionBValue',
  'PixelSpacing',
  'RescaleSlope',
  'RescaleIntercept',
]

function doublesOf(instances: readonly Instance[]): Map<Uid, Uid> {
  const doubles = new Map<Uid, Uid>()
  if (instances.some(({ metadata }) => numbers(metadata, 'ImagePositionPatient').length !== 3)) return doubles
  const groups = Map.groupBy(instances, ({ metadata }) =>
    SAME.map((keyword) => texts(metadata, keyword).join('\\')).join('|'),
  )
  if ([...groups.values()].some((copies) => copies.length > MAX_COPIES)) return doubles
  for (const [original, ...copies] of groups.values())
    for (const copy of copies) doubles.set(copy.sopInstanceUid, original!.sopInstanceUid)
  return doubles
}
