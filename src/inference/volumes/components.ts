// Connected components of a label volume in 3D (26 neighbours).
import type { LabelVolume } from '../../domain/volume.ts'

/**
 * Connected components of the voxels whose label is in `members` (default: every label but background), regardless of which one:
 * lists of voxel indices, in the order of their first voxel. The caller may clear a component before requesting the next.
 */
export function* componentsOf({ grid, data }: LabelVolume, members?: readonly number[]): Generator<number[]> {
  const [nx, ny, nz] = grid.size
  const isMember = new Uint8Array(256).fill(members ? 0 : 1, 1)
  for (const label of members ?? []) isMember[label] = 1
  const seen = new Uint8Array(data.length)
  for (let seed = 0; seed < data.length; seed++) {
    if (isMember[data[seed]!] === 0 || seen[seed] === 1) continue
    const component = [seed]
    seen[seed] = 1
    for (let next = 0; next < component.length; next++) {
      const at = component[next]!
      const i = at % nx
      const j = Math.floor(at / nx) % ny
      const k = Math.floor(at / (nx * ny))
      for (let z = Math.max(0, k - 1); z <= Math.min(nz - 1, k + 1); z++) {
        for (let y = Math.max(0, j - 1); y <= Math.min(ny - 1, j + 1); y++) {
          for (let x = Math.max(0, i - 1); x <= Math.min(nx - 1, i + 1); x++) {
            const next = x + nx * (y + ny * z)
            if (isMember[data[next]!] === 0 || seen[next] === 1) continue
            seen[next] = 1
            component.push(next)
          }
        }
      }
    }
    yield component
  }
}

/** Clears every component with fewer than `minimum` voxels; returns how many there were. */
export function removeSmallComponents(labels: LabelVolume, minimum: number): number {
  let removed = 0
  for (const component of componentsOf(labels)) {
    if (component.length >= minimum) continue
    for (const at of component) labels.data[at] = 0
    removed++
  }
  return removed
}
