// The whole head as a function of position, and the fine grid of tissues that acquisitions sample.
import type { Grid, LabelVolume } from '../../src/domain/volume.ts'
import { createBrain } from './brain.ts'
import { createFace } from './face.ts'
import { Paint } from './paint.ts'
import { createRandom } from './prng.ts'
import { createTube, ellipsoid, join, meet } from './shapes.ts'
import { TISSUE } from './signal.ts'
import { createTumour, LABEL_OF_TISSUE, type Tumour } from './tumour.ts'
import { createWaves } from './waves.ts'

/**
 * Head coordinates are LPS mm, the origin near the middle of the brain. Inside, anatomy is written in atlas mm: x to the
 * left as in LPS, v to anterior, w to superior, with the anterior commissure at v = 0, w = 0, where published tables put it.
 */
const ATLAS_ANTERIOR = -18
const ATLAS_SUPERIOR = 8

const FORAMEN = createTube(
  [
    [0, -28, -36, 17],
    [0, -46, -80, 11],
  ],
  300,
)

export interface Head {
  tumour: Tumour | undefined
  /** Whether there is nothing but air within `reach` mm of a point in LPS mm. */
  isFarOutside(x: number, y: number, z: number, reach: number): boolean
  /** Tissues at a point in LPS mm, left in `paint`. */
  tissueAt(paint: Paint, x: number, y: number, z: number): void
}

/** Tissues on a regular grid: two per voxel, the share of `over` (0 to 255), and a texture in 1/1000 of the signal. */
export interface TissueVolume {
  grid: Grid
  under: Uint8Array
  over: Uint8Array
  share: Uint8Array
  texture: Int8Array
}

/** The head of a seed, with or without its tumour, which may have grown (mm); but for the mass effect the anatomy is the same in both. */
export function createHead(seed: string, withTumour: boolean, growth = 0): Head {
  const random = createRandom(seed, 'head')
  const scale = [random.between(0.97, 1.02), random.between(0.97, 1.02), random.between(0.97, 1.02)] as const
  const uneven = createWaves(random, 110, 4)
  const brain = createBrain(createRandom(seed, 'brain'))
  const face = createFace(createRandom(seed, 'face'))
  const tumour = withTumour ? createTumour(createRandom(seed, 'tumour'), growth) : undefined

  /** Signed distance of the skull's inner table. */
  const craniumAt = (x: number, v: number, w: number) => {
    const u = Math.abs(x)
    const vault = ellipsoid(x * (1 + 0.0012 * (v + 18)), v, w, 0, -18, 5, 70, 88, 74)
    const dome = meet(vault, -26 - w, 14) + 1.2 * uneven.at(x, v, w)
    if (w > 25) return dome
    const middleFossa = ellipsoid(u, v, w, 39, -8, -24, 28, 36, 26)
    const posteriorFossa = ellipsoid(u, v, w, 0, -64, -34, 55, 40, 32)
    const canal = FORAMEN(u, v, w)
    const base = join(join(middleFossa, posteriorFossa, 8), canal, 8)
    return join(dome, base, 8)
  }

  return {
    tumour,
    isFarOutside(xHead, yHead, zHead, reach) {
      const x = xHead / scale[0]
      const v = -yHead / scale[1] + ATLAS_ANTERIOR
      const w = zHead / scale[2] + ATLAS_SUPERIOR
      return face.skin(x, v, w, craniumAt(x, v, w)) > 1.3 * reach + 1
    },
    tissueAt(paint, xHead, yHead, zHead) {
      paint.reset(TISSUE.air)
      const x = xHead / scale[0]
      const v = -yHead / scale[1] + ATLAS_ANTERIOR
      const w = zHead / scale[2] + ATLAS_SUPERIOR
      const cranium = craniumAt(x, v, w)
      if (cranium < -3) {
        brain.paint(paint, x, v, w, cranium, tumour)
        return
      }
      const skin = face.skin(x, v, w, cranium)
      if (skin > 1) return
      face.paint(paint, x, v, w, skin, cranium)
      if (cranium < 1) brain.paint(paint, x, v, w, cranium, tumour)
    },
  }
}

/** A grid of cubic voxels over the head, down to the neck. */
export function headGrid(spacing: number): Grid {
  const [low, high] = [
    [-92, -134, -128],
    [92, 114, 92],
  ] as const
  const count = (axis: 0 | 1 | 2) => Math.floor((high[axis] - low[axis]) / spacing) + 1
  return {
    size: [count(0), count(1), count(2)],
    spacing: [spacing, spacing, spacing],
    origin: [low[0], low[1], low[2]],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  }
}

/** Voxels per side of the blocks that are skipped if they contain only air. */
const BLOCK = 6

/** Fills the grid with the head's tissues. */
export function rasterise(head: Head, grid: Grid, seed: string): TissueVolume {
  const [nx, ny, nz] = grid.size
  const count = nx * ny * nz
  const volume = {
    grid,
    under: new Uint8Array(count),
    over: new Uint8Array(count),
    share: new Uint8Array(count),
    texture: new Int8Array(count),
  }
  const random = createRandom(seed, 'texture')
  const grain = createWaves(random, 26, 5)
  const paint = new Paint(0.6 * grid.spacing[0])
  const reach = 0.87 * BLOCK * grid.spacing[0]
  const middle = (start: number, axis: 0 | 1 | 2) => grid.origin[axis] + (start + BLOCK / 2 - 0.5) * grid.spacing[axis]
  for (let k0 = 0; k0 < nz; k0 += BLOCK) {
    for (let j0 = 0; j0 < ny; j0 += BLOCK) {
      for (let i0 = 0; i0 < nx; i0 += BLOCK) {
        if (!head.isFarOutside(middle(i0, 0), middle(j0, 1), middle(k0, 2), reach)) fillBlock(i0, j0, k0)
      }
    }
  }
  return volume

  function fillBlock(i0: number, j0: number, k0: number): void {
    for (let k = k0; k < Math.min(nz, k0 + BLOCK); k++) {
      const z = grid.origin[2] + k * grid.spacing[2]
      for (let j = j0; j < Math.min(ny, j0 + BLOCK); j++) {
        const y = grid.origin[1] + j * grid.spacing[1]
        for (let i = i0; i < Math.min(nx, i0 + BLOCK); i++) {
          const x = grid.origin[0] + i * grid.spacing[0]
          head.tissueAt(paint, x, y, z)
          const at = i + nx * (j + ny * k)
          volume.under[at] = paint.under
          volume.over[at] = paint.over
          volume.share[at] = Math.round(255 * paint.share)
          volume.texture[at] = Math.max(
            -127,
            Math.min(127, Math.round(18 * grain.at(x, y, z) + 0.35 * ((random.bits() & 63) - 31.5))),
          )
        }
      }
    }
  }
}

/** Ground truth at the centres of a grid's voxels: 1 NCR, 2 ED, 3 ET. Only the tumour's surroundings are examined. */
export function truthLabels(head: Head, grid: Grid): LabelVolume {
  const [nx, ny, nz] = grid.size
  const data = new Uint8Array(nx * ny * nz)
  if (head.tumour === undefined) return { grid, data }
  const { reach } = head.tumour
  const [cx, cv, cw] = head.tumour.centre
  const centre = [cx, -(cv - ATLAS_ANTERIOR), cw - ATLAS_SUPERIOR] as const
  const range = (axis: 0 | 1 | 2) => {
    const at = (mm: number) => (centre[axis] + mm - grid.origin[axis]) / grid.spacing[axis]
    return [Math.max(0, Math.floor(at(-reach))), Math.min(grid.size[axis] - 1, Math.ceil(at(reach)))] as const
  }
  const [is, js, ks] = [range(0), range(1), range(2)]
  const paint = new Paint(0.5)
  for (let k = ks[0]; k <= ks[1]; k++) {
    const z = grid.origin[2] + k * grid.spacing[2]
    for (let j = js[0]; j <= js[1]; j++) {
      const y = grid.origin[1] + j * grid.spacing[1]
      for (let i = is[0]; i <= is[1]; i++) {
        const x = grid.origin[0] + i * grid.spacing[0]
        if ((x - centre[0]) ** 2 + (y - centre[1]) ** 2 + (z - centre[2]) ** 2 > reach * reach) continue
        head.tissueAt(paint, x, y, z)
        data[i + nx * (j + ny * k)] = LABEL_OF_TISSUE[paint.dominant()] ?? 0
      }
    }
  }
  return { grid, data }
}
