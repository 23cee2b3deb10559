import { describe, expect, it } from 'vitest'
import type { Grid, Vec3, Volume } from '../../../src/domain/volume.ts'
import { refuseSameImage } from '../../../src/inference/segmentation/same-image.ts'
import { alignedGrid } from '../../../src/inference/volumes/grids.ts'
import { resample } from '../../../src/inference/volumes/resample.ts'
import { axial, paint, randomNumbers } from '../support.ts'

const grid: Grid = axial([64, 72, 56], [2.5, 2.5, 2.5], [-80, -90, -70])

/** A stripped brain of waves, 30 % up and down, with dark ventricles off the centre. */
function brain(p: Vec3): number {
  if ((p[0] / 70) ** 2 + (p[1] / 84) ** 2 + (p[2] / 62) ** 2 > 1) return 0
  if (((p[0] - 9) / 9) ** 2 + ((p[1] + 18) / 26) ** 2 + ((p[2] - 4) / 13) ** 2 < 1) return 180
  return 500 + 90 * Math.sin(p[0] / 14) * Math.cos(p[1] / 11 + p[2] / 17) + 70 * Math.sin(p[2] / 12 + p[1] / 23)
}
/** After contrast medium: vessels take it in every brain, here along one wave. */
const enhanced = (p: Vec3) => brain(p) * (Math.sin(p[0] / 7 + p[1] / 9) > 0.9 ? 1.6 : 1)
const t1 = paint(grid, brain)
const noisy = (image: Volume<Float32Array>, sd: number) => {
  const random = randomNumbers(9)
  return { grid, data: image.data.map((value) => (value > 0 ? value + sd * Math.sqrt(12) * (random() - 0.5) : 0)) }
}
const through = (spacing: Vec3) => resample(resample(t1, alignedGrid(grid, spacing)), grid)
const refuse = (other: Volume<Float32Array>) => () => refuseSameImage([t1, null, other], ['T1', 'T2', 'FLAIR'])

describe('two sequences that show one image', () => {
  it.each([
    ['the image itself', t1],
    ['scaled and shifted', { grid, data: t1.data.map((value) => 3 * value + 50) }],
    ['on another grid and back', through([3.1, 3.1, 3.1])],
    ['as slices of 4 mm and back', through([2.5, 2.5, 4])],
    ['with noise of 5 %', noisy(t1, 25)],
    ['on another grid and back, with noise', noisy(through([3.1, 3.1, 3.1]), 25)],
  ] as const)('are refused: %s', (_how, copy) => {
    expect(refuse(copy)).toThrowError(
      expect.objectContaining({
        code: 'INPUT_IMPLAUSIBLE',
        message: expect.stringMatching(/^T1 and FLAIR show the same image \(correlation (0\.99|1\.00)\d\): /),
      }),
    )
  })

  it('are told from another contrast, and from the same brain after contrast medium', () => {
    const inverted = paint(grid, (p) => (brain(p) === 0 ? 0 : 1000 - brain(p)))
    expect(refuse(inverted)).not.toThrow()
    expect(refuse(paint(grid, enhanced))).not.toThrow()
  })

  it('may be as alike as T1 and FLAIR of a whole head, which reach 0.95 on old scanners', () => {
    expect(refuse(through([6, 6, 6]))).not.toThrow()
  })

  it('cannot be told where hardly any of the head is shared', () => {
    const slab = { grid, data: t1.data.map((value, v) => (Math.floor(v / (64 * 72)) === 30 ? value : 0)) }
    expect(refuse(slab)).not.toThrow()
  })
})
