import { setTimeout as wait } from 'node:timers/promises'
import { BroadcastChannel } from 'node:worker_threads'
import { afterAll, describe, expect, it } from 'vitest'
import type { Grid, Vec3 } from '../../../src/domain/volume.ts'
import { mutualInformation } from '../../../src/inference/volumes/mutual-information.ts'
import { createRegistrar } from '../../../src/inference/volumes/register.ts'
import { applyRigid, IDENTITY, invertRigid, type Rigid, rigidFromEuler } from '../../../src/inference/volumes/rigid.ts'
import { headT1, headT2 } from '../heads/head.ts'
import { axial, paint, randomNumbers, rejection } from '../support.ts'

const fixed = paint(axial([80, 95, 75], [2, 2, 2], [-80, -95, -75]), headT1)
const motion = rigidFromEuler([0.08, -0.05, 0.06], [6, -4, 5], [3, 2, 1])
const points: Vec3[] = [
  [60, 0, 0],
  [-60, 0, 0],
  [0, 70, 0],
  [0, -70, 0],
  [0, 0, 60],
  [0, 0, -60],
  [30, -40, 20],
]

/** An oblique grid that covers the moved head. */
function obliqueGrid(spacing: Vec3, size: Vec3): Grid {
  const { rotation } = rigidFromEuler([0.1, 0.05, 0.3], [0, 0, 0], [0, 0, 0])
  const half = size.map((n, axis) => ((n - 1) * spacing[axis]!) / 2)
  const corner = applyRigid({ rotation, translation: [0, 0, 0] }, [-half[0]!, -half[1]!, -half[2]!])
  return { size, spacing, origin: [corner[0] + 5, corner[1] - 3, corner[2] + 4], direction: rotation }
}

const error = (found: Rigid, truth: Rigid) =>
  Math.max(
    ...points.map((p) => Math.hypot(...applyRigid(found, p).map((value, axis) => value - applyRigid(truth, p)[axis]!))),
  )

describe('registration', () => {
  const registrar = createRegistrar({ workers: 1 })
  afterAll(() => registrar.close())

  it('recovers a known motion across contrasts on an oblique grid to half a millimetre', async () => {
    const back = invertRigid(motion)
    const moving = paint(obliqueGrid([2, 2, 2], [96, 106, 90]), (p) => headT2(applyRigid(back, p)))
    const found = await registrar.register(fixed, moving, 'T2')
    expect(error(found.transform, motion)).toBeLessThan(0.5)
    expect(found.translationMm).toBeGreaterThan(5)
    expect(found.rotationDegrees).toBeCloseTo((Math.hypot(0.08, 0.05, 0.06) * 180) / Math.PI, 0)
    expect(found.agreementAfter).toBeGreaterThan(found.agreementBefore)
  })

  it('stays within a tenth of a millimetre of the headers when nothing moved', async () => {
    const moving = paint(axial([70, 85, 66], [2.25, 2.25, 2.25], [-79, -95, -74]), headT2)
    const found = await registrar.register(fixed, moving, 'FLAIR')
    expect(error(found.transform, IDENTITY)).toBeLessThan(0.3)
  })

  it('refuses images with nothing in common, saying what was found', async () => {
    const random = randomNumbers(5)
    const noise = paint(axial([60, 60, 60], [2.5, 2.5, 2.5], [-75, -75, -75]), () => random() * 100)
    const refused = await rejection(registrar.register(fixed, noise, 'T2'))
    expect(refused).toMatchObject({ code: 'INPUT_IMPLAUSIBLE' })
    expect(refused.message).toMatch(/T2 could not be aligned .* mm and .* degrees .* common field of view/)
  })
})

describe('the registration worker', () => {
  const small = paint(axial([8, 8, 8], [2, 2, 2]), ([x, y]) => x + 2 * y)

  it('fails the request when it crashes, and is replaced', async () => {
    const registrar = createRegistrar({
      workers: 1,
      workerUrl: new URL('../runtime/crashing-worker.ts', import.meta.url),
    })
    for (const _ of [1, 2]) {
      const failed = await rejection(registrar.register(small, small, 'T2'))
      expect(failed).toMatchObject({
        code: 'INFERENCE_FAILED',
        message: 'registration of T2: the worker thread failed',
      })
    }
    await registrar.close()
  })

  it('is ended at the deadline, also when several wait for it', async () => {
    const workerUrl = new URL('../runtime/silent-worker.ts', import.meta.url)
    const registrar = createRegistrar({ workers: 1, timeoutMs: 300, workerUrl })
    const failures = await Promise.all([1, 2, 3].map(() => rejection(registrar.register(small, small, 'T1'))))
    for (const failed of failures)
      expect(failed).toMatchObject({
        code: 'INFERENCE_FAILED',
        message: 'registration of T1: the worker thread was ended after 0.3 s',
      })
    await registrar.close()
    expect(await rejection(registrar.register(small, small, 'T1'))).toMatchObject({ code: 'INFERENCE_FAILED' })
  })

  it.each([
    ['ends when nothing follows, and is started again', 0, 2],
    ['waits for the next one', 60_000, 1],
  ])('%s', async (_, idleMs, starts) => {
    const started: unknown[] = []
    const channel = new BroadcastChannel('registration workers')
    channel.onmessage = () => started.push(1)
    const workerUrl = new URL('../runtime/announced-worker.ts', import.meta.url)
    const registrar = createRegistrar({ workers: 1, idleMs, workerUrl })
    for (const name of ['T1', 'T2']) {
      await registrar.register(small, small, name)
      await wait(100)
    }
    expect(started).toHaveLength(starts)
    await registrar.close()
    channel.close()
  })
})

describe('agreement', () => {
  it('is highest under the true transform and 1 without overlap', () => {
    const back = invertRigid(motion)
    const moving = paint(obliqueGrid([3, 3, 3], [64, 70, 60]), (p) => headT2(applyRigid(back, p)))
    const truth = mutualInformation(fixed, moving, motion)
    const off = mutualInformation(fixed, moving, rigidFromEuler([0.08, -0.05, 0.06], [9, -4, 5], [3, 2, 1]))
    expect(truth.information).toBeGreaterThan(off.information)
    expect(off.information).toBeGreaterThan(mutualInformation(fixed, moving, IDENTITY).information)
    expect(truth.overlap).toBeGreaterThan(0.95)
    expect(mutualInformation(fixed, moving, { ...IDENTITY, translation: [900, 0, 0] })).toEqual({
      information: 1,
      overlap: 0,
    })
  })
})
