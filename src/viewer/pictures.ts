// Slices as pictures: sequences stacked in one PNG, each with its own window; outlines as polygons.
import type { PlaneView, SliceOutline, Window } from '../domain/shown-images.ts'
import { traceOutlines } from '../reports/contours.ts'
import { greyPng } from './grey-png.ts'

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
): Promise<Uint8Array> {
  const data = new Uint8ClampedArray(width * height * slices.length)
  for (const [n, { values, window }] of slices.entries()) {
    const [low, high] = window
    const scale = 255 / Math.max(1, high - low)
    const start = n * width * height
    for (let at = 0; at < values.length; at++) data[start + at] = (values[at]! - low) * scale
  }
  return greyPng(new Uint8Array(data.buffer), width, height * slices.length)
}

/** The smallest rectangle that holds all pixels of a label: its first ones and those after its last. */
interface Bounds {
  from: [number, number]
  to: [number, number]
}

function boundsOf(labels: Uint16Array, width: number): Map<number, Bounds> {
  const all = new Map<number, Bounds>()
  let last: { label: number; bounds: Bounds } | undefined
  for (let at = 0; at < labels.length; at++) {
    const label = labels[at]!
    if (label === 0) continue
    const [u, v] = [at % width, Math.floor(at / width)]
    if (last?.label !== label) {
      const bounds = all.get(label) ?? { from: [u, v], to: [u + 1, v + 1] }
      all.set(label, bounds)
      last = { label, bounds }
    }
    const { from, to } = last.bounds
    if (u < from[0]) from[0] = u
    if (u >= to[0]) to[0] = u + 1
    to[1] = v + 1
  }
  return all
}

/**
 * Outlines half way between pixels inside and outside, one entry for each label on the slice, the largest extent first: where
 * two labels touch, the line drawn last belongs to the inner one.
 */
export function outlinesOn(labels: Uint16Array, { width }: Pick<PlaneView, 'width'>, isPrior: boolean): SliceOutline[] {
  const area = ({ from, to }: Bounds) => (to[0] - from[0]) * (to[1] - from[1])
  return [...boundsOf(labels, width)]
    .sort(([a], [b]) => a - b)
    .sort(([, a], [, b]) => area(b) - area(a))
    .map(([label, { from, to }]) => {
      const [columns, rows] = [to[0] - from[0], to[1] - from[1]]
      // Only where the label is: most of a slice is empty.
      const mask = new Float32Array(columns * rows)
      for (let v = 0, at = 0; v < rows; v++)
        for (let u = 0; u < columns; u++, at++) if (labels[from[0] + u + width * (from[1] + v)] === label) mask[at] = 1
      const polygons = traceOutlines(mask, columns, rows).map((outline) =>
        outline.map(([u, v]): [number, number] => [round(from[0] + u + 0.5), round(from[1] + v + 0.5)]),
      )
      return { label, isPrior, polygons }
    })
}

const round = (value: number) => Math.round(100 * value) / 100
