// Slices as pictures: sequences stacked in one PNG, each with its own window; outlines as polygons.
import { encode } from 'fast-png'
import type { PlaneView, SliceOutline, Window } from '../domain/shown-images.ts'
import { traceOutlines } from '../reports/contours.ts'

/** Values of a slice, the lower axis of the grid fastest as in the columns of every plane → rows from top to bottom as shown. */
export function asShown(values: Uint16Array, { width, height, isFlipped }: PlaneView): Uint16Array {
  const out = new Uint16Array(values.length)
  for (let v = 0; v < height; v++) {
    const row = isFlipped ? height - 1 - v : v
    out.set(values.subarray(row * width, (row + 1) * width), v * width)
  }
  return out
}

/** Eight-bit grey, with the slices stacked. */
export function drawSlices(
  slices: readonly { values: Uint16Array; window: Window }[],
  { width, height }: Pick<PlaneView, 'width' | 'height'>,
): Uint8Array {
  const data = new Uint8ClampedArray(width * height * slices.length)
  for (const [n, { values, window }] of slices.entries()) {
    const [low, high] = window
    const scale = 255 / Math.max(1, high - low)
    const start = n * width * height
    for (let at = 0; at < values.length; at++) data[start + at] = (values[at]! - low) * scale
  }
  const grey = new Uint8Array(data.buffer)
  return encode({ width, height: height * slices.length, data: grey, channels: 1, depth: 8 }, { zlib: { level: 3 } })
}

/**
 * Outlines half way between pixels inside and outside, one entry for each label on the slice, the largest extent first: where
 * two labels touch, the line drawn last belongs to the inner one.
 */
export function outlinesOn(
  labels: Uint16Array,
  { width, height }: Pick<PlaneView, 'width' | 'height'>,
  isPrior: boolean,
): SliceOutline[] {
  const present = [...new Set(labels)].filter((label) => label > 0).sort((a, b) => a - b)
  const outlines = present.map((label) => {
    const mask = Float32Array.from(labels, (value) => (value === label ? 1 : 0))
    const polygons = traceOutlines(mask, width, height).map((outline) =>
      outline.map(([u, v]): [number, number] => [round(u + 0.5), round(v + 0.5)]),
    )
    return { label, isPrior, polygons }
  })
  return outlines.sort((a, b) => span(b) - span(a))
}

/** Area of its bounding box. */
function span({ polygons }: SliceOutline): number {
  const [us, vs] = [0, 1].map((axis) => polygons.flatMap((polygon) => polygon.map((point) => point[axis]!)))
  const range = (values: number[]) => values.reduce((a, b) => Math.max(a, b)) - values.reduce((a, b) => Math.min(a, b))
  return range(us!) * range(vs!)
}

const round = (value: number) => Math.round(100 * value) / 100
