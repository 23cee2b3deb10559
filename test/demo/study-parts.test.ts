// Parts of the generated study, each against what is known without it: signal equations, geometry, random numbers, encoders, faults.
import { describe, expect, it } from 'vitest'
import { acquire } from '../../demo/phantom/acquire.ts'
import { encodeFrame } from '../../demo/phantom/encode.ts'
import { type Draft, withFaults } from '../../demo/phantom/faults.ts'
import { createHead, headGrid, truthLabels } from '../../demo/phantom/head.ts'
import { ageAt, laterTime } from '../../demo/phantom/headers.ts'
import { AT_REST, rotationOf, transposed } from '../../demo/phantom/motion.ts'
import { createNoise, createRandom } from '../../demo/phantom/prng.ts'
import { signalOf } from '../../demo/phantom/signal.ts'
import { createWaves } from '../../demo/phantom/waves.ts'
import { dataset, text } from '../../src/dicom/dataset.ts'
import { decodeFrame } from '../../src/dicom/pixels.ts'
import type { Grid } from '../../src/domain/volume.ts'

describe('signals', () => {
  const t1 = { kind: 'spin-echo', tr: 470, te: 11 } as const
  const t2 = { kind: 'spin-echo', tr: 4800, te: 98 } as const
  const flair = { kind: 'inversion-recovery', tr: 9000, te: 96, ti: 2460 } as const
  const mprage = { kind: 'mprage', tr: 2000, te: 2.9, ti: 1000, contrastAgent: true } as const

  it('follow the spin echo equation', () => {
    expect(signalOf('white', t1)).toBeCloseTo(0.7 * (1 - Math.exp(-470 / 640)) * Math.exp(-11 / 78), 10)
  })

  it('have the contrast that a radiologist expects', () => {
    expect(signalOf('white', t1)).toBeGreaterThan(signalOf('grey', t1))
    expect(signalOf('grey', t1)).toBeGreaterThan(2 * signalOf('csf', t1))
    expect(signalOf('csf', t2)).toBeGreaterThan(2 * signalOf('grey', t2))
    expect(signalOf('grey', t2)).toBeGreaterThan(signalOf('white', t2))
    expect(signalOf('csf', flair)).toBeLessThan(0.1 * signalOf('white', flair))
    expect(signalOf('oedema', flair)).toBeGreaterThan(1.3 * signalOf('grey', flair))
    expect(signalOf('rim', mprage)).toBeGreaterThan(1.5 * signalOf('white', mprage))
    expect(signalOf('rim', { ...mprage, contrastAgent: false })).toBeLessThan(signalOf('white', mprage))
  })
})

describe('acquisition', () => {
  const fine: Grid = {
    size: [40, 44, 48],
    spacing: [1, 1, 1],
    origin: [-20, -22, -24],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  }
  const dot = new Float32Array(40 * 44 * 48)
  // One bright voxel at LPS (5, -7, 9).
  dot[25 + 40 * (15 + 44 * 33)] = 1
  const brightest = (slices: Uint16Array[], columns: number) => {
    let best = { value: -1, i: 0, j: 0, k: 0 }
    for (const [k, slice] of slices.entries()) {
      for (const [at, value] of slice.entries())
        if (value > best.value) best = { value, i: at % columns, j: Math.floor(at / columns), k }
    }
    return best
  }
  const scan = { gain: 1000, noise: 0, bias: 0, motion: AT_REST }

  it('puts a point where the slice geometry says: sagittal, slices from left to right', () => {
    const grid: Grid = {
      size: [44, 48, 40],
      spacing: [1, 1, 1],
      origin: [19, -22, 23],
      direction: [0, 0, -1, 1, 0, 0, 0, -1, 0],
    }
    const found = brightest(acquire(fine, dot, { ...scan, stack: { grid, thickness: 1 } }, 'a'), 44)
    expect(found).toEqual({ value: 1000, i: 15, j: 14, k: 14 })
  })

  it('moves the patient before the scan: rotation, then translation', () => {
    // 90 degrees about z takes (5, -7, 9) to (7, 5, 9); the translation to (8, 7, 12).
    const motion = { rotation: rotationOf([0, 0, 90]), translation: [1, 2, 3] as const }
    const found = brightest(acquire(fine, dot, { ...scan, motion, stack: { grid: fine, thickness: 1 } }, 'a'), 40)
    expect([found.i, found.j, found.k]).toEqual([28, 29, 36])
  })

  it('averages over the thickness of a slice', () => {
    const grid: Grid = { ...fine, size: [40, 44, 8], spacing: [1, 1, 6], origin: [-20, -22, -21] }
    const found = brightest(acquire(fine, dot, { ...scan, stack: { grid, thickness: 5 } }, 'a'), 40)
    expect([found.i, found.j, found.k]).toEqual([25, 15, 5])
    expect(found.value).toBeLessThan(400)
    expect(found.value).toBeGreaterThan(100)
  })

  it('has Rician noise: in air its mean is sqrt(pi / 2) deviations', () => {
    const slices = acquire(
      fine,
      new Float32Array(dot.length),
      { ...scan, noise: 50, stack: { grid: fine, thickness: 1 } },
      'a',
    )
    const all = slices.flatMap((slice) => [...slice])
    const mean = all.reduce((sum, value) => sum + value, 0) / all.length
    expect(mean).toBeGreaterThan(61.5)
    expect(mean).toBeLessThan(64)
  })
})

describe('random numbers', () => {
  it('repeat for a seed and differ between seeds and streams', () => {
    const draw = (...parts: (string | number)[]) => Array.from({ length: 4 }, createRandom(...parts).next)
    expect(draw(7, 'a')).toEqual(draw(7, 'a'))
    expect(draw(7, 'a')).not.toEqual(draw(8, 'a'))
    expect(draw(7, 'a')).not.toEqual(draw(7, 'b'))
  })

  it('are normal where noise is asked for', () => {
    const noise = new Float32Array(100_000)
    createNoise(createRandom(3))(noise)
    const mean = noise.reduce((sum, value) => sum + value, 0) / noise.length
    const variance = noise.reduce((sum, value) => sum + value * value, 0) / noise.length
    expect(Math.abs(mean)).toBeLessThan(0.03)
    expect(Math.abs(variance - 1)).toBeLessThan(0.05)
  })

  it('make waves whose distance is zero on the zero set and grows along the gradient', () => {
    const waves = createWaves(createRandom(5), 20, 12)
    let x = 0
    while (Math.sign(waves.at(x, 1, 2)) === Math.sign(waves.at(x + 0.05, 1, 2))) x += 0.05
    expect(Math.abs(waves.distance(x, 1, 2))).toBeLessThan(0.1)
  })
})

it('turns one way and back', () => {
  const rotation = rotationOf([10, -20, 30])
  const back = transposed(rotation)
  for (const row of [0, 1, 2]) {
    for (const col of [0, 1, 2]) {
      const sum = [0, 1, 2].reduce((total, n) => total + rotation[3 * row + n]! * back[3 * n + col]!, 0)
      expect(sum).toBeCloseTo(row === col ? 1 : 0, 12)
    }
  }
})

it.each([
  '1.2.840.10008.1.2',
  '1.2.840.10008.1.2.1',
  '1.2.840.10008.1.2.5',
  '1.2.840.10008.1.2.4.80',
  '1.2.840.10008.1.2.4.90',
  '1.2.840.10008.1.2.4.201',
])('encodes frames without loss in %s', async (transferSyntaxUid) => {
  const random = createRandom(9)
  const values = Uint16Array.from({ length: 96 * 70 }, (_, n) => (n % 5 === 0 ? random.bits() & 4095 : (n * 3) & 4095))
  const frame = await encodeFrame(values, 96, 12, transferSyntaxUid)
  const format = { rows: 70, columns: 96, bitsAllocated: 16, bitsStored: 12, highBit: 11, signed: false } as const
  expect([...(await decodeFrame(frame, transferSyntaxUid, format, '1.2.3'))]).toEqual([...values])
})

it('says which transfer syntax it cannot write', async () => {
  await expect(encodeFrame(new Uint16Array(4), 2, 12, '1.2.840.10008.1.2.4.57')).rejects.toThrowError(/4\.57/)
})

it('has no truth without a tumour', () => {
  const { data } = truthLabels(createHead('7', false), headGrid(4))
  expect(data.every((label) => label === 0)).toBe(true)
})

it.each(['1', '2', '3', '4'])('puts the tumour of seed %s inside the head and off the middle in all axes', (seed) => {
  const { centre } = createHead(seed, true).tumour!
  expect(Math.abs(centre[0])).toBeGreaterThan(25)
  const { grid, data } = truthLabels(createHead(seed, true), headGrid(3))
  const counts = [0, 0, 0, 0]
  for (const label of data) counts[label]!++
  for (const label of [1, 2, 3]) expect((counts[label]! * grid.spacing[0] ** 3) / 1000).toBeGreaterThan(2)
})

it('tells ages and times', () => {
  expect(ageAt('19680315', '20260314')).toBe('057Y')
  expect(ageAt('19680314', '20260314')).toBe('058Y')
  expect(ageAt('', '20260314')).toBe('')
  expect(laterTime('235959', 1.5)).toBe('000129')
})

describe('faults', () => {
  const draft = (n: number): Draft => ({
    key: 't1',
    sequence: 'T1',
    dataset: dataset({ PatientID: 'A', SOPInstanceUID: `1.2.${n}`, InstanceNumber: n }),
    frames: [],
  })

  it('empties the patient id everywhere and leaves the input alone', () => {
    const drafts = [draft(1), draft(2)]
    const made = withFaults(drafts, [{ kind: 'no-patient-id' }])
    expect(made.map(({ dataset: ds }) => text(ds, 'PatientID'))).toEqual(['', ''])
    expect(drafts.map(({ dataset: ds }) => text(ds, 'PatientID'))).toEqual(['A', 'A'])
  })

  it('refuses a fault in a sequence that is not there', () => {
    expect(() => withFaults([draft(1)], [{ kind: 'missing-slice', sequence: 'T2' }])).toThrowError(/no T2/)
  })
})
