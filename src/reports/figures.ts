// Key pictures: every sequence on one axial plane at one physical scale, cropped to the head, with the outlines of the segments.
import { encode } from 'fast-png'
import { AppError } from '../domain/errors.ts'
import type { Segment, SequenceImage } from '../domain/finding.ts'
import { MAPS, type Sequence, STRUCTURAL } from '../domain/study.ts'
import { type LabelVolume, type Volume, voxelCount } from '../domain/volume.ts'
import { type OverlayStyle, overlayOf } from './colours.ts'
import { traceOutlines } from './contours.ts'
import {
  type AxialPlane,
  extentOf,
  FOREGROUND_SHARE,
  largestLabelPlane,
  midBrainPlane,
  planeWeight,
  samplePlane,
} from './plane.ts'
import type { SidePlane } from './turned.ts'

export interface KeyFigures {
  /** Axial if absent. */
  plane?: SidePlane
  /** LPS z of an axial plane, y of a coronal and x of a sagittal one, mm */
  z: number
  /** Labelled area on the plane; 0 if nothing was segmented. */
  areaMm2: number
  /** Size of the area that each picture shows, in mm. */
  widthMm: number
  heightMm: number
  /** One per structural sequence and used map: width * height values 0..255, row by row. `grey` is absent if the sequence is missing. */
  pictures: { sequence: Sequence; grey?: Uint8Array }[]
  /** Size of the pictures in pixels. */
  width: number
  height: number
  /** Polygons in mm from the picture's upper left corner, only of segments that have area on the plane. */
  outlines: { key: string; name: string; style: OverlayStyle; polygons: [number, number][][] }[]
}

/** The pictures that an analysis keeps for its report and for the report after a review. */
export interface ReportFigures extends KeyFigures {
  /** For the tumour board page; absent in analyses by earlier versions. */
  board?: {
    of?: 'enhancing' | 'oedema'
    figures: KeyFigures
    /** The same in the other planes, each where it is largest; absent without a tumour, and in analyses by earlier versions. */
    planes?: KeyFigures[]
  }[]
  /** Address of the study page, if the site has set one. */
  link?: string
}

export interface FigureInput {
  segmentation: LabelVolume
  segments: Segment[]
  images: SequenceImage[]
}

/** Pixels across one picture, and across the supersampled field in which outlines are traced. */
const COLUMNS = 360
const FIELD_COLUMNS = 240
/** The fraction of the head's half axes that contains brain but neither scalp nor skull. */
const INNER_SHARE = 0.78
const MARGIN_MM = 7
const MIN_WIDTH_MM = 100

/** Pictures and outlines; `aspect` is width / height of a picture. */
export function makeKeyFigures(input: FigureInput, aspect: number): KeyFigures {
  const maps = MAPS.filter((map) => input.images.some((image) => image.sequence === map))
  return makeFiguresAt(input, aspect, { sequences: [...STRUCTURAL, ...maps] })
}

/** The same on a given plane; without one, on the plane with the largest tumour. */
export function makeFiguresAt(
  { segmentation, segments, images }: FigureInput,
  aspect: number,
  { sequences, plane: given }: { sequences: readonly Sequence[]; plane?: { z: number; areaMm2: number } },
): KeyFigures {
  for (const volume of [segmentation, ...images.map((i) => i.image)]) checkSize(volume)
  const shown = sequences.map((sequence) => images.find((i) => i.sequence === sequence))
  const present = shown.flatMap((image) => (image ? [image.image] : []))
  const thresholds = present.map((image) => FOREGROUND_SHARE * percentiles(image.data, [0.99])[0]!)
  const largest =
    given ?? largestLabelPlane(segmentation, (label) => planeWeight(segments.find((s) => s.label === label)?.key))
  const z = largest?.z ?? (present[0] ? midBrainPlane(present[0], thresholds[0]!) : middle(segmentation))
  const window = foregroundWindow(present, thresholds, segmentation, z, aspect)
  const plane = planeIn(window, z, COLUMNS)
  const field = planeIn(window, z, FIELD_COLUMNS)
  return {
    z,
    areaMm2: largest?.areaMm2 ?? 0,
    widthMm: window.width,
    heightMm: window.height,
    width: plane.width,
    height: plane.height,
    pictures: sequences.map((sequence, n) => {
      const image = shown[n]?.image
      return image ? { sequence, grey: greyPicture(image, plane, window.halfAxes) } : { sequence }
    }),
    outlines: segments.map((segment, n) => ({
      key: segment.key,
      name: segment.name,
      style: overlayOf(segment.key, n),
      polygons: largest
        ? traceOutlines(maskOn(segmentation, field, segment.label), field.width, field.height).map((outline) =>
            outline.map(([u, v]): [number, number] => [(u + 0.5) * field.pixel, (v + 0.5) * field.pixel]),
          )
        : [],
    })),
  }
}

/**
 * The outlines on the plane in drawing order. Where two segments touch, the inner one is drawn last: it is the border of the
 * core that a reader looks for. The inner one is the one with the smaller extent; an enhancing rim that is not closed encloses
 * little area, yet surrounds the core.
 */
export function outermostFirst(outlines: KeyFigures['outlines']): KeyFigures['outlines'] {
  const span = (polygons: [number, number][][], axis: 0 | 1) => {
    const values = polygons.flatMap((polygon) => polygon.map((point) => point[axis]))
    return values.reduce((a, b) => Math.max(a, b)) - values.reduce((a, b) => Math.min(a, b))
  }
  const size = ({ polygons }: KeyFigures['outlines'][number]) => span(polygons, 0) * span(polygons, 1)
  return outlines.filter(({ polygons }) => polygons.length > 0).sort((a, b) => size(b) - size(a))
}

/** A greyscale picture as PNG. */
export function encodeGrey(figures: KeyFigures, grey: Uint8Array): Uint8Array {
  return encode({ width: figures.width, height: figures.height, data: grey, channels: 1, depth: 8 })
}

const pngs = new WeakMap<Uint8Array, Uint8Array>()

/** Encodes a picture only once, even if it is drawn several times. */
export function pngOf(figures: KeyFigures, grey: Uint8Array): Uint8Array {
  const made = pngs.get(grey) ?? encodeGrey(figures, grey)
  pngs.set(grey, made)
  return made
}

function checkSize(volume: Volume<ArrayLike<number>>): void {
  if (volume.data.length !== voxelCount(volume.grid)) {
    throw new AppError(
      'INPUT_IMPLAUSIBLE',
      `a volume for the report has ${volume.data.length} voxels, its grid ${voxelCount(volume.grid)}`,
    )
  }
}

const middle = (volume: LabelVolume) => {
  const { min, max } = extentOf(volume.grid)
  return (min[2] + max[2]) / 2
}

function maskOn(segmentation: LabelVolume, plane: AxialPlane, label: number): Float32Array {
  return samplePlane(segmentation, plane, label)
}

interface Window {
  left: number
  top: number
  width: number
  height: number
  /** Half axes of the head, which lies in the middle of the window. */
  halfAxes: readonly [number, number]
}

function planeIn(window: Window, z: number, columns: number): AxialPlane {
  const pixel = window.width / columns
  const height = Math.round(window.height / pixel)
  return { x: window.left + pixel / 2, y: window.top + pixel / 2, z, pixel, width: columns, height }
}

/** The rectangle of patient space that contains the head on this plane, in the required aspect ratio. */
function foregroundWindow(
  images: Volume<Float32Array>[],
  thresholds: number[],
  labels: LabelVolume,
  z: number,
  aspect: number,
): Window {
  const step = 2
  const extents = (images.length > 0 ? images : [labels]).map((image) => extentOf(image.grid))
  const x = Math.min(...extents.map((e) => e.min[0]))
  const y = Math.min(...extents.map((e) => e.min[1]))
  const width = Math.ceil((Math.max(...extents.map((e) => e.max[0])) - x) / step) + 1
  const height = Math.ceil((Math.max(...extents.map((e) => e.max[1])) - y) / step) + 1
  const columns = new Uint32Array(width)
  const rows = new Uint32Array(height)
  for (const [n, image] of images.entries()) {
    samplePlane(image, { x, y, z, pixel: step, width, height }).forEach((value, at) => {
      if (value <= thresholds[n]!) return
      columns[at % width]!++
      rows[Math.floor(at / width)]!++
    })
  }
  // A line with less than 12 mm of tissue is noise or an ear.
  const across = range(columns, 6 * images.length) ?? [0, width - 1]
  const down = range(rows, 6 * images.length) ?? [0, height - 1]
  const extent = [
    (across[1] - across[0] + 1) * step + 2 * MARGIN_MM,
    (down[1] - down[0] + 1) * step + 2 * MARGIN_MM,
  ] as const
  const fitted = Math.max(extent[0], extent[1] * aspect, MIN_WIDTH_MM)
  return {
    left: x + ((across[0] + across[1]) / 2) * step - fitted / 2,
    top: y + ((down[0] + down[1]) / 2) * step - fitted / aspect / 2,
    width: fitted,
    height: fitted / aspect,
    halfAxes: [((across[1] - across[0] + 1) * step) / 2, ((down[1] - down[0] + 1) * step) / 2],
  }
}

function range(counts: Uint32Array, least: number): [number, number] | undefined {
  const first = counts.findIndex((count) => count > least)
  return first < 0 ? undefined : [first, counts.findLastIndex((count) => count > least)]
}

/**
 * Black at the 1st and white at the 99.5th percentile of what lies well inside the head: on T1 the scalp's fat is brighter than
 * any brain and would make everything else too dark.
 */
function greyPicture(image: Volume<Float32Array>, plane: AxialPlane, halfAxes: readonly [number, number]): Uint8Array {
  const values = samplePlane(image, plane)
  const inner = new Float32Array(values.length)
  const across = (INNER_SHARE * halfAxes[0]) / plane.pixel
  const down = (INNER_SHARE * halfAxes[1]) / plane.pixel
  let count = 0
  for (let v = 0, at = 0; v < plane.height; v++) {
    for (let u = 0; u < plane.width; u++, at++) {
      if (Math.hypot((u - plane.width / 2) / across, (v - plane.height / 2) / down) < 1) inner[count++] = values[at]!
    }
  }
  const [low = 0, high = 0] = percentiles(inner.subarray(0, count), [0.01, 0.995])
  const scale = high > low ? 255 / (high - low) : 0
  // The array type clamps, and turns NaN into black.
  const grey = new Uint8ClampedArray(values.length)
  for (let n = 0; n < values.length; n++) grey[n] = (values[n]! - low) * scale
  return new Uint8Array(grey.buffer)
}

/** Quantiles of all finite values at the given shares, from an even sample of 30 000; 0 if there are none. */
function percentiles(values: Float32Array, shares: readonly number[]): number[] {
  const stride = Math.max(1, Math.floor(values.length / 30_000))
  const sample = new Float32Array(Math.floor(values.length / stride))
  let count = 0
  for (let n = 0; n < sample.length; n++) {
    const value = values[n * stride]!
    if (Number.isFinite(value)) sample[count++] = value
  }
  const sorted = sample.subarray(0, count).sort()
  return shares.map((share) => sorted[Math.min(count - 1, Math.floor(share * count))] ?? 0)
}
