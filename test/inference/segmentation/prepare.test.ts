import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../../src/domain/errors.ts'
import type { Sequence } from '../../../src/domain/study.ts'
import { type Grid, toIndex, type Vec3, type Volume } from '../../../src/domain/volume.ts'
import { parseBundle } from '../../../src/inference/bundle/manifest.ts'
import { prepareInputs } from '../../../src/inference/segmentation/prepare.ts'
import { sequencesOf } from '../../../src/inference/segmentation/sequence-volume.ts'
import { alignedGrid } from '../../../src/inference/volumes/grids.ts'
import { resample } from '../../../src/inference/volumes/resample.ts'
import {
  applyRigid,
  IDENTITY,
  invertRigid,
  type Registrar,
  type Rigid,
  rigidFromEuler,
} from '../../../src/inference/volumes/rigid.ts'
import { headT1, headT2 } from '../heads/head.ts'
import { axial, paint, readJson, rejection, tinyBundle } from '../support.ts'

const bundle = parseBundle(readJson(`${tinyBundle}/bundle.json`))
const cascade = parseBundle(
  readJson(fileURLToPath(new URL('../../../config/models/glioma-cascade-1mm/bundle.json', import.meta.url))),
)
const moved = rigidFromEuler([0.06, -0.03, 0.05], [7, -3, 4], [0, 0, 0])
const { rotation } = rigidFromEuler([0.2, -0.1, 0.1], [0, 0, 0], [0, 0, 0])

type Volumes = Partial<Record<Sequence, Volume<Float32Array>>>
const of = (volumes: Volumes) =>
  Object.entries(volumes).map(([sequence, volume]) => ({ sequence: sequence as Sequence, volume }))

/** A registrar that knows the truth and notes what it is asked. */
function knowing(truth: Partial<Record<string, Rigid>>) {
  const asked: { name: string; fixed: Grid; moving: Grid }[] = []
  const registrar: Registrar = {
    async register(fixed, moving, name) {
      asked.push({ name, fixed: fixed.grid, moving: moving.grid })
      const transform = truth[name] ?? IDENTITY
      const far = name in truth
      return {
        transform,
        translationMm: far ? 8.6 : 0,
        rotationDegrees: far ? 4.8 : 0,
        agreementBefore: 1.1,
        agreementAfter: 1.2,
      }
    },
    async close() {},
  }
  return { registrar, asked }
}

const centred = (size: Vec3, spacing: Vec3, direction: readonly number[]): Grid => {
  const half: Vec3 = [
    ((size[0] - 1) * spacing[0]) / 2,
    ((size[1] - 1) * spacing[1]) / 2,
    ((size[2] - 1) * spacing[2]) / 2,
  ]
  const corner = applyRigid({ rotation: direction, translation: [0, 0, 0] }, [-half[0], -half[1], -half[2]])
  return { size, spacing, origin: corner, direction }
}

const t1c = paint(centred([120, 130, 100], [1.5, 1.5, 1.6], rotation), headT1)
/** Before contrast: no bright lesion, and a scalp like muscle. */
const t1 = paint(t1c.grid, (p) => ([900, 700].includes(headT1(p)) ? 350 : headT1(p)))
const flair = paint(centred([200, 220, 30], [0.9, 0.9, 5.5], [1, 0, 0, 0, 1, 0, 0, 0, 1]), (p) =>
  headT2(applyRigid(invertRigid(moved), p)),
)

describe('preparing inputs', () => {
  it('brings an oblique reference and a moved thick-slice series onto one LPS grid that holds the head', async () => {
    const { registrar, asked } = knowing({ FLAIR: moved })
    const prepared = await prepareInputs({
      images: of({ T1c: t1c, FLAIR: flair }),
      reference: 'T1c',
      bundle,
      registrar,
    })
    const { grid, channels } = prepared
    expect(grid.spacing).toEqual([2, 2, 2])
    expect(grid.direction).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1])
    expect(asked.map(({ name, moving }) => [name, moving.spacing])).toEqual([['FLAIR', [2, 2, 2]]])
    // The head's semi-axes are 75, 90 and 70 mm, the margin 10 mm.
    for (const [axis, extent] of [75, 90, 70].entries()) {
      expect(grid.origin[axis]).toBeLessThan(-extent + 3)
      expect(grid.origin[axis]).toBeGreaterThan(-extent - 16)
      expect(grid.origin[axis]! + 2 * (grid.size[axis]! - 1)).toBeGreaterThan(extent - 3)
    }
    expect(channels.map((channel) => channel !== null)).toEqual([false, true, false, true])
    // Ventricle, lesion and plain brain, well inside each: dark, bright, between; the reverse in the other contrast.
    const at = (channel: number, p: Vec3) => {
      const index = p.map((value, axis) => Math.round((value - grid.origin[axis]!) / 2))
      return channels[channel]!.data[index[0]! + grid.size[0] * (index[1]! + grid.size[1] * index[2]!)]!
    }
    const places: Vec3[] = [
      [10, -20, 5],
      [0, 50, -20],
      [25, 30, 20],
    ]
    const t1 = places.map((p) => at(1, p))
    const t2 = places.map((p) => at(3, p))
    expect(t1).toEqual(t1.toSorted((a, b) => a - b))
    expect(t2).toEqual(t2.toSorted((a, b) => b - a))
    expect(t1[2]! - t1[0]!).toBeGreaterThan(1)
    expect(t2[0]! - t2[2]!).toBeGreaterThan(1)
    const codes = prepared.quality.map((note) => `${note.code}:${note.text.match(/\b(T1c?|T2|FLAIR)\b/)?.[0]}`)
    expect(codes).toEqual([
      'sequence-missing:T1',
      'sequence-missing:T2',
      'thick-slices:FLAIR',
      'patient-movement:FLAIR',
    ])
  })

  it('shows every sequence on the reference grid for key images', async () => {
    const { registrar } = knowing({ FLAIR: moved })
    const { onReference, images } = await prepareInputs({
      images: of({ T1c: t1c, FLAIR: flair }),
      reference: 'T1c',
      bundle,
      registrar,
    })
    expect(onReference.map((image) => image.sequence)).toEqual(['T1c', 'FLAIR'])
    expect(onReference[0]!.image).toBe(t1c)
    const image = onReference[1]!.image
    expect(image.grid).toBe(t1c.grid)
    expect(onReference[1]!.image).toBe(image)
    const value = (p: Vec3) => {
      const [i, j, k] = toIndex(image.grid, p).map(Math.round) as [number, number, number]
      return image.data[i + 120 * (j + 130 * k)]!
    }
    expect(value([10, -20, 5])).toBeGreaterThan(850)
    expect(value([25, 30, 20])).toBeLessThan(350)
    expect(images.map(({ registration }) => registration?.transform)).toEqual([undefined, moved])
  })

  it('registers every series but the reference, also for another working spacing', async () => {
    const { registrar, asked } = knowing({})
    const coarse = structuredClone(bundle)
    coarse.graph.stages[0]!.grid = { spacing_mm: [3, 3, 3] }
    const prepared = await prepareInputs({
      images: of({ T1: t1, T1c: t1c, FLAIR: flair }),
      reference: 'FLAIR',
      bundle: coarse,
      registrar,
    })
    expect(prepared.grid.spacing).toEqual([3, 3, 3])
    expect(asked.map(({ name }) => name).sort()).toEqual(['T1', 'T1c'])
    expect(asked.every(({ fixed }) => fixed.spacing.every((mm) => mm === 2))).toBe(true)
  })

  it('refuses one image under two names, whatever its unit', async () => {
    const { registrar } = knowing({})
    const copy = { ...t1c, data: t1c.data.map((value) => 3 * value) }
    const run = (volumes: Volumes) => prepareInputs({ images: of(volumes), reference: 'T1c', bundle, registrar })
    expect(await rejection(run({ T1c: t1c, FLAIR: copy }))).toMatchObject({
      code: 'INPUT_IMPLAUSIBLE',
      message: expect.stringMatching(
        /^T1c and FLAIR show the same image \(correlation 1\.000\): one of the two series is not what its headers say$/,
      ),
    })
    expect((await run({ T1: t1, T1c: t1c, FLAIR: flair })).channels.filter(Boolean)).toHaveLength(3)
  })

  describe('a sequence that cannot be aligned', () => {
    /** Aligns all but one, of which it says what the registrar says. */
    const losing = (lost: string): Registrar => ({
      ...knowing({}).registrar,
      async register(fixed, moving, name) {
        if (name === lost)
          throw new AppError('INPUT_IMPLAUSIBLE', `${name} could not be aligned: 4 % common field of view`)
        return knowing({}).registrar.register(fixed, moving, name)
      },
    })
    const optional = parseBundle({
      ...readJson(`${tinyBundle}/bundle.json`),
      sequences: Object.fromEntries(
        ['T1', 'T1c', 'T2', 'FLAIR'].map((name, channel) => [name, { channel, required: name === 'T1c' }]),
      ),
    })
    const run = (lost: string, rules = optional) =>
      prepareInputs({
        images: of({ T1: t1, T1c: t1c, FLAIR: flair }),
        reference: 'T1c',
        bundle: rules,
        registrar: losing(lost),
      })

    it('is left out with a note when the bundle can do without it', async () => {
      const prepared = await run('FLAIR')
      expect(sequencesOf(prepared.images)).toEqual(['T1', 'T1c'])
      expect(prepared.channels.map((channel) => channel !== null)).toEqual([true, true, false, false])
      expect(prepared.imagesOn(prepared.grid).map((image) => image !== null)).toEqual([true, true, false, false])
      expect(prepared.onReference.map(({ sequence }) => sequence)).toEqual(['T1', 'T1c'])
      expect(prepared.images.map(({ registration }) => registration?.transform)).toEqual([IDENTITY, undefined])
      const notes = prepared.quality.filter(({ code }) => code === 'sequence-left-out')
      expect(notes).toEqual([
        {
          code: 'sequence-left-out',
          severity: 'warning',
          text: 'FLAIR was left out, and the model ran without it: FLAIR could not be aligned: 4 % common field of view.',
          said: {
            sentence: 'sequence-left-out',
            values: { sequence: 'FLAIR', error: 'FLAIR could not be aligned: 4 % common field of view' },
          },
        },
      ])
      expect(prepared.quality.some(({ text }) => text.includes('no usable FLAIR'))).toBe(false)
    })

    it('is left out when it shows nothing within the head', async () => {
      const empty = paint(axial([20, 20, 20], [8, 8, 8], [-80, -80, -80]), () => 0)
      const { registrar } = knowing({})
      const volumes = { T1c: t1c, FLAIR: empty }
      const prepared = await prepareInputs({ images: of(volumes), reference: 'T1c', bundle: optional, registrar })
      expect(sequencesOf(prepared.images)).toEqual(['T1c'])
      expect(prepared.quality.map(({ code }) => code)).toContain('sequence-left-out')
    })

    it('is refused when the bundle needs it, or needs one of those that are left', async () => {
      const required = structuredClone(optional)
      required.sequences.FLAIR!.required = true
      const either = structuredClone(optional)
      either.sequences.T1c!.required = false
      either.require_any = ['FLAIR', 'T2']
      for (const rules of [required, either])
        expect(await rejection(run('FLAIR', rules))).toMatchObject({
          code: 'INPUT_IMPLAUSIBLE',
          message: 'FLAIR could not be aligned: 4 % common field of view',
        })
      expect(sequencesOf((await run('T1', either)).images)).toEqual(['T1c', 'FLAIR'])
    })
  })

  it('gives the same sequences on another grid through the same transforms, not normalised', async () => {
    const { registrar, asked } = knowing({ FLAIR: moved })
    const volumes = { T1c: t1c, FLAIR: flair }
    const { imagesOn } = await prepareInputs({ images: of(volumes), reference: 'T1c', bundle, registrar })
    const grid = axial([31, 22, 17], [1, 1, 1], [12, 24, 10])
    const [none, t1cThere, , flairThere] = imagesOn(grid)
    expect(none).toBeNull()
    expect(t1cThere!.data).toEqual(resample(t1c, grid).data)
    expect(flairThere!.data).toEqual(resample(flair, grid, moved).data)
    expect(flairThere!.data).not.toEqual(resample(flair, grid).data)
    expect(asked).toHaveLength(1)
  })

  it('makes the images of a later stage without a box only once, as for any other grid', async () => {
    const { registrar } = knowing({ FLAIR: moved })
    const images = of({ T1c: t1c, FLAIR: flair })
    const { grid, imagesOn } = await prepareInputs({ images, reference: 'T1c', bundle: cascade, registrar })
    expect(grid.spacing).toEqual([3, 3, 3])
    const coarse = alignedGrid(grid, [2, 2, 2])
    const [, t1cThere, , flairThere] = imagesOn(coarse)
    expect(t1cThere!.data).toEqual(resample(t1c, coarse).data)
    expect(flairThere!.data).toEqual(resample(flair, coarse, moved).data)
    expect(imagesOn(coarse)[3]).toBe(flairThere)
  })

  it('refuses an empty image and a missing reference', async () => {
    const { registrar } = knowing({})
    const empty = paint(axial([20, 20, 20], [8, 8, 8], [-80, -80, -80]), () => 0)
    const run = (volumes: Volumes) =>
      rejection(prepareInputs({ images: of(volumes), reference: 'T1c', bundle, registrar }))
    expect(await run({ T1c: t1c, FLAIR: empty })).toMatchObject({
      code: 'INPUT_IMPLAUSIBLE',
      message: expect.stringContaining('FLAIR'),
    })
    expect(await run({ T1c: empty, FLAIR: flair })).toMatchObject({
      code: 'INPUT_IMPLAUSIBLE',
      message: expect.stringContaining('T1c'),
    })
    expect(await run({ FLAIR: flair })).toMatchObject({
      code: 'INPUT_IMPLAUSIBLE',
      message: expect.stringContaining('no T1c volume'),
    })
  })
})
