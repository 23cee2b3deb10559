import { expect, it } from 'vitest'
import { items, text } from '../../src/dicom/dataset.ts'
import { readPart10 } from '../../src/dicom/part10.ts'
import { type Grid, toIndex, type Vec3 } from '../../src/domain/volume.ts'
import { inputOf } from '../dicom/report-input.ts'
import { classicSeries, direction, enhancedSeries, OBLIQUE } from '../dicom/support.ts'
import { CORNERSTONE_PADDING, readWithCornerstone } from '../support/dicom-validators.ts'
import { objectFolder } from '../support/object-folder.ts'

const { write } = objectFolder()

/** 120 and 126 bytes a frame: Cornerstone refuses what ends on an odd byte, see below. */
const EVEN: Grid = { ...OBLIQUE, size: [40, 24, 7] }
const NARROW: Grid = { ...OBLIQUE, size: [48, 21, 9] }
const SAGITTAL: Grid = { ...EVEN, direction: direction(0, 90, 90) }

async function segmented(name: string, make: typeof classicSeries, grid: Grid) {
  const reference = await make({ seriesKey: 'reference', grid })
  const { labels, segmentation } = inputOf(reference, await make({ seriesKey: 'other', grid }))
  const pathOf = (file: string, bytes: Uint8Array) => write(`${name.replace(' ', '-')}-${file}.dcm`, bytes)
  const images = reference.files.map((bytes, at) => pathOf(String(at), bytes))
  return { labels, bytes: segmentation!.bytes, path: pathOf('seg', segmentation!.bytes), images }
}

it.each([
  ['oblique classic', classicSeries, EVEN],
  ['oblique enhanced', enhancedSeries, EVEN],
  ['sagittal', classicSeries, SAGITTAL],
  ['narrow', classicSeries, NARROW],
])('Cornerstone reads the voxels and segments of a segmentation on an %s series', async (name, make, grid) => {
  const { labels, bytes, path, images } = await segmented(name, make, grid)
  const { reading, values } = readWithCornerstone(path, images)
  expect(reading.layers).toBe(1)
  const [columns, rows] = reading.planes[0]!.size
  const found = new Uint8Array(labels.data.length)
  let worst = 0
  for (let n = 0; n < values.length; n++) {
    if (values[n] === 0) continue
    const { position, row, column, spacing } = reading.planes[Math.floor(n / (rows * columns))]!
    const [x, y] = [(n % columns) * spacing[1], (Math.floor(n / columns) % rows) * spacing[0]]
    const at = position.map((start, axis) => start + x * row[axis]! + y * column[axis]!) as unknown as Vec3
    const exact = toIndex(labels.grid, at)
    const [i, j, k] = exact.map(Math.round) as [number, number, number]
    worst = Math.max(worst, ...exact.map((value) => Math.abs(value - Math.round(value))))
    found[i + labels.grid.size[0] * (j + labels.grid.size[1] * k)] = values[n]!
  }
  expect(worst).toBeLessThan(0.01)
  expect(Buffer.from(found).equals(Buffer.from(labels.data))).toBe(true)
  const segments = items(readPart10(bytes).dataset, 'SegmentSequence')
  expect(reading.segments.map(({ trackingUid }) => trackingUid)).toEqual(
    segments.map((one) => text(one, 'TrackingUID')),
  )
  expect(reading.segments.map(({ type }) => type)).toEqual(['6574001', '79654002', 'C113842'])
})

it('Cornerstone takes the byte that DICOM pads odd values with (PS3.5 8.1.1) for a wrong length', async () => {
  const { path, images } = await segmented('padded', classicSeries, OBLIQUE)
  expect(() => readWithCornerstone(path, images)).toThrow(CORNERSTONE_PADDING)
})
