// Our DICOM objects and volumes before independent judges: dciodvfy and dcentvfy (dicom3tools), highdicom, pydicom.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { buildEncapsulatedPdf } from '../../src/dicom/encapsulated-pdf.ts'
import { buildSegmentation } from '../../src/dicom/segmentation.ts'
import { planSeries, VolumeBuilder } from '../../src/dicom/series-volume.ts'
import type { Series } from '../../src/domain/study.ts'
import { type Grid, type LabelVolume, toIndex, toPatient, type Vec3 } from '../../src/domain/volume.ts'
import {
  classicSeries,
  direction,
  enhancedSeries,
  labelsOn,
  OBLIQUE,
  resultFor,
  seriesOf,
  type TestSeries,
} from '../dicom/support.ts'
import { NEWER_THAN_THE_VALIDATOR, oracle, python, readWithHighdicom, validate } from '../support/dicom-validators.ts'
import { objectFolder } from '../support/object-folder.ts'

const { folder, write } = objectFolder()

/** Compares by patient position: every labelled voxel of either side must be the same in the other. */
function expectSameLabels({ reading, labels }: ReturnType<typeof readWithHighdicom>, ours: LabelVolume): void {
  const [slices, rows, columns] = reading.shape
  const found = new Uint8Array(ours.data.length)
  const [nx, ny] = ours.grid.size
  let worst = 0
  for (let at = 0; at < labels.length; at++) {
    if (labels[at] === 0) continue
    const index = [Math.floor(at / (rows * columns)), Math.floor(at / columns) % rows, at % columns]
    const point = reading.affine
      .slice(0, 3)
      .map((row) => row[0]! * index[0]! + row[1]! * index[1]! + row[2]! * index[2]! + row[3]!)
    const exact = toIndex(ours.grid, point as unknown as Vec3)
    const near = exact.map(Math.round) as [number, number, number]
    worst = Math.max(worst, ...exact.map((value, axis) => Math.abs(value - near[axis]!)))
    found[near[0] + nx * (near[1] + ny * near[2])] = labels[at]!
  }
  expect(slices).toBeGreaterThan(0)
  expect(worst).toBeLessThan(0.01)
  expect(Buffer.from(found).equals(Buffer.from(ours.data))).toBe(true)
}

function objectsFor(reference: Series, other: Series, labels: LabelVolume) {
  const result = resultFor([reference, other], labels)
  const pdf = new TextEncoder().encode('%PDF-1.4\n%%EOF')
  return {
    segmentation: buildSegmentation({
      result,
      segmentation: labels,
      referenceSeries: reference,
      sourceFrames: planSeries(reference).frames,
      otherSources: [other],
    }),
    pdf: buildEncapsulatedPdf({
      result,
      pdf,
      referenceInstance: reference.instances[0]!.metadata,
      sources: [reference, other],
    }),
  }
}

const SAGITTAL: Grid = { ...OBLIQUE, direction: direction(0, 90, 90) }
/** The fewest slices that make a volume, and more than any scanner gives; 31 x 17 and 19 x 11 are no whole bytes. */
const FEWEST: Grid = { ...OBLIQUE, size: [31, 17, 3] }
const MANY: Grid = { ...OBLIQUE, size: [19, 11, 600], spacing: [0.9, 1.3, 0.3] }
const made: [string, () => Promise<[TestSeries, TestSeries]>][] = [
  ['oblique classic', async () => [await classicSeries({ seriesKey: 'a' }), await classicSeries({ seriesKey: 'b' })]],
  [
    'oblique enhanced',
    async () => [await enhancedSeries({ seriesKey: 'a' }), await enhancedSeries({ seriesKey: 'b' })],
  ],
  [
    'sagittal classic',
    async () => [
      await classicSeries({ seriesKey: 'a', grid: SAGITTAL }),
      await classicSeries({ seriesKey: 'b', grid: SAGITTAL }),
    ],
  ],
  ...[FEWEST, MANY].map((grid): (typeof made)[number] => [
    `${grid.size[2]}-slice classic`,
    async () => [await classicSeries({ seriesKey: 'a', grid }), await classicSeries({ seriesKey: 'b', grid })],
  ]),
  [
    '600-frame enhanced',
    async () => [
      await enhancedSeries({ seriesKey: 'a', grid: MANY }),
      await enhancedSeries({ seriesKey: 'b', grid: MANY }),
    ],
  ],
]

describe.each(made)('results on an %s series', (name, make) => {
  it('are valid objects, consistent with their sources, and the same voxels to highdicom', async () => {
    const [reference, other] = await make()
    const labels = labelsOn(planSeries(reference.series).grid)
    const { segmentation, pdf } = objectsFor(reference.series, other.series, labels)
    const key = name.replace(' ', '-')
    const seg = write(`${key}-seg.dcm`, segmentation.bytes)
    const document = write(`${key}-pdf.dcm`, pdf.bytes)
    for (const path of [seg, document]) {
      const { status, errors, warnings } = validate('dciodvfy', [path])
      expect({ errors, status }).toEqual({ errors: [], status: 0 })
      expect(warnings.filter((line) => !NEWER_THAN_THE_VALIDATOR.includes(line))).toEqual([])
    }
    const sources = [...reference.files, ...other.files].map((bytes, at) => write(`${key}-${at}.dcm`, bytes))
    expect(validate('dcentvfy', [...sources, seg, document])).toEqual({ status: 0, errors: [], warnings: [] })
    const read = readWithHighdicom(seg)
    expectSameLabels(read, labels)
    expect(read.reading.patientName).toBe('Żółć^Łucja=山田^花子')
    expect(read.reading.segments.map(({ scheme, type }) => `${scheme} ${type}`)).toEqual([
      'SCT 6574001',
      'SCT 79654002',
      'NCIt C113842',
    ])
  })
})

it('dcentvfy notices a segmentation of another patient: the check above can fail', async () => {
  const reference = await classicSeries({ seriesKey: 'a' })
  const stranger = structuredClone(reference.series)
  for (const { metadata } of stranger.instances) metadata['00100020'] = { vr: 'LO', Value: ['P-0002'] }
  const { segmentation } = objectsFor(stranger, reference.series, labelsOn(planSeries(stranger).grid))
  const paths = [
    write('stranger.dcm', segmentation.bytes),
    ...reference.files.map((bytes, at) => write(`stranger-${at}.dcm`, bytes)),
  ]
  expect(validate('dcentvfy', paths).errors.length).toBeGreaterThan(0)
})

interface Reading {
  error?: string
  size: number[]
  spacing: number[]
  origin: number[]
  row: number[]
  column: number[]
  step: number[]
}

/** Reads folders of DICOM files with pydicom: geometry, and the values as 32-bit floats. */
function readWithPydicom(folders: string[]): { reading: Reading; values: () => Float32Array }[] {
  const out = mkdtempSync(join(folder, 'volumes-'))
  const lines = execFileSync(python(), ['-W', 'ignore', oracle('read_series.py'), out, ...folders], {
    encoding: 'utf8',
  }).trim()
  return lines.split('\n').map((line, at) => ({
    reading: JSON.parse(line) as Reading,
    values: () => {
      const bytes = readFileSync(join(out, `${at}.f32`))
      return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
    },
  }))
}

async function expectSameVolume(
  files: Uint8Array[],
  { reading, values }: ReturnType<typeof readWithPydicom>[number],
): Promise<Series> {
  const series = seriesOf(files)
  const builder = new VolumeBuilder(planSeries(series))
  for (const bytes of files) await builder.add(bytes)
  const { grid, data } = builder.finish()
  expect(grid.size).toEqual(reading.size)
  const corner = toPatient(grid, [1, 1, 1])
  for (const axis of [0, 1, 2]) {
    const step =
      reading.row[axis]! * reading.spacing[0]! + reading.column[axis]! * reading.spacing[1]! + reading.step[axis]!
    expect(Math.abs(corner[axis]! - reading.origin[axis]! - step)).toBeLessThan(1e-3)
  }
  const expected = values()
  expect(Buffer.from(data.buffer).equals(Buffer.from(expected.buffer))).toBe(true)
  return series
}

describe('volumes that pydicom reads too', () => {
  const SYNTAXES = [
    '1.2.840.10008.1.2',
    '1.2.840.10008.1.2.2',
    '1.2.840.10008.1.2.5',
    '1.2.840.10008.1.2.4.80',
    '1.2.840.10008.1.2.4.90',
    '1.2.840.10008.1.2.4.201',
  ]
  it.each(SYNTAXES)('are the same from our files in transfer syntax %s', async (transferSyntaxUid) => {
    const value = (i: number, j: number, k: number) => 7 * i - 11 * j + 30 * k - 40
    const series = [
      await classicSeries({ transferSyntaxUid, value, signed: true, slope: 0.5, intercept: 3 }),
      await enhancedSeries({ transferSyntaxUid, slope: 2, intercept: -1 }),
    ]
    const folders = series.map(({ files }, at) => {
      const path = join(folder, `${transferSyntaxUid}-${at}`)
      mkdirSync(path)
      for (const [n, bytes] of files.entries()) writeFileSync(join(path, `${n}.dcm`), bytes)
      return path
    })
    for (const [at, read] of readWithPydicom(folders).entries()) {
      expect(read.reading.error).toBeUndefined()
      await expectSameVolume(series[at]!.files, read)
    }
  })
})

const data = process.env.GLIABRIDGE_DATA
const archives = data === undefined ? [] : readdirSync(join(data, 'dicom')).filter((name) => name.endsWith('.tar.xz'))

/** Real series that are no single regular grey-scale volume, by folder, with the reason we must give. */
const REFUSED: [RegExp, RegExp][] = [
  [/single_slice/, /it has 1 slices/],
  [/rgb/, /only MONOCHROME2/],
  // Magnitude and phase under one series UID.
  [/philips\/anatomical\/002/, /2 slices at each of 4 positions/],
]

describe.skipIf(archives.length === 0)(
  'real series (GLIABRIDGE_DATA names a folder with dicom/*.tar.xz; skipped where it is not set)',
  () => {
    let folders: string[]
    beforeAll(() => {
      const root = join(folder, 'real')
      mkdirSync(root)
      for (const name of archives) execFileSync('tar', ['-xf', join(data!, 'dicom', name), '-C', root])
      folders = readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !/\.datalad|pydicom_enhanced|transfer_syntaxes/.test(entry.parentPath))
        .filter((entry) => !/README|LICENSE|\.md$/.test(entry.name) && !entry.name.startsWith('.'))
        .map((entry) => entry.parentPath)
        .filter((path, at, all) => all.indexOf(path) === at)
    })
    const filesOf = (path: string) => readdirSync(path).map((name) => new Uint8Array(readFileSync(join(path, name))))

    it('are the same volumes to pydicom, or refused with their reason', async () => {
      expect(folders.length).toBeGreaterThan(15)
      const readings = readWithPydicom(folders)
      for (const [at, path] of folders.entries()) {
        const refusal = REFUSED.find(([pattern]) => pattern.test(path))
        if (refusal !== undefined) expect(() => planSeries(seriesOf(filesOf(path))), path).toThrow(refusal[1])
        else await expectSameVolume(filesOf(path), readings[at]!)
      }
    })

    it('carry a segmentation on a real oblique scan', async () => {
      const path = folders.find((one) => basename(one) === 'dicoms')
      expect(path !== undefined && existsSync(path)).toBe(true)
      const series = seriesOf(filesOf(path!))
      const { grid } = planSeries(series)
      const labels = { grid, data: new Uint8Array(grid.size[0] * grid.size[1] * grid.size[2]) }
      // An asymmetric block in one corner of the head.
      for (let k = 100; k < 130; k++) {
        for (let j = 90; j < 121; j++) {
          for (let i = 60; i < 97; i++) {
            labels.data[i + grid.size[0] * (j + grid.size[1] * k)] = 1 + (i > 80 ? 1 : 0) + (j + k > 230 ? 1 : 0)
          }
        }
      }
      const other = await classicSeries()
      const { segmentation } = objectsFor(series, other.series, labels)
      const seg = write('real-seg.dcm', segmentation.bytes)
      expect(validate('dciodvfy', [seg]).errors).toEqual([])
      expectSameLabels(readWithHighdicom(seg), labels)
    })
  },
)
