// The outline of one connected part of a slice, and its two diameters: plane geometry in mm.

export type Point = readonly [number, number]
export type Line = readonly [Point, Point]

/** Pixels of one part, as u + width * v; pixel (u, v) has its centre at (u * pixel[0], v * pixel[1]) mm. */
export interface Part {
  pixels: ReadonlySet<number>
  width: number
  pixel: readonly [number, number]
}

/**
 * The outline halfway between inside and outside pixels, as line segments (marching squares). Pixels that meet at a corner
 * are connected, so the outline runs around both. Halfway is unbiased: edge to edge would be too long, centre to centre
 * too short.
 */
export function outlineOf({ pixels, width, pixel }: Part): Line[] {
  // One column and one row of margin, so that cells before the first pixel have numbers too.
  const wide = width + 2
  const cells = new Set<number>()
  for (const at of pixels) {
    const [u, v] = [at % width, Math.floor(at / width)]
    for (const [du, dv] of [
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
    ] as const)
      cells.add(u + du + wide * (v + dv))
  }
  const inside = (u: number, v: number) => u >= 0 && u < width && v >= 0 && pixels.has(u + width * v)
  const place = (u: number, v: number): Point => [u * pixel[0], v * pixel[1]]
  return [...cells].flatMap((cell) => {
    const [u, v] = [(cell % wide) - 1, Math.floor(cell / wide) - 1]
    const corners = [inside(u, v), inside(u + 1, v), inside(u + 1, v + 1), inside(u, v + 1)]
    const sides = [place(u + 0.5, v), place(u + 1, v + 0.5), place(u + 0.5, v + 1), place(u, v + 0.5)]
    const crossed = sides.filter((_, n) => corners[n] !== corners[(n + 1) % 4])
    if (crossed.length === 0) return []
    if (crossed.length === 2) return [[crossed[0]!, crossed[1]!] as const]
    // Two pixels that touch at a corner: cut off each outside corner.
    return corners.flatMap((filled, n) => (filled ? [] : [[sides[(n + 3) % 4]!, sides[n]!] as const]))
  })
}

/** The line between the two points of the outline that are farthest apart. */
export function longestDiameter(outline: readonly Line[]): Line {
  const hull = convexHull(outline.flat())
  let best: Line = [hull[0]!, hull[0]!]
  let longest = 0
  for (let a = 0; a < hull.length; a++) {
    for (let b = a + 1; b < hull.length; b++) {
      const length = distance(hull[a]!, hull[b]!)
      if (length <= longest + SAME) continue
      longest = length
      best = [hull[a]!, hull[b]!]
    }
  }
  return best
}

/**
 * The longest line at right angles to the diameter with both ends on the outline; it may cross whatever lies between, such
 * as a necrotic core. Its length changes linearly between two corners of the outline, so testing the corners is enough.
 */
export function perpendicularDiameter(outline: readonly Line[], [from, to]: Line): Line {
  const length = distance(from, to)
  const along: Point = [(to[0] - from[0]) / length, (to[1] - from[1]) / length]
  const offset = (p: Point) => p[0] * along[0] + p[1] * along[1]
  const height = (p: Point) => p[1] * along[0] - p[0] * along[1]
  const pieces = outline.map((piece) => piece.map((point) => [offset(point), height(point), point] as const))
  let best: Line = [from, from]
  let longest = -1
  for (const t of new Set(pieces.flat().map(([at]) => at))) {
    let low: readonly [number, Point] | undefined
    let high: readonly [number, Point] | undefined
    for (const [a, b] of pieces) {
      if (Math.min(a![0], b![0]) > t + SAME || Math.max(a![0], b![0]) < t - SAME) continue
      for (const end of crossings(a!, b!, t)) {
        if (low === undefined || end[0] < low[0]) low = end
        if (high === undefined || end[0] > high[0]) high = end
      }
    }
    if (low === undefined || high === undefined || high[0] - low[0] <= longest + SAME) continue
    longest = high[0] - low[0]
    best = [low[1], high[1]]
  }
  return best
}

export function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1])
}

/** mm; lengths that differ by less count as equal. */
const SAME = 1e-9

type Placed = readonly [offset: number, height: number, point: Point]

function crossings(a: Placed, b: Placed, t: number): (readonly [number, Point])[] {
  if (Math.abs(a[0] - b[0]) <= SAME)
    return [
      [a[1], a[2]],
      [b[1], b[2]],
    ]
  const part = Math.min(1, Math.max(0, (t - a[0]) / (b[0] - a[0])))
  const mix = (from: number, to: number) => from + part * (to - from)
  return [[mix(a[1], b[1]), [mix(a[2][0], b[2][0]), mix(a[2][1], b[2][1])]]]
}

/** Andrew's monotone chain; points on a straight edge are left out. */
function convexHull(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1])
  const half = (ordered: readonly Point[]) => {
    const chain: Point[] = []
    for (const point of ordered) {
      while (chain.length > 1 && turn(chain.at(-2)!, chain.at(-1)!, point) <= 0) chain.pop()
      chain.push(point)
    }
    return chain.slice(0, -1)
  }
  return [...half(sorted), ...half(sorted.toReversed())]
}

function turn(a: Point, b: Point, c: Point): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}
