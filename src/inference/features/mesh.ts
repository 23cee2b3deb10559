// Surface area and enclosed volume of a mask's marching-cubes mesh (pyradiomics "Shape Features (3D)", MeshVolume, SurfaceArea).
import type { Vec3 } from '../../domain/volume.ts'
import { cross, dot, length, meshCases, minus, type Triangle } from './mesh-cases.ts'
import type { Roi } from './roi.ts'

const CASES = meshCases()

/**
 * Area in mm2, volume in mm3. The volume is the sum of signed tetrahedra from the origin, the first voxel of the padded box:
 * where the mesh has a hole (voxels that touch by an edge) the origin matters, and this is the one pyradiomics uses.
 */
export function measureMesh({ size, spacing, inside }: Roi): { surfaceArea: number; meshVolume: number } {
  const cases = CASES.map((triangles) => measureCase(triangles, spacing))
  const [nx, ny, nz] = size
  const plane = nx * ny
  let surfaceArea = 0
  let meshVolume = 0
  for (let k = 0; k + 1 < nz; k++) {
    for (let j = 0; j + 1 < ny; j++) {
      let at = nx * j + plane * k
      // The bits of the cube's low x side are those of the previous cube's high side.
      let high = 0
      for (let i = 0; i + 1 < nx; i++, at++) {
        const low = ((high >> 1) & 0b00010001) | ((high << 1) & 0b10001000)
        high =
          (inside[at + 1]! << 1) |
          (inside[at + 1 + nx]! << 2) |
          (inside[at + 1 + plane]! << 5) |
          (inside[at + 1 + nx + plane]! << 6)
        const code = low | high
        if (code === 0 || code === 255) continue
        const { area, volume, normal } = cases[code]!
        surfaceArea += area
        meshVolume +=
          volume + (i * spacing[0] * normal[0] + j * spacing[1] * normal[1] + k * spacing[2] * normal[2]) / 3
      }
    }
  }
  return { surfaceArea, meshVolume }
}

/** For one cube: area in mm2, signed volume relative to the cube's own corner in mm3, and the area as a vector. */
function measureCase(triangles: readonly Triangle[], spacing: Vec3): { area: number; volume: number; normal: Vec3 } {
  let area = 0
  let volume = 0
  let normal: Vec3 = [0, 0, 0]
  for (const triangle of triangles) {
    const [a, b, c] = triangle.map((p): Vec3 => [p[0] * spacing[0], p[1] * spacing[1], p[2] * spacing[2]])
    const n = cross(minus(b!, a!), minus(c!, a!))
    area += length(n) / 2
    volume += dot(a!, cross(b!, c!)) / 6
    normal = [normal[0] + n[0] / 2, normal[1] + n[1] / 2, normal[2] + n[2] / 2]
  }
  return { area, volume, normal }
}
