// Cysts of a tumour: dark parts of the brain enclosed by its outline. Networks that look for what is bright find only the rim.
import type { Grid } from '../../domain/volume.ts'
import type { AddCavities } from '../bundle/graph.ts'
import { componentsOf } from '../volumes/components.ts'
import { voxelsIn } from './decision.ts'
import { boundsOf, grown, shrunk } from './mask-transforms.ts'

/**
 * All in voxels: how far around the tumour to look (a ventricle must be seen with most of its surface, or it would seem
 * enclosed), what counts as near it, and how far a rim that no network saw may reach.
 */
const MARGIN = 40
const NEAR = 3
const RIM = 2
/** Steps by faces that restore to a cavity what the opening removed. */
const REGROWTH = 2

/**
 * The mask with its cavities. A cavity is a part of the brain darker than `below` (after an opening by 3 x 3 x 3, which
 * separates sulci) of at least `min_size_ml`, with at least the share `min_contact` of its surface within three voxels of the
 * mask. A ventricle, or the space around the brain, that a tumour merely touches has a smaller share. `image` is 0 outside the
 * brain.
 */
export function addCavities(mask: Uint8Array, grid: Grid, transform: AddCavities, image: Float32Array): Uint8Array {
  const out = mask.slice()
  const box = boxAround(mask, grid)
  if (!box) return out
  const { size, indices } = box
  const [tumour, dark] = [new Uint8Array(indices.length), new Uint8Array(indices.length)]
  for (let v = 0; v < indices.length; v++) {
    if (mask[indices[v]!] === 1) tumour[v] = 1
    else if (image[indices[v]!]! < transform.below) dark[v] = 1
  }
  const near = grown(tumour, size, NEAR)
  const cavities = new Uint8Array(tumour.length)
  const owner = new Int32Array(tumour.length)
  let [number, isAnyEnclosed] = [0, false]
  for (const core of componentsOf({ grid: { ...grid, size }, data: shrunk(dark, size, 1) })) {
    const cavity = regrown(core, ++number, dark, owner, size)
    if (cavity.length < voxelsIn(transform.min_size_ml, grid)) continue
    const surface = cavity.filter((at) => faces(at, size).some((next) => owner[next] !== number))
    const touching = surface.filter((at) => near[at] === 1)
    if (touching.length < transform.min_contact * surface.length) continue
    isAnyEnclosed = true
    for (const at of cavity) cavities[at] = 1
  }
  if (!isAnyEnclosed) return out
  const rimmed = grown(cavities, size, RIM)
  for (let v = 0; v < rimmed.length; v++) if (rimmed[v] === 1 && image[indices[v]!] !== 0) out[indices[v]!] = 1
  return out
}

/** The mask's bounds and a margin: sizes, and for each voxel its index in the grid. */
function boxAround(mask: Uint8Array, { size: [nx, ny, nz] }: Grid) {
  const bounds = boundsOf(mask, [nx, ny, nz])
  if (!bounds) return undefined
  const all = [nx, ny, nz]
  const from = bounds.from.map((at) => Math.max(0, at - MARGIN))
  const size = bounds.to.map((at, axis) => Math.min(all[axis]!, at + MARGIN) - from[axis]!) as unknown as Grid['size']
  const indices = new Int32Array(size[0] * size[1] * size[2])
  let v = 0
  for (let k = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++)
      for (let i = 0; i < size[0]; i++) indices[v++] = from[0]! + i + nx * (from[1]! + j + ny * (from[2]! + k))
  return { size, indices }
}

/** The component and the dark voxels within REGROWTH steps of it and of no other; they are marked in `owner` with its number. */
function regrown(core: number[], number: number, dark: Uint8Array, owner: Int32Array, size: Grid['size']): number[] {
  for (const at of core) owner[at] = number
  const all = [...core]
  let edge = core
  for (let step = 0; step < REGROWTH; step++) {
    const next: number[] = []
    for (const at of edge)
      for (const neighbour of faces(at, size)) {
        if (dark[neighbour] === 0 || owner[neighbour] !== 0) continue
        owner[neighbour] = number
        next.push(neighbour)
      }
    for (const at of next) all.push(at)
    edge = next
  }
  return all
}

/** Neighbours by faces inside the box. */
function faces(at: number, [nx, ny, nz]: Grid['size']): number[] {
  const plane = nx * ny
  const [i, j, k] = [at % nx, Math.floor(at / nx) % ny, Math.floor(at / plane)]
  const out: number[] = []
  if (i > 0) out.push(at - 1)
  if (i < nx - 1) out.push(at + 1)
  if (j > 0) out.push(at - nx)
  if (j < ny - 1) out.push(at + nx)
  if (k > 0) out.push(at - plane)
  if (k < nz - 1) out.push(at + plane)
  return out
}
