import { describe, expect, it } from 'vitest'
import { type Grid, toPatient, type Vec3 } from '../../../src/domain/volume.ts'
import { alignedGrid, coarseGrid, foregroundBox, subGrid } from '../../../src/inference/volumes/grids.ts'
import { gaussianKernel, interpolate, resample } from '../../../src/inference/volumes/resample.ts'
import {
  applyRigid,
  displacement,
  IDENTITY,
  invertRigid,
  rigidFromEuler,
  rotationDegrees,
} from '../../../src/inference/volumes/rigid.ts'
import { axial, bytesOf, golden, paint, readJson } from '../support.ts'

const oblique = readJson(golden('oblique/resample.json'))
const training = readJson(golden('normalise.json')).resample

const grid = ({ size, spacing, origin, direction }: Grid): Grid => ({ size, spacing, origin, direction })

describe('resampling', () => {
  const source = { grid: grid(oblique.source), data: Float32Array.from(new Uint8Array(bytesOf(oblique.source.uint8))) }
  const mask = new Uint8Array(bytesOf(oblique.mask_uint8))
  const differences = (got: Float32Array, expected: Float32Array) => {
    let inside = 0
    let outside = 0
    for (const [v, where] of mask.entries()) {
      if (where === 1) inside = Math.max(inside, Math.abs(got[v]! - expected[v]!))
      if (where === 0) outside = Math.max(outside, Math.abs(got[v]!))
    }
    return { inside, outside }
  }

  it('matches SimpleITK for an oblique anisotropic volume through a rigid transform', () => {
    const got = interpolate(source, grid(oblique.target), oblique.rigid)
    const { inside, outside } = differences(got.data, new Float32Array(bytesOf(oblique.linear_float32)))
    expect(inside).toBeLessThan(oblique.tolerance)
    expect(outside).toBe(0)
    expect(got.data.some((value) => value > 50)).toBe(true)
  })

  it('matches it with the filter against aliasing', () => {
    const got = resample(source, grid(oblique.target), oblique.rigid)
    const { inside } = differences(got.data, new Float32Array(bytesOf(oblique.filtered_float32)))
    expect(inside).toBeLessThan(oblique.tolerance)
  })

  it('matches the training code on thick slices', () => {
    const [sz, sy, sx] = training.source_shape_zyx
    const [mz, my, mx] = training.source_spacing_mm_zyx
    const from = { grid: axial([sx, sy, sz], [mx, my, mz]), data: Float32Array.from(training.in as number[]) }
    const target = alignedGrid(from.grid, [2, 2, 2])
    expect(target.size).toEqual(training.target_shape_zyx.toReversed())
    const got = resample(from, target)
    for (const [v, value] of (training.out as number[]).entries()) expect(got.data[v]).toBeCloseTo(value, 3)
    const kernel = gaussianKernel(0.5 * Math.sqrt(3))
    for (const [i, weight] of (training['kernel_for_sigma_0.5_sqrt_3'] as number[]).entries())
      expect(kernel[i]).toBeCloseTo(weight, 9)
  })

  it('gives a part of a grid what the whole grid has there, filtered from the voxels around it alone', () => {
    const whole = resample(source, grid(oblique.target), oblique.rigid)
    const [from, to]: [Vec3, Vec3] = [
      [3, 2, 4],
      [8, 9, 7],
    ]
    const part = resample(source, subGrid(whole.grid, from, to), oblique.rigid)
    const [nx, ny] = whole.grid.size
    let at = 0
    for (let k = from[2]; k < to[2]; k++)
      for (let j = from[1]; j < to[1]; j++)
        for (let i = from[0]; i < to[0]; i++) expect(part.data[at++]).toBeCloseTo(whole.data[i + nx * (j + ny * k)]!, 4)
    expect(part.data.filter((value) => value > 50).length).toBeGreaterThan(20)
  })

  it('along the axes gives the same for a source that is stored the other way round, and 0 beyond it', () => {
    const [nx, ny, nz] = [9, 7, 5]
    const values = Float32Array.from({ length: nx * ny * nz }, (_, v) => 60 + ((v * 37) % 89))
    const from = axial([nx, ny, nz], [1, 0.8, 2], [10, -20, 5])
    const turned = Float32Array.from(values, (_, v) => {
      const [i, j, k] = [v % nx, Math.floor(v / nx) % ny, Math.floor(v / (nx * ny))]
      return values[nx - 1 - i + nx * (ny - 1 - j + ny * k)]!
    })
    const backwards: Grid = {
      ...from,
      origin: toPatient(from, [nx - 1, ny - 1, 0]),
      direction: [-1, 0, 0, 0, -1, 0, 0, 0, 1],
    }
    const target = axial([6, 5, 4], [3, 3, 3], [7, -23, 5])
    const there = resample({ grid: from, data: values }, target).data
    const other = resample({ grid: backwards, data: turned }, target).data
    for (const [v, value] of there.entries()) expect(other[v]).toBeCloseTo(value, 3)
    // The source begins at x = 10 and y = -20; the target one voxel before.
    expect([there[0], there[1], there[6], there[7]! > 60]).toEqual([0, 0, 0, true])
  })

  it('returns the same voxels on the same grid, and a single slice on itself', () => {
    for (const [v, value] of resample(source, source.grid).data.entries()) expect(value).toBeCloseTo(source.data[v]!, 6)
    const slice = paint(axial([5, 4, 1], [1, 1, 5]), ([x, y]) => x + 10 * y)
    expect(resample(slice, slice.grid).data).toEqual(slice.data)
  })
})

describe('grids', () => {
  const tilted: Grid = { ...grid(oblique.source) }

  it('cover every voxel of an oblique source with whole cells', () => {
    const aligned = alignedGrid(tilted, [2, 2, 2])
    for (const i of [-0.5, tilted.size[0] - 0.5]) {
      for (const j of [-0.5, tilted.size[1] - 0.5]) {
        for (const k of [-0.5, tilted.size[2] - 0.5]) {
          const corner = toPatient(tilted, [i, j, k])
          for (const axis of [0, 1, 2] as const) {
            const at = (corner[axis] - aligned.origin[axis]) / 2
            expect(at).toBeGreaterThanOrEqual(-0.5 - 1e-6)
            expect(at).toBeLessThanOrEqual(aligned.size[axis] - 0.5 + 1e-6)
          }
        }
      }
    }
  })

  it('keep edges aligned when made coarser', () => {
    const coarse = coarseGrid(tilted, 3)
    const edge = toPatient(coarse, [-0.5, -0.5, -0.5])
    const expected = toPatient(tilted, [-0.5, -0.5, -0.5])
    for (const axis of [0, 1, 2] as const) expect(edge[axis]).toBeCloseTo(expected[axis], 6)
    expect(coarse.size).toEqual([5, 5, 14])
  })

  it('find the head although noise fills the air', () => {
    const volume = paint(axial([40, 30, 20], [2, 2, 2]), ([x, y, z]) => {
      if (x >= 20 && x < 60 && y >= 10 && y < 40 && z >= 8 && z < 30) return 100
      return (x * 7 + y * 13 + z * 29) % 331 === 0 ? 60 : 3
    })
    const box = foregroundBox(volume, 50, 2)
    expect(box).toEqual({ from: [8, 3, 2], to: [32, 22, 17] })
    const cut = subGrid(volume.grid, box.from, box.to)
    expect(cut.size).toEqual([24, 19, 15])
    expect(cut.origin).toEqual([16, 6, 4])
  })

  it('keep everything when nothing is above the threshold', () => {
    expect(
      foregroundBox(
        paint(axial([4, 5, 6], [2, 2, 2]), () => 0),
        0,
        3,
      ),
    ).toEqual({ from: [0, 0, 0], to: [4, 5, 6] })
  })
})

describe('rigid transforms', () => {
  const { angles, translation, centre } = oblique.euler
  const rigid = rigidFromEuler(angles, translation, centre)

  it('follow ITK in the order of the angles', () => {
    for (const [i, value] of (oblique.rigid.rotation as number[]).entries())
      expect(rigid.rotation[i]).toBeCloseTo(value, 9)
    for (const [i, value] of (oblique.rigid.translation as number[]).entries())
      expect(rigid.translation[i]).toBeCloseTo(value, 9)
  })

  it('invert, and tell their motion', () => {
    const p: Vec3 = [12, -30, 44]
    const back = applyRigid(invertRigid(rigid), applyRigid(rigid, p))
    for (const axis of [0, 1, 2] as const) expect(back[axis]).toBeCloseTo(p[axis], 9)
    expect(rotationDegrees(rigidFromEuler([0, 0, Math.PI / 6], [0, 0, 0], [0, 0, 0]))).toBeCloseTo(30, 6)
    expect(displacement(rigid, centre)).toBeCloseTo(Math.hypot(...(translation as number[])), 6)
    expect(rotationDegrees(IDENTITY)).toBe(0)
  })
})
