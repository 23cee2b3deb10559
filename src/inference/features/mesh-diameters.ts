// Largest distances between vertices of a mask's mesh (pyradiomics "Shape Features (3D)", Maximum 3D and 2D diameters).
import type { Vec3 } from '../../domain/volume.ts'
import type { Roi } from './roi.ts'

export interface Diameters {
  /** mm */
  maximum3d: number
  /** Within one plane of x (Row), y (Column), z (Slice); mm. */
  withinPlane: Vec3
}

/** Coordinates of points, three numbers each. */
type Points = number[]

/**
 * The vertices are the centres of the faces between a voxel inside and one outside. The farthest pair lies on the convex hull,
 * and so on the hull of each plane through its points; only hull vertices are compared.
 */
export function measureDiameters(roi: Roi): Diameters {
  const vertices = meshVertices(roi)
  const extremes: Points = []
  const within = ([0, 1, 2] as const).map((axis) => {
    let best = 0
    for (const plane of planes(vertices, axis).values()) {
      const hull = convexHull(plane, axis, roi.spacing)
      best = Math.max(best, farthest(hull))
      if (axis === 2) for (const value of hull) extremes.push(value)
    }
    return best
  })
  return { maximum3d: farthest(extremes), withinPlane: [within[0]!, within[1]!, within[2]!] }
}

/** In half voxels, so that planes compare exactly. */
function meshVertices({ size, inside, voxels }: Roi): Points {
  const [nx, ny] = size
  const steps = [1, nx, nx * ny] as const
  const points: Points = []
  for (const at of voxels) {
    const row = Math.floor(at / nx)
    const x = 2 * (at % nx)
    const y = 2 * (row % ny)
    const z = 2 * Math.floor(row / ny)
    for (let axis = 0; axis < 3; axis++) {
      for (const side of [-1, 1]) {
        if (inside[at + side * steps[axis]!] === 1) continue
        points.push(x + (axis === 0 ? side : 0), y + (axis === 1 ? side : 0), z + (axis === 2 ? side : 0))
      }
    }
  }
  return points
}

function planes(points: Points, axis: 0 | 1 | 2): Map<number, Points> {
  const pointsOf = new Map<number, Points>()
  for (let n = 0; n < points.length; n += 3) {
    const key = points[n + axis]!
    const plane = pointsOf.get(key)
    if (plane) plane.push(points[n]!, points[n + 1]!, points[n + 2]!)
    else pointsOf.set(key, [points[n]!, points[n + 1]!, points[n + 2]!])
  }
  return pointsOf
}

/** Andrew's monotone chain on the plane's two axes, in half voxels; returns the hull's vertices in mm. */
function convexHull(plane: Points, axis: 0 | 1 | 2, spacing: Vec3): Points {
  const u = axis === 0 ? 1 : 0
  const v = axis === 2 ? 1 : 2
  const order = Array.from({ length: plane.length / 3 }, (_, n) => 3 * n).toSorted(
    (a, b) => plane[a + u]! - plane[b + u]! || plane[a + v]! - plane[b + v]!,
  )
  const turn = (a: number, b: number, c: number) =>
    (plane[b + u]! - plane[a + u]!) * (plane[c + v]! - plane[a + v]!) -
    (plane[b + v]! - plane[a + v]!) * (plane[c + u]! - plane[a + u]!)
  const chain = (indices: number[]) => {
    const hull: number[] = []
    for (const next of indices) {
      while (hull.length > 1 && turn(hull.at(-2)!, hull.at(-1)!, next) <= 0) hull.pop()
      hull.push(next)
    }
    return hull
  }
  const hull = [...chain(order), ...chain(order.toReversed())]
  return hull.flatMap((n) => [0, 1, 2].map((a) => (plane[n + a]! * spacing[a]!) / 2))
}

/**
 * Largest distance between two points. It starts with the outermost ones: two points are no farther apart than the sum of their
 * distances from the middle.
 */
function farthest(points: Points): number {
  const count = points.length / 3
  const middle = [0, 1, 2].map((a) => points.reduce((sum, value, n) => (n % 3 === a ? sum + value : sum), 0) / count)
  const ranked = Array.from({ length: count }, (_, n) => {
    const [x, y, z] = [points[3 * n]!, points[3 * n + 1]!, points[3 * n + 2]!]
    return { x, y, z, radius: Math.hypot(x - middle[0]!, y - middle[1]!, z - middle[2]!) }
  }).toSorted((a, b) => b.radius - a.radius)
  let best = 0
  for (let n = 0; n < count; n++) {
    const a = ranked[n]!
    if (2 * a.radius <= best) break
    for (let m = n + 1; m < count; m++) {
      const b = ranked[m]!
      if (a.radius + b.radius <= best) break
      const distance = Math.hypot(a.x - b.x, a.y - b.y, a.z - b.z)
      if (distance > best) best = distance
    }
  }
  return best
}
