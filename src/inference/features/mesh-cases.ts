// Marching cubes of a binary mask: the triangles in a cube of eight voxel centres, derived for all 256 cases.
import type { Vec3 } from '../../domain/volume.ts'

/** Corners of the cube as (x, y, z), counter-clockwise around the bottom, then the top; bit n of a case is corner n. */
const CORNERS: readonly Vec3[] = [
  [0, 0, 0],
  [1, 0, 0],
  [1, 1, 0],
  [0, 1, 0],
  [0, 0, 1],
  [1, 0, 1],
  [1, 1, 1],
  [0, 1, 1],
]

/** Edges by their two corners: the bottom square, the top square, the four upright ones. */
const EDGES = [
  [0, 1],
  [1, 2],
  [2, 3],
  [3, 0],
  [4, 5],
  [5, 6],
  [6, 7],
  [7, 4],
  [0, 4],
  [1, 5],
  [2, 6],
  [3, 7],
] as const

/** A vertex lies in the middle of an edge, because a mask is binary. */
const MIDDLES: readonly Vec3[] = EDGES.map(([a, b]) => {
  const half = (axis: 0 | 1 | 2) => (CORNERS[a]![axis] + CORNERS[b]![axis]) / 2
  return [half(0), half(1), half(2)] as const
})

/**
 * A non-planar loop can be cut into triangles in ways that differ in area. The customary table, which pyradiomics also uses,
 * was made by hand; in these cases it contains the second of the two ways that `triangulate` knows.
 */
const SECOND_WAY = new Set([23, 31, 47, 55, 57, 58, 59, 71, 77, 79, 103, 110, 113, 115, 118])

/** Three vertices in units of the cube, turning counter-clockwise as seen from outside the mask. */
export type Triangle = readonly [Vec3, Vec3, Vec3]

/**
 * The triangles of each case. The surface separates inside from outside corners; on a face with two of each on its diagonals,
 * the side without corner 7 is cut apart, so that the cases are complements of each other.
 */
export function meshCases(): readonly (readonly Triangle[])[] {
  const lower = Array.from({ length: 128 }, (_, code) => loops(code).flatMap((loop) => triangulate(loop, code)))
  const upper = lower.map((triangles) => triangles.map(([a, b, c]): Triangle => [a, c, b])).reverse()
  return [...lower, ...upper]
}

/** Closed loops of edges, in Triangle's orientation, for a case without corner 7. */
function loops(code: number): number[][] {
  const next = new Map<number, number[]>()
  for (const face of faces())
    for (const [a, b] of segments(face, code)) {
      next.set(a, [...(next.get(a) ?? []), b])
      next.set(b, [...(next.get(b) ?? []), a])
    }
  const seen = new Set<number>()
  const triangles: number[][] = []
  for (const first of [...next.keys()].toSorted((a, b) => a - b)) {
    if (seen.has(first)) continue
    const loop: number[] = []
    for (let at: number | undefined = first; at !== undefined; at = next.get(at)!.find((edge) => !seen.has(edge))) {
      loop.push(at)
      seen.add(at)
    }
    triangles.push(facesOutwards(loop, code) ? loop : loop.toReversed())
  }
  return triangles
}

/** Corners of the six faces. */
function faces(): number[][] {
  return ([0, 1, 2] as const).flatMap((axis) =>
    [0, 1].map((side) => [...CORNERS.keys()].filter((corner) => CORNERS[corner]![axis] === side)),
  )
}

/** Lines of the surface across one face, as pairs of crossed edges. */
function segments(face: number[], code: number): [number, number][] {
  const inside = (corner: number) => ((code >> corner) & 1) === 1
  const crossed = [...EDGES.keys()].filter((edge) => {
    const [a, b] = EDGES[edge]!
    return face.includes(a) && face.includes(b) && inside(a) !== inside(b)
  })
  if (crossed.length === 2) return [[crossed[0]!, crossed[1]!]]
  return face
    .filter((corner) => crossed.length === 4 && inside(corner))
    .map((corner) => {
      const [a, b] = crossed.filter((edge) => EDGES[edge]!.some((end) => end === corner))
      return [a!, b!]
    })
}

/** Whether the loop's area vector points from the inside ends of its edges to their outside ends. */
function facesOutwards(loop: number[], code: number): boolean {
  const normal = loopArea(loop.map((edge) => MIDDLES[edge]!))
  return (
    loop.reduce((sum, edge) => {
      const [a, b] = EDGES[edge]!
      const [from, to] = ((code >> a) & 1) === 1 ? [a, b] : [b, a]
      return sum + dot(normal, minus(CORNERS[to]!, CORNERS[from]!))
    }, 0) > 0
  )
}

/** Cuts a loop into triangles in the same way as the customary table. */
function triangulate(loop: number[], code: number): Triangle[] {
  const n = loop.length
  const start = firstVertex(loop)
  const vertex = (k: number) => MIDDLES[loop[(start + k) % n]!]!
  const second = SECOND_WAY.has(code)
  const fan = (apex: number): Triangle[] =>
    Array.from({ length: n - 2 }, (_, k) => [vertex(apex), vertex(apex + k + 1), vertex(apex + k + 2)])
  if (n === 5) return fan(second ? 0 : 3)
  if (n === 7) return fan(1)
  if (n < 6) return fan(0)
  // Six edges: twice round one corner and back, or a ring through the cube: a triangle in the middle and three ears.
  if (length(minus(vertex(2), vertex(0))) < 1) return fan(second ? 4 : 1)
  const odd = second ? 0 : 1
  return [
    [vertex(odd), vertex(odd + 2), vertex(odd + 4)],
    ...[0, 2, 4].map((k): Triangle => [vertex(odd + k), vertex(odd + k + 1), vertex(odd + k + 2)]),
  ]
}

/** Where to begin a loop, however the cube is turned: the start from which its side lengths come first in order. */
function firstVertex(loop: number[]): number {
  const n = loop.length
  const at = (k: number) => MIDDLES[loop[k % n]!]!
  const shape = (start: number) =>
    loop.flatMap((_, k) => [1, 2].map((ahead) => length(minus(at(start + k + ahead), at(start + k))).toFixed(2))).join()
  const ranked = loop.map((edge, start) => ({ start, edge, key: shape(start) }))
  return ranked.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.edge - b.edge))[0]!.start
}

/** Area of a polygon as a vector. */
function loopArea(points: readonly Vec3[]): Vec3 {
  return points.reduce<Vec3>(
    (sum, p, k) => {
      const c = cross(p, points[(k + 1) % points.length]!)
      return [sum[0] + c[0] / 2, sum[1] + c[1] / 2, sum[2] + c[2] / 2]
    },
    [0, 0, 0],
  )
}

export function cross(a: Vec3, b: Vec3): Vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

export function dot(a: Vec3, b: Vec3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

export function minus(a: Vec3, b: Vec3): Vec3 {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

export function length(a: Vec3): number {
  return Math.hypot(a[0], a[1], a[2])
}
