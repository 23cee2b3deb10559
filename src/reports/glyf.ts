// Writes one simple TrueType glyph (OpenType 1.9, "glyf"). fontkit 2.0.4 cannot embed an instance of a variable font: its
// own encoder hands a number to a stream that wants bytes.
import type { PathCommand } from 'fontkit'

const ON_CURVE = 1

/** The 'glyf' entry of an outline of lines and quadratic curves, in font units; padded to four bytes. */
export function encodeGlyph(commands: readonly PathCommand[]): Uint8Array {
  const points: { x: number; y: number; on: boolean }[] = []
  const ends: number[] = []
  for (const { command, args } of commands) {
    const at = (n: number) => Math.round(args[n]!)
    if (command === 'closePath') closeContour(points, ends)
    else if (command === 'quadraticCurveTo')
      points.push({ x: at(0), y: at(1), on: false }, { x: at(2), y: at(3), on: true })
    else if (command === 'bezierCurveTo') throw new TypeError('a TrueType glyph has no cubic curves')
    else points.push({ x: at(0), y: at(1), on: true })
  }
  if (points.length === 0) return new Uint8Array(0)

  const length = 10 + 2 * ends.length + 2 + 5 * points.length
  const bytes = new Uint8Array(Math.ceil(length / 4) * 4)
  const view = new DataView(bytes.buffer)
  const xs = points.map((p) => p.x)
  const ys = points.map((p) => p.y)
  const header = [ends.length, Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]
  for (const [n, value] of header.entries()) view.setInt16(2 * n, value)
  for (const [n, end] of ends.entries()) view.setUint16(10 + 2 * n, end)
  let offset = 10 + 2 * ends.length + 2
  for (const point of points) bytes[offset++] = point.on ? ON_CURVE : 0
  for (const values of [xs, ys]) {
    values.forEach((value, n) => {
      view.setInt16(offset, value - (values[n - 1] ?? 0))
      offset += 2
    })
  }
  return bytes
}

/** Ends a contour; a last point equal to the first is dropped, since TrueType closes contours itself. */
function closeContour(points: { x: number; y: number; on: boolean }[], ends: number[]): void {
  const start = ends.length === 0 ? 0 : ends[ends.length - 1]! + 1
  const first = points[start]
  const last = points[points.length - 1]
  if (first && last && points.length - 1 > start && last.on && first.x === last.x && first.y === last.y) points.pop()
  if (points.length > start) ends.push(points.length - 1)
}
