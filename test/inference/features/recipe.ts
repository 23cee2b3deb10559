// Repeats the volumes of training/gliatrain/radiomics_golden.py bit for bit: 32-bit integers and single IEEE operations.
import type { Grid, Volume } from '../../../src/domain/volume.ts'

type Triple = [number, number, number]

export interface Recipe {
  name: string
  size: Triple
  spacing: Triple
  seed: number
  /** Of 1000 voxels, how many are dropped by chance. */
  drop: number
  ellipsoids: [Triple, Triple][]
  boxes: [Triple, Triple][]
  holes: [Triple, Triple][]
  image: { base: number; slope: Triple; bend: number; noise: number; step: number }
  settings: Record<string, unknown>
}

export function makeVolumes({ size, spacing, seed, drop, ellipsoids, boxes, holes, image: i }: Recipe): {
  image: Volume<Float32Array>
  mask: Volume<Uint8Array>
} {
  const grid: Grid = { size, spacing, origin: [-31, 17.5, 4], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] }
  const [nx, ny, nz] = size
  const image = new Float32Array(nx * ny * nz)
  const mask = new Uint8Array(nx * ny * nz)
  for (let z = 0, at = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++, at++) {
        const within = ([[cx, cy, cz], [rx, ry, rz]]: [Triple, Triple]) =>
          ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 + ((z - cz) / rz) ** 2 <= 1
        const between = ([[ax, ay, az], [bx, by, bz]]: [Triple, Triple]) =>
          x >= ax && x <= bx && y >= ay && y <= by && z >= az && z <= bz
        const inside = (ellipsoids.some(within) || boxes.some(between)) && !holes.some(within)
        mask[at] = inside && chance(x, y, z, seed) >= drop ? 1 : 0
        const [sx, sy, sz] = i.slope
        image[at] =
          i.base +
          sx * x +
          sy * y +
          sz * z +
          i.bend * x * z +
          i.step * Math.floor((x + 2 * y + 3 * z) / 5) +
          (i.noise * chance(x, y, z, seed + 1000)) / 1000
      }
    }
  }
  return { image: { grid, data: image }, mask: { grid, data: mask } }
}

function chance(x: number, y: number, z: number, seed: number): number {
  let h = Math.imul(x, 73856093) ^ Math.imul(y, 19349663) ^ Math.imul(z, 83492791) ^ Math.imul(seed, 2654435761)
  for (const [shift, factor] of [
    [15, 2246822519],
    [13, 3266489917],
  ] as const)
    h = Math.imul(h ^ (h >>> shift), factor)
  return ((h ^ (h >>> 16)) >>> 0) % 1000
}
