// Shape features of a mask (pyradiomics "Shape Features (3D)"; IBSI "Morphological features").
import type { Vec3 } from '../../domain/volume.ts'
import { measureMesh } from './mesh.ts'
import { measureDiameters } from './mesh-diameters.ts'
import { cutRoi, type Features, type Mask, type Roi } from './roi.ts'

export const SHAPE_FEATURES = [
  'Elongation',
  'Flatness',
  'LeastAxisLength',
  'MajorAxisLength',
  'Maximum2DDiameterColumn',
  'Maximum2DDiameterRow',
  'Maximum2DDiameterSlice',
  'Maximum3DDiameter',
  'MeshVolume',
  'MinorAxisLength',
  'Sphericity',
  'SurfaceArea',
  'SurfaceVolumeRatio',
  'VoxelVolume',
] as const

/**
 * The 14 shape features of the non-zero voxels: lengths in mm, areas in mm2, volumes in mm3. Axis lengths are 4 times the
 * square roots of the eigenvalues of the voxel centres' covariance (divided by n). Slice, Column and Row are the planes across
 * the grid's z, y and x. Undefined for an empty mask.
 */
export function shapeFeatures(mask: Mask): Features | undefined {
  const roi = cutRoi(mask)
  if (!roi) return undefined
  const { surfaceArea, meshVolume } = measureMesh(roi)
  const { maximum3d, withinPlane } = measureDiameters(roi)
  const [major, minor, least] = axisVariances(roi)
  return {
    Elongation: Math.sqrt(minor / major),
    Flatness: Math.sqrt(least / major),
    LeastAxisLength: 4 * Math.sqrt(least),
    MajorAxisLength: 4 * Math.sqrt(major),
    Maximum2DDiameterColumn: withinPlane[1],
    Maximum2DDiameterRow: withinPlane[0],
    Maximum2DDiameterSlice: withinPlane[2],
    Maximum3DDiameter: maximum3d,
    MeshVolume: meshVolume,
    MinorAxisLength: 4 * Math.sqrt(minor),
    Sphericity: Math.cbrt(36 * Math.PI * meshVolume ** 2) / surfaceArea,
    SurfaceArea: surfaceArea,
    SurfaceVolumeRatio: surfaceArea / meshVolume,
    VoxelVolume: roi.voxels.length * roi.spacing[0] * roi.spacing[1] * roi.spacing[2],
  }
}

/** Eigenvalues of the covariance of the voxel centres in mm2, largest first. */
function axisVariances({ size, spacing, voxels }: Roi): Vec3 {
  const count = voxels.length
  const sums = new Float64Array(3)
  const products = new Float64Array(6)
  const [nx, ny] = size
  for (const at of voxels) {
    const row = Math.floor(at / nx)
    // Relative to the middle of the box, so that the products below stay small.
    const x = (at % nx) - nx / 2
    const y = (row % ny) - ny / 2
    const z = Math.floor(row / ny) - size[2] / 2
    sums[0]! += x
    sums[1]! += y
    sums[2]! += z
    products[0]! += x * x
    products[1]! += y * y
    products[2]! += z * z
    products[3]! += x * y
    products[4]! += x * z
    products[5]! += y * z
  }
  const covariance = (product: number, a: 0 | 1 | 2, b: 0 | 1 | 2) =>
    (product / count - (sums[a]! / count) * (sums[b]! / count)) * spacing[a] * spacing[b]
  return symmetricEigenvalues(
    [covariance(products[0]!, 0, 0), covariance(products[1]!, 1, 1), covariance(products[2]!, 2, 2)],
    [covariance(products[3]!, 0, 1), covariance(products[4]!, 0, 2), covariance(products[5]!, 1, 2)],
  )
}

/** Eigenvalues of a symmetric 3x3 matrix with this diagonal and (xy, xz, yz), by Jacobi rotations; largest first, none below 0. */
export function symmetricEigenvalues(diagonal: Vec3, [xy, xz, yz]: Vec3): Vec3 {
  const m = [
    [diagonal[0], xy, xz],
    [xy, diagonal[1], yz],
    [xz, yz, diagonal[2]],
  ]
  const scale = Math.max(...m.flat().map(Math.abs))
  for (let sweep = 0; sweep < 50; sweep++) {
    if (Math.max(Math.abs(m[0]![1]!), Math.abs(m[0]![2]!), Math.abs(m[1]![2]!)) <= 1e-15 * scale) break
    for (const [p, q] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      const off = m[p]![q]!
      if (off === 0) continue
      const theta = (m[q]![q]! - m[p]![p]!) / (2 * off)
      const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.hypot(theta, 1))
      const c = 1 / Math.hypot(t, 1)
      const s = t * c
      for (let k = 0; k < 3; k++) [m[k]![p], m[k]![q]] = [c * m[k]![p]! - s * m[k]![q]!, s * m[k]![p]! + c * m[k]![q]!]
      for (let k = 0; k < 3; k++) [m[p]![k], m[q]![k]] = [c * m[p]![k]! - s * m[q]![k]!, s * m[p]![k]! + c * m[q]![k]!]
    }
  }
  const [a, b, c] = [0, 1, 2].map((n) => Math.max(0, m[n]![n]!)).toSorted((x, y) => y - x)
  return [a!, b!, c!]
}
