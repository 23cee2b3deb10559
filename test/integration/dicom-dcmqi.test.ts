// The segmentation read by dcmqi, compiled to WebAssembly: the same voxels in patient space, the same segments.
import { writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { items, text } from '../../src/dicom/dataset.ts'
import { buildLabelMap } from '../../src/dicom/label-map.ts'
import { readPart10 } from '../../src/dicom/part10.ts'
import { type Grid, toIndex, toPatient, type Vec3 } from '../../src/domain/volume.ts'
import { reportInput } from '../dicom/report-input.ts'
import { classicSeries, direction, enhancedSeries, OBLIQUE, type SeriesOptions } from '../dicom/support.ts'
import { readLabelMapWithDcmqi, readWithDcmqi } from '../support/dicom-validators.ts'
import { objectFolder } from '../support/object-folder.ts'

const { at, write } = objectFolder()

/** 209 pixels a frame. dcmqi misreads 31 x 17, which highdicom reads: docs/conformance/dicom-validators.md. */
const ODD: Grid = { ...OBLIQUE, size: [19, 11, 12] }
const SAGITTAL: Grid = { ...OBLIQUE, direction: direction(0, 90, 90) }
const on =
  (make: typeof classicSeries, grid: Grid): typeof classicSeries =>
  (options: SeriesOptions = {}) =>
    make({ ...options, grid })

it.each([
  ['oblique classic', classicSeries],
  ['oblique enhanced', enhancedSeries],
  ['sagittal', on(classicSeries, SAGITTAL)],
  ['odd', on(classicSeries, ODD)],
])('dcmqi reads the voxels and segments of a segmentation on an %s series', async (name, make) => {
  const { labels, segmentation } = await reportInput(make)
  const path = write(`${name.replace(' ', '-')}.dcm`, segmentation!.bytes)
  const { reading, values } = readWithDcmqi(path)
  expect(reading.componentType).toBe('int16')
  const found = new Uint8Array(labels.data.length)
  let worst = 0
  for (let n = 0; n < values.length; n++) {
    if (values[n] === 0) continue
    const at = Math.floor(n / reading.components)
    const [nx, ny] = reading.size
    const index = [at % nx, Math.floor(at / nx) % ny, Math.floor(at / (nx * ny))] as const
    const exact = toIndex(labels.grid, toPatient(reading, index))
    const [i, j, k] = exact.map(Math.round) as [number, number, number]
    worst = Math.max(worst, ...exact.map((value) => Math.abs(value - Math.round(value))))
    found[i + labels.grid.size[0] * (j + labels.grid.size[1] * k)] = values[n]!
  }
  expect(worst).toBeLessThan(0.01)
  expect(Buffer.from(found).equals(Buffer.from(labels.data))).toBe(true)
  const segments = items(readPart10(segmentation!.bytes).dataset, 'SegmentSequence')
  expect(reading.segments.map(({ trackingUid }) => trackingUid)).toEqual(
    segments.map((one) => text(one, 'TrackingUID')),
  )
  expect(reading.segments.map(({ type }) => type)).toEqual(['6574001', '79654002', 'C113842'])
})

it('dcmqi reads the voxels and segments of a label map, and its background as none of them', async () => {
  const { labels, ...input } = await reportInput(classicSeries)
  const path = at('label-map.dcm')
  const { bytes } = buildLabelMap({ ...input, segmentation: labels })
  writeFileSync(path, bytes)
  const { size, origin, steps, values, segments } = readLabelMapWithDcmqi(path)
  const found = new Uint8Array(labels.data.length)
  for (let n = 0; n < values.length; n++) {
    const at = [n % size[0], Math.floor(n / size[0]) % size[1], Math.floor(n / (size[0] * size[1]))]
    const point = origin.map((value, axis) => steps.reduce((sum, step, s) => sum + at[s]! * step[axis]!, value))
    const [i, j, k] = toIndex(labels.grid, point as unknown as Vec3).map(Math.round) as [number, number, number]
    found[i + labels.grid.size[0] * (j + labels.grid.size[1] * k)] = values[n]!
  }
  expect(Buffer.from(found).equals(Buffer.from(labels.data))).toBe(true)
  const described = items(readPart10(bytes).dataset, 'SegmentSequence').slice(1)
  expect(segments.map(({ labelID, TrackingUniqueIdentifier: uid }) => [labelID, uid])).toEqual(
    described.map((one, n) => [n + 1, text(one, 'TrackingUID')]),
  )
})
