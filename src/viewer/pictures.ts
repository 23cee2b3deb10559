// Slices as pictures: sequences below each other in one PNG, each through its own window; outlines as polygons.
import { encode } from 'fast-png'
import type { PlaneView, SliceOutline, Window } from '../domain/shown-images.ts'
import { traceOutlines } from '../reports/contours.ts'

/** Values of a slice, the lower axis of the grid fastest as the columns of every plane are → rows from top to bottom as shown. */
export function asShown(values: Uint16Array, { width, height, isFlipped }: PlaneView): Uint16Array {
  const out = new Uint16Array(values.length)
  for (let v = 0; v < height; v++) {
    const row = isFlipped ? height - 1 - v : v
    out.set(values.subarray(row * width, (row + 1) * width), v * width)
  }
  return out
}

/** Eight-bit grey; the slices stand below each other. */
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

/** Outlines half way between pixels inside and outside, one entry for each label on the slice. */
export function outlinesOn(
  labels: Uint16Array,
  { width, height }: Pick<PlaneView, 'width' | 'height'>,
  isPrior: boolean,
): SliceOutline[] {
  const present = [...new Set(labels)].filter((label) => label > 0).sort((a, b) => a - b)
  return present.map((label) => {
    const mask = Float32Array.from(labels, (value) => (value === label ? 1 : 0))
    const polygons = traceOutlines(mask, width, height).map((outline) =>
      outline.map(([u, v]): [number, number] => [round(u + 0.5), round(v + 0.5)]),
    )
    return { label, isPrior, polygons }
  })
}

const round = (value: number) => Math.round(100 * value) / 100
