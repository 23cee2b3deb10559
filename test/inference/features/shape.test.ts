// The mesh and the diameters against what geometry gives, and the eigenvalues against known ones.
import { describe, expect, it } from 'vitest'
import type { Volume } from '../../../src/domain/volume.ts'
import { measureMesh } from '../../../src/inference/features/mesh.ts'
import { meshCases } from '../../../src/inference/features/mesh-cases.ts'
import { measureDiameters } from '../../../src/inference/features/mesh-diameters.ts'
import { cutRoi } from '../../../src/inference/features/roi.ts'
import { shapeFeatures, symmetricEigenvalues } from '../../../src/inference/features/shape.ts'

type Triple = [number, number, number]

function volume(
  size: Triple,
  spacing: Triple,
  inside: (x: number, y: number, z: number) => boolean,
): Volume<Uint8Array> {
  const data = new Uint8Array(size[0] * size[1] * size[2])
  for (let at = 0; at < data.length; at++) {
    const row = Math.floor(at / size[0])
    data[at] = inside(at % size[0], row % size[1], Math.floor(row / size[1])) ? 1 : 0
  }
  return { grid: { size, spacing, origin: [0, 0, 0], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] }, data }
}

describe('mesh', () => {
  it('has every case, and each is its complement turned inside out', () => {
    const cases = meshCases()
    expect(cases.length).toBe(256)
    expect(cases[0]).toEqual([])
    expect(Math.max(...cases.map((triangles) => triangles.length))).toBe(5)
    for (let code = 0; code < 256; code++) expect(cases[255 - code]).toEqual(cases[code]!.map(([a, b, c]) => [a, c, b]))
  })

  it('of a box is the box without its edges and corners', () => {
    const [a, b, c] = [5, 3, 4]
    const box = volume([9, 6, 7], [1, 1, 1], (x, y, z) => x >= 2 && x < 7 && y >= 1 && y < 4 && z >= 3 && z < 7)
    const { meshVolume, surfaceArea } = measureMesh(cutRoi(box)!)
    // Between voxel centres: whole cubes; half a cube at a face, an eighth at an edge, a tetrahedron of 1/48 at a corner.
    const faces = 2 * ((a - 1) * (b - 1) + (a - 1) * (c - 1) + (b - 1) * (c - 1))
    const edges = 4 * (a - 1 + b - 1 + c - 1)
    expect(meshVolume).toBeCloseTo((a - 1) * (b - 1) * (c - 1) + faces / 2 + edges / 8 + 8 / 48, 12)
    expect(surfaceArea).toBeCloseTo(faces + edges * Math.SQRT1_2 + Math.sqrt(3), 12)
  })

  it('scales with the spacing, each axis by itself', () => {
    const inside = (x: number, y: number, z: number) => (x - 6) ** 2 / 20 + (y - 5) ** 2 / 9 + (z - 4) ** 2 / 6 < 1
    const unit = measureMesh(cutRoi(volume([13, 11, 9], [1, 1, 1], inside))!)
    const other = measureMesh(cutRoi(volume([13, 11, 9], [0.5, 3, 1.25], inside))!)
    expect(other.meshVolume).toBeCloseTo(unit.meshVolume * 0.5 * 3 * 1.25, 9)
  })
})

describe('diameters', () => {
  it('are those of all pairs of face middles', () => {
    const spacing: Triple = [0.8, 1.1, 2.3]
    const blob = volume([14, 12, 9], spacing, (x, y, z) => ((x * 7 + y * 13 + z * 5) % 11) * (x + y + z) > 150 - 3 * x)
    const roi = cutRoi(blob)!
    const [nx, ny] = roi.size
    const points: Triple[] = []
    for (const at of roi.voxels) {
      const row = Math.floor(at / nx)
      const centre: Triple = [at % nx, row % ny, Math.floor(row / ny)]
      for (const [axis, step] of [1, nx, nx * ny].entries())
        for (const side of [-0.5, 0.5])
          if (roi.inside[at + 2 * side * step] === 0)
            points.push(centre.map((n, a) => (a === axis ? n + side : n) * spacing[a]!) as Triple)
    }
    const best = [0, 0, 0, 0]
    for (const p of points) {
      for (const q of points) {
        const distance = Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2])
        for (let axis = 0; axis < 3; axis++) if (p[axis] === q[axis]) best[axis] = Math.max(best[axis]!, distance)
        best[3] = Math.max(best[3]!, distance)
      }
    }
    expect(points.length).toBeGreaterThan(300)
    const { maximum3d, withinPlane } = measureDiameters(roi)
    for (const [n, value] of [...withinPlane, maximum3d].entries()) expect(value).toBeCloseTo(best[n]!, 9)
  })
})

it('finds eigenvalues of a rotated diagonal, and of a diagonal itself', () => {
  const values = symmetricEigenvalues([4, 1, 9], [0, 0, 0])
  expect(values).toEqual([9, 4, 1])
  // diag(5, 2, 1) turned by 30 degrees about z: 5 cos2 + 2 sin2, 5 sin2 + 2 cos2, 3 sin cos.
  const turned = symmetricEigenvalues([4.25, 2.75, 1], [3 * Math.sin(Math.PI / 6) * Math.cos(Math.PI / 6), 0, 0])
  for (const [n, expected] of [5, 2, 1].entries()) expect(turned[n]).toBeCloseTo(expected, 12)
})

it('has no shape without a voxel', () => {
  expect(shapeFeatures(volume([4, 5, 6], [1, 1, 1], () => false))).toBeUndefined()
})
