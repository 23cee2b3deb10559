// Where to look: the axial slice on which each segment is largest, and the one to begin with.
import type { Index, ShownSegment } from '../domain/shown-images.ts'
import type { LabelVolume } from '../domain/volume.ts'
import { planeWeight } from '../reports/plane.ts'

export interface Places {
  /** Without a tumour, the middle of the grid. */
  start: Index
  /** By label; missing for a segment without voxels. */
  largest: Record<number, Index>
}

/** Of labels on an upright grid. */
export function placesOf({ grid, data }: LabelVolume, segments: readonly ShownSegment[]): Places {
  const [nx, ny, nz] = grid.size
  const weights = new Map(segments.map(({ label, key }) => [label, planeWeight(key)]))
  const best = new Map<number, { weight: number; at: Index }>()
  const keep = (label: number, k: number, { n, i, j }: Sum) => {
    if (n > (best.get(label)?.weight ?? 0))
      best.set(label, { weight: n, at: [Math.round(i / n), Math.round(j / n), k] })
  }
  for (let k = 0; k < nz; k++) {
    const sums = new Map<number, Sum>()
    for (let j = 0, at = k * nx * ny; j < ny; j++) {
      for (let i = 0; i < nx; i++, at++) {
        const label = data[at]!
        if (label === 0) continue
        for (const [of, weight] of [
          [label, 1],
          [WHOLE, weights.get(label) ?? planeWeight(undefined)],
        ] as const) {
          const sum = sums.get(of) ?? { n: 0, i: 0, j: 0 }
          sum.n += weight
          sum.i += weight * i
          sum.j += weight * j
          sums.set(of, sum)
        }
      }
    }
    for (const [label, sum] of sums) keep(label, k, sum)
  }
  const start = best.get(WHOLE)?.at ?? ([nx >> 1, ny >> 1, nz >> 1] as const)
  best.delete(WHOLE)
  return { start, largest: Object.fromEntries([...best].map(([label, { at }]) => [label, at])) }
}

/** No label has this number. */
const WHOLE = -1

interface Sum {
  n: number
  i: number
  j: number
}
