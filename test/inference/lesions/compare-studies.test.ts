// Two studies of one head: the motion, growth, loss and new lesions that were put in are the ones that are reported.

import { afterAll, describe, expect, it } from 'vitest'
import type { Measurement } from '../../../src/domain/finding.ts'
import type { Grid, LabelVolume, Vec3 } from '../../../src/domain/volume.ts'
import {
  compareStudies,
  residual,
  type TimePoint,
  volumeChanges,
} from '../../../src/inference/lesions/compare-studies.ts'
import { measureLesions } from '../../../src/inference/lesions/diameters.ts'
import { carry } from '../../../src/inference/lesions/link-lesions.ts'
import { measure } from '../../../src/inference/lesions/measure.ts'
import { createRegistrar } from '../../../src/inference/volumes/register.ts'
import { applyRigid, IDENTITY, invertRigid, type Rigid, rigidFromEuler } from '../../../src/inference/volumes/rigid.ts'
import { headT1 } from '../heads/head.ts'
import { axial, paint, rejection } from '../support.ts'

const BUNDLE = {
  labels: [
    { index: 1, key: 'NCR', name: 'necrotic core' },
    { index: 2, key: 'ED', name: 'oedema' },
    { index: 3, key: 'ET', name: 'enhancing tumour' },
  ],
  regions: { WT: [1, 2, 3], TC: [1, 3], ET: [3] },
}
const MOTION = rigidFromEuler([0.07, -0.04, 0.09], [7, -5, 4], [3, 2, 1])
const NOW: Grid = axial([80, 95, 75], [2, 2, 2], [-80, -95, -75])
/** Another grid, rotated against the head: voxels of the two studies never coincide. */
const EARLIER: Grid = {
  ...axial([92, 104, 84], [2, 2, 2]),
  origin: applyRigid(rigidFromEuler([0.05, 0.03, 0.1], [5, -3, 4], [0, 0, 0]), [-91, -103, -83]),
  direction: rigidFromEuler([0.05, 0.03, 0.1], [0, 0, 0], [0, 0, 0]).rotation,
}

/** Coarse, for what needs no registration. */
const COARSE: Grid = axial([40, 48, 38], [4, 4, 4], [-79, -94, -74])

/** A ball of enhancement in a shell of oedema, places in the head's own coordinates. */
interface Ball {
  at: Vec3
  enhancing: number
  oedema: number
}

function timePoint(id: string, grid: Grid, toHead: Rigid, balls: readonly Ball[], deviation?: number): TimePoint {
  const labelAt = (p: Vec3) => {
    let label = 0
    for (const { at, enhancing, oedema } of balls) {
      const distance = Math.hypot(p[0] - at[0], p[1] - at[1], p[2] - at[2])
      if (distance <= enhancing) label = 3
      else if (distance <= oedema && label === 0) label = 2
    }
    return label
  }
  const painted = paint(grid, (p) => labelAt(applyRigid(toHead, p)))
  const labels: LabelVolume = { grid, data: Uint8Array.from(painted.data) }
  const image = paint(grid, (p) => {
    const inHead = applyRigid(toHead, p)
    return headT1(inHead) + 150 * (labelAt(inHead) === 3 ? 1 : 0)
  })
  const measurements = measure(labels, BUNDLE).measurements.map((one) =>
    deviation === undefined ? one : { ...one, standardDeviation: deviation * one.value },
  )
  const enhancing = measureLesions(labels, BUNDLE.regions.ET)
  return {
    image,
    labels,
    measurements,
    enhancing,
    tracking: (key) => ({ identifier: `${key} ${id}`, uid: `1.${id}.${key}` }),
  }
}

const LEFT: Vec3 = [32, 10, 15]
const RIGHT: Vec3 = [-34, -22, -8]
const BACK: Vec3 = [-18, 48, 22]

describe('a study against the earlier one', () => {
  const registrar = createRegistrar({ workers: 2 })
  afterAll(() => registrar.close())

  it('finds motion, growth, loss and a new lesion, and keeps what it tracks', async () => {
    const earlier = timePoint(
      '7',
      EARLIER,
      invertRigid(MOTION),
      [
        { at: RIGHT, enhancing: 6, oedema: 8 },
        { at: LEFT, enhancing: 10, oedema: 14 },
      ],
      0.05,
    )
    const now = timePoint(
      '8',
      NOW,
      IDENTITY,
      [
        { at: [33, 11, 15], enhancing: 13, oedema: 18 },
        { at: BACK, enhancing: 7, oedema: 9 },
      ],
      0.05,
    )
    const found = await compareStudies({ now, earlier, bundle: BUNDLE, registrar })
    // How far the centre of the present image moves under the motion that was put in.
    const centre: Vec3 = [-1, -1, -1]
    const moved = applyRigid(MOTION, centre).map((value, axis) => value - centre[axis]!)
    expect(found.registration.translationMm).toBeCloseTo(Math.hypot(...moved), 0)
    expect(found.registration.residualMm).toBeLessThan(1)
    expect(found.registration.mutualInformation).toBeGreaterThan(1.03)

    const ml = (radius: number) => (4 / 3) * Math.PI * (radius / 10) ** 3
    const whole = found.volumes.find(({ region }) => region === 'WT')!
    expect(whole.earlier).toBeCloseTo(ml(14) + ml(8), -0.3)
    expect(whole.change).toBeCloseTo(ml(18) + ml(9) - ml(14) - ml(8), -0.3)
    expect(whole.standardDeviation).toBeCloseTo(0.05 * Math.hypot(whole.earlier, whole.now), 6)

    expect(found.lesions.map(({ fate, tracking }) => [fate, tracking.uid])).toEqual([
      // Largest of both times: followed under the UID of the earlier study.
      ['continued', '1.7.lesion 1'],
      ['new', '1.8.lesion 2'],
      ['gone', '1.7.lesion 2'],
    ])
    expect(found.lesions[0]!.earlier).toBeCloseTo(ml(14), -0.3)
    expect(found.lesions[2]!.earlier).toBeCloseTo(ml(8), 0)
    expect(found.response).toMatchObject({ category: 'PD', reasons: ['1 new measurable enhancing lesion.'] })
    expect(found.tracking).toMatchObject({
      ET: { uid: '1.7.ET' },
      WT: { uid: '1.7.WT' },
      'ET lesion 1': { uid: '1.7.ET lesion 1' },
      'lesion 1': { uid: '1.7.lesion 1' },
      'lesion 2': { uid: '1.8.lesion 2' },
    })
    expect(found.tracking['ET lesion 2']).toBeUndefined()
  })

  it('sees a lesion fall apart and two grow together', async () => {
    const earlier = timePoint('7', COARSE, IDENTITY, [
      { at: [21, 10, 15], enhancing: 7, oedema: 8 },
      { at: [45, 10, 15], enhancing: 7, oedema: 9 },
      { at: RIGHT, enhancing: 12, oedema: 13 },
    ])
    const now = timePoint('8', COARSE, IDENTITY, [
      { at: [33, 10, 15], enhancing: 18, oedema: 20 },
      { at: [-34, -33, -8], enhancing: 4, oedema: 4 },
      { at: [-34, -15, -8], enhancing: 6, oedema: 6 },
    ])
    const same = {
      register: async () => ({
        transform: IDENTITY,
        translationMm: 0,
        rotationDegrees: 0,
        agreementBefore: 1.2,
        agreementAfter: 1.2,
      }),
      close: async () => {},
    }
    const found = await compareStudies({ now, earlier, bundle: BUNDLE, registrar: same })
    expect(found.lesions.map(({ fate, tracking, from }) => [fate, tracking.uid, from])).toEqual([
      ['merged', '1.7.lesion 2', ['1.7.lesion 3']],
      ['continued', '1.7.lesion 1', []],
      ['split', '1.8.lesion 3', ['1.7.lesion 1']],
    ])
    expect(found.volumes.every(({ standardDeviation }) => standardDeviation === undefined)).toBe(true)
    expect(found.response.percentDeviation).toBeUndefined()
  })

  it('refuses registrations that do not come back, and tumours outside the other images', async () => {
    const balls = [{ at: LEFT, enhancing: 8, oedema: 12 }]
    const one = timePoint('7', COARSE, IDENTITY, balls)
    const registration = (transform: Rigid) => ({
      transform,
      translationMm: 1,
      rotationDegrees: 1,
      agreementBefore: 1,
      agreementAfter: 1.1,
    })
    const always = (transform: Rigid) => ({ register: async () => registration(transform), close: async () => {} })
    const off = await rejection(
      compareStudies({
        now: one,
        earlier: one,
        bundle: BUNDLE,
        registrar: always({ ...IDENTITY, translation: [1.5, 0, 0] }),
      }),
    )
    expect(off).toMatchObject({
      code: 'INPUT_IMPLAUSIBLE',
      message: 'registration there and back leaves 3.0 mm, more than 2 mm',
    })
    const slab: Grid = { ...COARSE, size: [40, 48, 22] }
    const cut = timePoint('6', slab, IDENTITY, balls)
    const outside = await rejection(
      compareStudies({ now: one, earlier: cut, bundle: BUNDLE, registrar: always(IDENTITY) }),
    )
    expect(outside).toMatchObject({
      code: 'INPUT_IMPLAUSIBLE',
      message: expect.stringMatching(/^\d+ % of the tumour of one study lie outside/),
    })
  })
})

describe('residual', () => {
  it('is nothing for a motion and its inverse, and the distance for a shift', () => {
    expect(residual(MOTION, invertRigid(MOTION), [1, 2, 3])).toBeCloseTo(0, 9)
    expect(residual(IDENTITY, { ...IDENTITY, translation: [3, 0, 4] }, [0, 0, 0])).toBeCloseTo(5, 9)
  })
})

describe('volume changes', () => {
  const volume = (region: string, value: number, standardDeviation?: number): Measurement => ({
    region,
    name: region,
    quantity: 'volume',
    value,
    unit: 'mL',
    ...(standardDeviation !== undefined && { standardDeviation }),
  })

  it('join both errors, and say nothing where one is unknown', () => {
    const [whole, core] = volumeChanges(
      [volume('TC', 5), volume('WT', 20, 3)],
      [volume('WT', 30, 4), volume('TC', 8, 1)],
    )
    // sqrt(3² + 4²); of the ratio 1.5: sqrt(4² + (1.5 × 3)²) / 20.
    expect(whole).toMatchObject({ change: 10, standardDeviation: 5, percent: 50 })
    expect(whole!.percentDeviation).toBeCloseTo(30.104, 3)
    expect(core).toEqual({ region: 'TC', name: 'TC', earlier: 5, now: 8, change: 3, percent: expect.closeTo(60, 9) })
  })

  it('have no percentage of nothing, and leave out what was not measured before', () => {
    expect(volumeChanges([volume('WT', 0, 0)], [volume('WT', 2, 1), volume('ET', 1)])).toEqual([
      { region: 'WT', name: 'WT', earlier: 0, now: 2, change: 2, standardDeviation: 1 },
    ])
  })
})

describe('carrying labels', () => {
  it('puts each voxel where the transform says, half voxels at the border included', () => {
    const source = { grid: axial([3, 2, 1], [1, 1, 1]), data: Uint8Array.from([1, 2, 3, 4, 5, 6]) }
    const target = axial([4, 2, 1], [1, 1, 1])
    const carried = carry(source, target, { ...IDENTITY, translation: [-1.4, 0.2, 0] }, (n) => new Uint8Array(n))
    expect([...carried.data]).toEqual([0, 1, 2, 3, 0, 4, 5, 6])
  })
})
