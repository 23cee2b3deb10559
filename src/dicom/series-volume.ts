// Turns a series into one volume in patient space: planned from metadata, then filled as the instances stream in.

import { AppError } from '../domain/errors.ts'
import type { QualityNote } from '../domain/finding.ts'
import { LIMITS } from '../domain/limits.ts'
import type { DicomJson, Instance, Series, Uid } from '../domain/study.ts'
import { type Grid, type Volume, voxelCount } from '../domain/volume.ts'
import { has, items, number, text } from './dataset.ts'
import { GeometryRefusal, gridOf } from './geometry.ts'
import { GRID_LIMITS } from './image-limits.ts'
import { type Part10, readPart10 } from './part10.ts'
import { type PixelFormat, pixelFormat } from './pixel-format.ts'
import { decodeFrame } from './pixels.ts'
import { functionalGroup, isEnhanced, type Slice, slicesOf } from './slices.ts'
import { instanceName } from './uid.ts'
import { volumeInstances } from './volume-instances.ts'

/** The volume that a series will become: `frames[k]` is the image behind slice k. */
export interface SeriesPlan {
  seriesInstanceUid: Uid
  /** The instances behind the slices. */
  instances: Instance[]
  /** Further instances, which must prove to be duplicates of one of them: double → original. */
  doubles: ReadonlyMap<Uid, Uid>
  /** Instances of the series that are not slices of the volume, and why. */
  strays: readonly { sopInstanceUid: Uid; why: string }[]
  /** '' if the headers lack it; a segmentation on this series is then refused. */
  frameOfReferenceUid: Uid
  grid: Grid
  frames: Slice[]
  /** SliceThickness in mm; the slice distance if the headers do not give it. */
  sliceThicknessMm: number
}

/**
 * Plans a series from its metadata alone, without its strays and doubles. Throws SERIES_UNSUPPORTED, with the reason, if it is not
 * a single regular volume.
 */
export function planSeries(whole: Series): SeriesPlan {
  const { series, strays, doubles } = volumeInstances(whole)
  const refuse = (why: string) => new AppError('SERIES_UNSUPPORTED', `series ${series.seriesInstanceUid}: ${why}`)
  for (const { metadata } of series.instances) pixelFormat(metadata)
  try {
    const { grid, ordered } = gridWithout(series, whole)
    const [first] = ordered as [Slice, ...Slice[]]
    if (voxelCount(grid) > LIMITS.volumeVoxels)
      throw refuse(`its volume would have ${grid.size.join(' × ')} voxels, more than ${LIMITS.volumeVoxels}`)
    return {
      seriesInstanceUid: series.seriesInstanceUid,
      instances: series.instances,
      doubles,
      strays,
      frameOfReferenceUid: first.frameOfReferenceUid,
      grid,
      frames: ordered,
      sliceThicknessMm: first.thickness > 0 ? first.thickness : grid.spacing[2],
    }
  } catch (error) {
    throw error instanceof GeometryRefusal ? refuse(error.message) : error
  }
}

/** Plans a single image for a person to look at: its middle frame, whatever the series is. Throws SERIES_UNSUPPORTED if the image has no position in space. */
export function planImage(seriesInstanceUid: Uid, instance: Instance): SeriesPlan {
  const refuse = (why: string) => new AppError('SERIES_UNSUPPORTED', `${instanceName(instance.sopInstanceUid)}: ${why}`)
  pixelFormat(instance.metadata)
  try {
    const frames = slicesOf(instance)
    const frame = frames[frames.length >> 1]
    if (!frame) throw refuse('it has no frame')
    const { rows, columns, pixelSpacing, rowCosine: u, columnCosine: v, position, thickness } = frame
    const across = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]] as const
    const sliceThicknessMm = thickness > 0 ? thickness : 1
    return {
      seriesInstanceUid,
      instances: [instance],
      doubles: new Map(),
      strays: [],
      frameOfReferenceUid: frame.frameOfReferenceUid,
      grid: {
        size: [columns, rows, 1],
        spacing: [pixelSpacing[1], pixelSpacing[0], sliceThicknessMm],
        origin: position,
        direction: [0, 1, 2].flatMap((row) => [u[row]!, v[row]!, across[row]!]),
      },
      frames: [frame],
      sliceThicknessMm,
    }
  } catch (error) {
    throw error instanceof GeometryRefusal ? refuse(error.message) : error
  }
}

/** The grid without the strays. If that fails, the error of the whole series is preferred, since the strays may have been slices after all. */
function gridWithout(series: Series, whole: Series): ReturnType<typeof gridOf> {
  try {
    return gridOf(series.instances.flatMap(slicesOf))
  } catch (error) {
    if (error instanceof GeometryRefusal && series !== whole) gridOf(whole.instances.flatMap(slicesOf))
    throw error
  }
}

/** The volume read from the files of a series, with notes on anything in them that could not be read. */
export interface ReadVolume {
  volume: Volume<Float32Array>
  notes: QualityNote[]
}

/** Reads the files of a planned series; the service does this in a separate process (src/decoding). */
export type VolumeReader = (plan: SeriesPlan, files: AsyncIterable<Uint8Array>) => Promise<ReadVolume>

/** Reads in this process: for trusted files. */
export const readVolumeHere: VolumeReader = async (plan, files) => {
  const builder = new VolumeBuilder(plan)
  for await (const bytes of files) await builder.add(bytes)
  return { volume: builder.finish(), notes: builder.notes() }
}

/** Fills one preallocated volume; each file is decoded, rescaled, copied to its slices and released. */
export class VolumeBuilder {
  readonly #plan: SeriesPlan
  readonly #data: Float32Array
  /** Slice indices of each instance that has not arrived yet. */
  readonly #waiting: Map<Uid, number[]>
  readonly #known: ReadonlySet<Uid>
  readonly #undecoded = new Set<string>()
  /** Values of doubles that arrived before their originals, by original. */
  readonly #early = new Map<Uid, { double: Uid; values: Float32Array }[]>()
  /** Doubles that have not arrived yet. */
  readonly #doubles: Set<Uid>

  constructor(plan: SeriesPlan) {
    this.#plan = plan
    this.#data = new Float32Array(voxelCount(plan.grid))
    this.#waiting = new Map()
    for (const [k, { sopInstanceUid }] of plan.frames.entries()) {
      this.#waiting.set(sopInstanceUid, [...(this.#waiting.get(sopInstanceUid) ?? []), k])
    }
    this.#known = new Set(this.#waiting.keys())
    this.#doubles = new Set(plan.doubles.keys())
  }

  /**
   * Decodes a file and puts its slices in place; a file that arrives again is skipped, a double is compared with its original.
   * Throws INSTANCE_INVALID, and SERIES_UNSUPPORTED for a double with different pixels.
   */
  async add(part10: Uint8Array): Promise<void> {
    const file = readPart10(part10)
    const uid = text(file.dataset, 'SOPInstanceUID')
    const original = this.#plan.doubles.get(uid)
    if (original !== undefined) return this.#compare(file, uid, original)
    if (!this.#known.has(uid)) {
      throw new AppError(
        'INSTANCE_INVALID',
        `${instanceName(uid)} is not in the metadata of series ${this.#plan.seriesInstanceUid}`,
      )
    }
    const slices = this.#waiting.get(uid)
    if (slices === undefined) return
    for (const keyword of file.undecoded) this.#undecoded.add(keyword)
    this.#expectSameGeometry(file.dataset, uid, slices)
    const format = pixelFormat(file.dataset)
    const frames = file.frames()
    for (const k of slices) await this.#fill(k, file, frames, format)
    this.#waiting.delete(uid)
    for (const { double, values } of this.#early.get(uid) ?? []) this.#expectSamePixels(double, values, uid, slices[0]!)
    this.#early.delete(uid)
  }

  /** Notes on anything in the files that could not be read although the volume could. */
  notes(): QualityNote[] {
    if (this.#undecoded.size === 0) return []
    const text =
      `Text of series ${this.#plan.seriesInstanceUid} could not be decoded, since its SpecificCharacterSet is wrong, missing or not ` +
      `known (${[...this.#undecoded].slice(0, 5).join(', ')}); the pixels are used.`
    return [{ code: 'text-not-decoded', severity: 'info', text }]
  }

  /** Instances that have not arrived yet. */
  missing(): Uid[] {
    return [...this.#waiting.keys(), ...this.#doubles]
  }

  async #compare(file: Part10, double: Uid, original: Uid): Promise<void> {
    if (!this.#doubles.delete(double)) return
    const k = this.#plan.frames.findIndex(({ sopInstanceUid }) => sopInstanceUid === original)
    const values = await this.#valuesOf(k, file, file.frames(), pixelFormat(file.dataset), double)
    if (!this.#waiting.has(original)) return this.#expectSamePixels(double, values, original, k)
    this.#early.set(original, [...(this.#early.get(original) ?? []), { double, values }])
  }

  #expectSamePixels(double: Uid, values: Float32Array, original: Uid, k: number): void {
    const start = k * values.length
    if (values.every((value, index) => value === this.#data[start + index])) return
    throw new AppError(
      'SERIES_UNSUPPORTED',
      `series ${this.#plan.seriesInstanceUid}: instances ${original} and ${double} have the same position and headers, but other ` +
        'pixels (several volumes in one series)',
    )
  }

  /** The volume of rescaled values (voxel (i, j, k) at i + size[0] * (j + size[1] * k)); throws ARCHIVE_TRUNCATED while instances are missing. */
  finish(): Volume<Float32Array> {
    const missing = this.missing()
    if (missing.length > 0) {
      throw new AppError(
        'ARCHIVE_TRUNCATED',
        `series ${this.#plan.seriesInstanceUid} lacks ${missing.length} of ${this.#known.size} instances, the first is ${missing[0]}`,
      )
    }
    return { grid: this.#plan.grid, data: this.#data }
  }

  async #fill(k: number, file: Part10, frames: Uint8Array[], format: PixelFormat): Promise<void> {
    const values = await this.#valuesOf(k, file, frames, format, this.#plan.frames[k]!.sopInstanceUid)
    this.#data.set(values, k * values.length)
  }

  /** The rescaled pixels of the frame that slice k shows. */
  async #valuesOf(
    k: number,
    file: Part10,
    frames: Uint8Array[],
    format: PixelFormat,
    instance: Uid,
  ): Promise<Float32Array> {
    const { frameNumber = 1 } = this.#plan.frames[k]!
    const values = await decodeFrame(frames[frameNumber - 1]!, file.transferSyntaxUid, format, instance)
    const { slope, intercept } = rescaleOf(file.dataset, frameNumber - 1, instance)
    return Float32Array.from(values, (value) => value * slope + intercept)
  }

  /** The file must match the metadata that the plan was made from: some archives serve the metadata of an earlier version. */
  #expectSameGeometry(metadata: DicomJson, sopInstanceUid: Uid, slices: number[]): void {
    const frames = slicesOf({ metadata, sopInstanceUid, sopClassUid: text(metadata, 'SOPClassUID') })
    const same = slices.every((k) => {
      const planned = this.#plan.frames[k]!
      const actual = frames[(planned.frameNumber ?? 1) - 1]
      return (
        actual !== undefined &&
        actual.rows === planned.rows &&
        actual.columns === planned.columns &&
        actual.position.every(
          (value, axis) => Math.abs(value - planned.position[axis]!) <= GRID_LIMITS.samePosition.value,
        )
      )
    })
    if (!same) {
      throw new AppError(
        'INSTANCE_INVALID',
        `${instanceName(sopInstanceUid)} has another position or size than its metadata say`,
      )
    }
  }
}

/**
 * Modality rescale of one frame (PS3.3 C.11.1.1): per image for classic ones, Pixel Value Transformation (C.7.6.16.2.9)
 * for enhanced ones, identity if absent. Real World Value Mapping is a different scale and is not applied.
 */
export function rescaleOf(ds: DicomJson, frameIndex: number, instance: Uid): { slope: number; intercept: number } {
  if (items(ds, 'ModalityLUTSequence').length > 0) {
    throw new AppError('SERIES_UNSUPPORTED', `${instanceName(instance)}: ModalityLUTSequence is not supported`)
  }
  const source = isEnhanced(ds) ? (functionalGroup(ds, frameIndex, 'PixelValueTransformationSequence') ?? {}) : ds
  const slope = has(source, 'RescaleSlope') ? number(source, 'RescaleSlope') : 1
  const intercept = has(source, 'RescaleIntercept') ? number(source, 'RescaleIntercept') : 0
  if (slope === undefined || slope === 0 || intercept === undefined) {
    throw new AppError('SERIES_UNSUPPORTED', `${instanceName(instance)}: RescaleSlope or RescaleIntercept is invalid`)
  }
  return { slope, intercept }
}
