// From series to volumes in patient space: geometry, rescale, completeness, and every refusal by its reason.
import { describe, expect, it } from 'vitest'
import { dataset, items, numbers, tagOf } from '../../src/dicom/dataset.ts'
import { readPart10, writePart10 } from '../../src/dicom/part10.ts'
import { planSeries, VolumeBuilder } from '../../src/dicom/series-volume.ts'
import { EXPLICIT_BIG_ENDIAN, RLE_LOSSLESS } from '../../src/dicom/transfer-syntax.ts'
import type { DicomJson, Series } from '../../src/domain/study.ts'
import { type Grid, toPatient, type Volume } from '../../src/domain/volume.ts'
import { failureOf, refusalOf as refusal } from '../support/failure-of.ts'
import { classicSeries, direction, enhancedSeries, OBLIQUE, picture, seriesOf, type TestSeries } from './support.ts'

async function fill({ series, files }: TestSeries): Promise<Volume<Float32Array>> {
  const builder = new VolumeBuilder(planSeries(series))
  for (const bytes of files) await builder.add(bytes)
  expect(builder.missing()).toEqual([])
  return builder.finish()
}

/** Compares a volume with what it was made from, in patient space. */
function expectVolume(
  volume: Volume<Float32Array>,
  grid: Grid,
  value: (i: number, j: number, k: number) => number,
): void {
  const [nx, ny, nz] = grid.size
  expect(volume.grid.size).toEqual(grid.size)
  for (const corner of [
    [0, 0, 0],
    [nx - 1, 0, 0],
    [0, ny - 1, 0],
    [0, 0, nz - 1],
  ] as const) {
    const [made, truth] = [toPatient(volume.grid, corner), toPatient(grid, corner)]
    for (const axis of [0, 1, 2]) expect(made[axis]).toBeCloseTo(truth[axis]!, 6)
  }
  const expected = new Float32Array(nx * ny * nz)
  for (let at = 0; at < expected.length; at++) {
    expected[at] = value(at % nx, Math.floor(at / nx) % ny, Math.floor(at / (nx * ny)))
  }
  expect(Buffer.from(volume.data.buffer).equals(Buffer.from(expected.buffer))).toBe(true)
}

const refusalOf = (series: Series) => refusal(() => planSeries(series))

describe('volumes', () => {
  it('of a classic oblique series lie where the slices lie, whatever the order of files', async () => {
    expectVolume(await fill(await classicSeries()), OBLIQUE, picture)
  })

  it('of an enhanced series are the same as of the classic one', async () => {
    expectVolume(await fill(await enhancedSeries()), OBLIQUE, picture)
    expectVolume(await fill(await enhancedSeries({ transferSyntaxUid: RLE_LOSSLESS })), OBLIQUE, picture)
  })

  it('have k along the normal when scanners number slices downwards', async () => {
    // The same slices, described from the other end: k still ascends along row x column.
    const { series, files } = await classicSeries({
      edit: (ds, k) => ({ ...ds, ...dataset({ InstanceNumber: 100 - k }) }),
    })
    expectVolume(await fill({ series, files, grid: OBLIQUE }), OBLIQUE, picture)
  })

  it.each([
    ['sagittal', direction(0, 90, 90)],
    ['coronal', direction(0, -90, 0)],
    ['upside down', direction(180, 180, 0)],
  ])('of %s slices have a right-handed orthonormal direction', async (_name, axes) => {
    const grid = { ...OBLIQUE, direction: axes }
    const volume = await fill(await classicSeries({ grid }))
    expectVolume(volume, grid, picture)
    const d = volume.grid.direction
    const determinant =
      d[0]! * (d[4]! * d[8]! - d[5]! * d[7]!) -
      d[1]! * (d[3]! * d[8]! - d[5]! * d[6]!) +
      d[2]! * (d[3]! * d[7]! - d[4]! * d[6]!)
    expect(determinant).toBeCloseTo(1, 9)
  })

  it('are rescaled per image, and per frame in enhanced ones', async () => {
    expectVolume(
      await fill(await classicSeries({ slope: 2.5, intercept: -10 })),
      OBLIQUE,
      (i, j, k) => picture(i, j, k) * 2.5 - 10,
    )
    const enhanced = await fill(await enhancedSeries({ slope: 2, intercept: 5 }))
    expectVolume(enhanced, OBLIQUE, (i, j, k) => picture(i, j, k) * (2 + k) + 5)
  })

  it('are signed, big endian, compressed alike', async () => {
    const value = (i: number, j: number, k: number) => 7 * i - 11 * j + 30 * k - 40
    for (const transferSyntaxUid of [
      EXPLICIT_BIG_ENDIAN,
      '1.2.840.10008.1.2.4.80',
      '1.2.840.10008.1.2.4.90',
      '1.2.840.10008.1.2.4.202',
    ]) {
      expectVolume(await fill(await classicSeries({ transferSyntaxUid, value, signed: true })), OBLIQUE, value)
    }
  })

  it('name the image behind each slice', async () => {
    const classic = await classicSeries()
    const plan = planSeries(classic.series)
    expect(plan.sliceThicknessMm).toBe(4)
    expect(plan.frames.every(({ frameNumber }) => frameNumber === undefined)).toBe(true)
    const enhanced = await enhancedSeries()
    const frames = planSeries(enhanced.series).frames
    const groups = items(enhanced.series.instances[0]!.metadata, 'PerFrameFunctionalGroupsSequence')
    for (const [k, { frameNumber }] of frames.entries()) {
      const [position] = items(groups[frameNumber! - 1]!, 'PlanePositionSequence')
      const truth = toPatient(OBLIQUE, [0, 0, k])
      for (const [axis, value] of numbers(position!, 'ImagePositionPatient').entries())
        expect(value).toBeCloseTo(truth[axis]!, 6)
    }
  })

  it('accept rounding in headers', async () => {
    const rough = (values: number[]) => values.map((value) => Number(value.toFixed(4)))
    const { series } = await classicSeries({
      edit: (ds) => ({
        ...ds,
        ...dataset({
          ImagePositionPatient: rough(numbers(ds, 'ImagePositionPatient')),
          ImageOrientationPatient: rough(numbers(ds, 'ImageOrientationPatient')),
        }),
      }),
    })
    expect(planSeries(series).grid.spacing[2]).toBeCloseTo(4.2, 3)
  })
})

describe('series that are no volume are refused', () => {
  const move = (ds: DicomJson, by: readonly number[]) => ({
    ...ds,
    ...dataset({ ImagePositionPatient: numbers(ds, 'ImagePositionPatient').map((value, axis) => value + by[axis]!) }),
  })
  const along = (axis: number, mm: number) => [0, 3, 6].map((row) => OBLIQUE.direction[row + axis]! * mm)
  const cases: [string, (ds: DicomJson, k: number) => DicomJson, RegExp][] = [
    [
      'tilt',
      (ds, k) => move(ds, along(1, 0.6 * k)),
      /not stacked along their normal \(gantry tilt or shear of 8\.1 degrees/,
    ],
    ['unequal spacing', (ds, k) => move(ds, along(2, k === 3 ? 0.9 : 0)), /unequal spacing between slice 3 and 4 of 7/],
    ['one duplicate', (ds, k) => (k === 4 ? move(ds, along(2, -4.2)) : ds), /same position \(duplicate slices\)/],
    ['mosaic', (ds) => ({ ...ds, ...dataset({ ImageType: ['ORIGINAL', 'PRIMARY', 'M', 'MOSAIC'] }) }), /mosaics/],
    [
      'another orientation',
      (ds, k) => (k === 2 ? { ...ds, ...dataset({ ImageOrientationPatient: [1, 0, 0, 0, 1, 0] }) } : ds),
      /different orientations/,
    ],
    [
      'skewed orientation',
      (ds) => ({ ...ds, ...dataset({ ImageOrientationPatient: [1, 0, 0, 0.1, 0.995, 0] }) }),
      /perpendicular unit vectors/,
    ],
    [
      'another spacing',
      (ds, k) => (k === 2 ? { ...ds, ...dataset({ PixelSpacing: [1, 1] }) } : ds),
      /different PixelSpacing/,
    ],
    ['another size', (ds, k) => (k === 2 ? { ...ds, ...dataset({ Rows: 22 }) } : ds), /different Rows or Columns/],
    [
      'another frame of reference',
      (ds, k) => (k === 2 ? { ...ds, ...dataset({ FrameOfReferenceUID: '1.2.3' }) } : ds),
      /different FrameOfReferenceUID/,
    ],
    [
      'two echoes',
      (ds, k) => ({ ...ds, ...dataset({ EchoTime: k % 2 === 0 ? 12 : 90 }) }),
      /several echoes \(EchoTime (12\.0, 90\.0|90\.0, 12\.0) ms\)/,
    ],
    [
      'two time points',
      (ds, k) => ({ ...ds, ...dataset({ TemporalPositionIdentifier: 1 + (k % 2) }) }),
      /several time points/,
    ],
    [
      'no position',
      (ds, k) => (k === 2 ? { ...ds, ...dataset({ ImagePositionPatient: '' }) } : ds),
      /ImagePositionPatient is missing or invalid/,
    ],
    [
      'no orientation',
      (ds) => ({ ...ds, ...dataset({ ImageOrientationPatient: '' }) }),
      /ImageOrientationPatient is missing or invalid/,
    ],
    ['no pixel spacing', (ds) => ({ ...ds, ...dataset({ PixelSpacing: '' }) }), /PixelSpacing is missing or invalid/],
    [
      'colour',
      (ds) => ({ ...ds, ...dataset({ PhotometricInterpretation: 'RGB', SamplesPerPixel: 3 }) }),
      /only MONOCHROME2/,
    ],
  ]
  it.each(cases)('for %s', async (_name, edit, reason) => {
    const { series } = await classicSeries()
    // Edited as metadata: some of these changes would not fit the pixels.
    const edited = {
      ...series,
      instances: series.instances.map((one) => ({ ...one, metadata: edit(one.metadata, sliceOf(one.metadata)) })),
    }
    const refusal = refusalOf(edited)
    expect(refusal.code).toBe('SERIES_UNSUPPORTED')
    expect(refusal.message).toMatch(reason)
    expect(refusal.message).toMatch(/^(series|instance) [0-9.]+: /)
    expect(refusal.message).not.toContain('P-0001')
  })

  const sliceOf = (ds: DicomJson) => Number(ds[tagOf('InstanceNumber')]!.Value![0]) - 1

  it('for a missing slice, saying where', async () => {
    const { files } = await classicSeries()
    const without = seriesOf(files.filter((bytes) => sliceOf(readPart10(bytes).dataset) !== 3))
    expect(refusalOf(without).message).toMatch(
      /a gap: about 1 missing between slice 3 and 4 of 6 \(.* mm along the normal, usual distance 4\.200 mm\)/,
    )
  })

  it('for fewer than three slices, and for none', async () => {
    const { files, series } = await classicSeries()
    expect(refusalOf(seriesOf(files.slice(0, 2))).message).toContain('it has 2 slices; a volume needs at least 3')
    expect(refusalOf({ ...series, instances: [] }).message).toContain('it has 0 slices')
  })

  it('for several volumes at the same positions, which pixels tell from slices that were sent twice', async () => {
    const one = await classicSeries({ seriesKey: 'one' })
    const again = (value?: (i: number, j: number, k: number) => number) =>
      classicSeries({ seriesKey: 'two', ...(value ? { value } : {}) })
    const together = (...all: TestSeries[]) => ({
      ...one.series,
      instances: all.flatMap(({ series }) => series.instances),
    })
    const other = await again((i, j, k) => picture(i, j, k) + (k === 5 && i === 7 && j === 3 ? 1 : 0))
    for (const order of [
      [one, other],
      [other, one],
    ]) {
      const builder = new VolumeBuilder(planSeries(together(one, other)))
      const adding = async () => {
        for (const { files } of order) for (const bytes of files) await builder.add(bytes)
      }
      const { code, message } = await failureOf(adding())
      expect([code, message.replace(/[0-9.]{20,}/g, 'UID')]).toEqual([
        'SERIES_UNSUPPORTED',
        'series UID: instances UID and UID have the same position and headers, but other pixels (several volumes in one series)',
      ])
    }
    const twice = together(one, await again())
    expect(planSeries(twice).doubles.size).toBe(7)
    const builder = new VolumeBuilder(planSeries(twice))
    for (const bytes of [...(await again()).files, ...one.files].slice(0, 13)) await builder.add(bytes)
    expect(builder.missing()).toHaveLength(1)
    await builder.add(one.files.at(-1)!)
    expectVolume(builder.finish(), OBLIQUE, picture)
    const four = [one, await again(), ...['three', 'four'].map((seriesKey) => classicSeries({ seriesKey }))]
    expect(refusalOf(together(...(await Promise.all(four)))).message).toContain(
      'it has 4 slices at each of 7 positions',
    )
  })

  it('but not for UIDs with leading zeros in a component', async () => {
    const uid = (end: number) => ({ vr: 'UI', Value: [`1.2.826.0.1.3680043.007.${end}`] })
    const { series, files } = await classicSeries({
      edit: (ds, k) => ({
        ...ds,
        '0020000D': uid(1),
        '0020000E': uid(2),
        '00200052': uid(3),
        '00080018': uid(10 + k),
      }),
    })
    expect(series.instances[0]!.sopInstanceUid).toMatch(/^1\.2\.826\.0\.1\.3680043\.007\.1\d$/)
    const builder = new VolumeBuilder(planSeries(series))
    for (const bytes of files) await builder.add(bytes)
    expectVolume(builder.finish(), OBLIQUE, picture)
  })

  it('but not for a scout or a projection that was filed under it', async () => {
    const { series, files } = await classicSeries()
    const odd = (n: number, change: DicomJson) => ({
      ...series.instances[n]!,
      sopInstanceUid: `1.2.3.${n}`,
      metadata: { ...series.instances[n]!.metadata, ...change },
    })
    const strays = [
      odd(1, dataset({ ImageOrientationPatient: [1, 0, 0, 0, 0, -1] })),
      odd(2, dataset({ ImageType: ['DERIVED', 'SECONDARY', 'MIP'] })),
    ]
    for (const stray of strays) {
      const plan = planSeries({ ...series, instances: [stray, ...series.instances] })
      expect(plan.strays.map(({ sopInstanceUid }) => sopInstanceUid)).toEqual([stray.sopInstanceUid])
      expect(plan.grid).toEqual(planSeries(series).grid)
      const builder = new VolumeBuilder(plan)
      for (const bytes of files) await builder.add(bytes)
      expectVolume(builder.finish(), OBLIQUE, picture)
    }
  })

  it('but the water images of a Dixon acquisition in one series are a volume', async () => {
    const parts = ['W', 'F', 'IP', 'OP'].map((part, n) =>
      classicSeries({
        seriesKey: part,
        value: (i, j, k) => picture(i, j, k) + 7 * n,
        edit: (ds) => ({ ...ds, ...dataset({ ImageType: ['DERIVED', 'PRIMARY', part, part] }) }),
      }),
    )
    const made = await Promise.all(parts)
    const plan = planSeries({ ...made[0]!.series, instances: made.flatMap(({ series }) => series.instances).reverse() })
    expect(new Set(plan.instances.map(({ sopInstanceUid }) => sopInstanceUid))).toEqual(
      new Set(made[0]!.series.instances.map(({ sopInstanceUid }) => sopInstanceUid)),
    )
    expect(plan.strays).toHaveLength(21)
  })

  it.each([
    [102.34, 102.36],
    [11.149, 11.151],
    [2.98, 2.99],
  ])('but not for one echo time written as %f and %f ms', async (a, b) => {
    const { series } = await classicSeries({ edit: (ds, k) => ({ ...ds, ...dataset({ EchoTime: k % 2 ? a : b }) }) })
    expect(planSeries(series).frames).toHaveLength(7)
  })

  it('for enhanced images with several stacks or without their functional groups', async () => {
    const { series } = await enhancedSeries()
    const change = (edit: (ds: DicomJson) => DicomJson): Series => ({
      ...series,
      instances: series.instances.map((one) => ({ ...one, metadata: edit(one.metadata) })),
    })
    const stacks = change((ds) => ({
      ...ds,
      ...dataset({
        PerFrameFunctionalGroupsSequence: items(ds, 'PerFrameFunctionalGroupsSequence').map((group, at) => ({
          ...group,
          ...dataset({ FrameContentSequence: [dataset({ StackID: at < 3 ? 'A' : 'B' })] }),
        })),
      }),
    }))
    expect(refusalOf(stacks).message).toContain('several stacks in one series')
    const none = change((ds) => ({ ...ds, ...dataset({ PerFrameFunctionalGroupsSequence: [] }) }))
    expect(refusalOf(none).message).toContain('it has 7 frames but no PerFrameFunctionalGroupsSequence')
    const shared = change((ds) => ({ ...ds, ...dataset({ SharedFunctionalGroupsSequence: [] }) }))
    expect(refusalOf(shared).message).toContain('PlaneOrientationSequence is missing for frame 1')
    const few = change((ds) => ({ ...ds, ...dataset({ NumberOfFrames: 8 }) }))
    expect(refusalOf(few).message).toContain('it has 8 frames but functional groups for 7')
  })
})

describe('the volume builder', () => {
  it('is not finished while instances miss, and passes over what it has', async () => {
    const { series, files } = await classicSeries()
    const builder = new VolumeBuilder(planSeries(series))
    for (const bytes of [files[0]!, files[1]!, files[0]!]) await builder.add(bytes)
    expect(builder.missing()).toHaveLength(5)
    expect(() => builder.finish()).toThrow(/lacks 5 of 7 instances, the first is 2\.25\./)
    for (const bytes of files) await builder.add(bytes)
    expect(builder.finish().data).toHaveLength(38 * 23 * 7)
  })

  it('refuses strangers, other geometry than planned, and damaged files, each by name', async () => {
    const { series, files } = await classicSeries()
    const builder = new VolumeBuilder(planSeries(series))
    const stranger = await classicSeries({ seriesKey: 'other' })
    expect((await failureOf(builder.add(stranger.files[0]!))).message).toContain('is not in the metadata of series')
    const file = readPart10(files[0]!)
    const moved = { ...file.dataset, ...dataset({ ImagePositionPatient: [1, 2, 3] }) }
    const failure = await failureOf(builder.add(writePart10({ dataset: moved, pixelData: file.frames() })))
    expect([failure.code, failure.message.endsWith('has another position or size than its metadata say')]).toEqual([
      'INSTANCE_INVALID',
      true,
    ])
    expect((await failureOf(builder.add(files[0]!.subarray(0, -9)))).code).toBe('INSTANCE_INVALID')
    expect(builder.missing()).toHaveLength(7)
  })

  it('refuses rescales that it cannot apply', async () => {
    const lut = await classicSeries({
      edit: (ds) => ({ ...ds, ...dataset({ ModalityLUTSequence: [dataset({ ModalityLUTType: 'US' })] }) }),
    })
    expect((await failureOf(fill(lut))).message).toContain('ModalityLUTSequence is not supported')
    const zero = await classicSeries({ slope: 0 })
    expect((await failureOf(fill(zero))).message).toContain('RescaleSlope or RescaleIntercept is invalid')
  })
})
