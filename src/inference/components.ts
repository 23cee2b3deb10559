// Connected components of a label volume in 3D (26 neighbours).
import type { LabelVolume } from '../domain/volume.ts'

/** Clears every component of non-zero voxels, whatever their labels, with fewer than `minimum` voxels; returns how many. */
export function removeSmallComponents({ grid, data }: LabelVolume, minimum: number): number {
  const [nx, ny, nz] = grid.size
  const seen = new Uint8Array(data.length)
  const component: number[] = []
  let removed = 0
  for (let seed = 0; seed < data.length; seed++) {
    if (data[seed] === 0 || seen[seed] === 1) continue
    component.length = 0
    component.push(seed)
    seen[seed] = 1
    for (let head = 0; head < component.length; head++) {
      const at = component[head]!
      const i = at % nx
      const j = Math.floor(at / nx) % ny
      const k = Math.floor(at / (nx * ny))
      for (let z = Math.max(0, k - 1); z <= Math.min(nz - 1, k + 1); z++) {
        for (let y = Math.max(0, j - 1); y <= Math.min(ny - 1, j + 1); y++) {
          for (let x = Math.max(0, i - 1); x <= Math.min(nx - 1, i + 1); x++) {
            const next = x + nx * (y + ny * z)
            if (data[next] === 0 || seen[next] === 1) continue
            seen[next] = 1
            component.push(next)
          }
        }
      }
    }
    if (component.length >= minimum) continue
    for (const at of component) data[at] = 0
    removed++
  }
  return removed
}
