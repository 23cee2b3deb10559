// BraTS cases as DICOM: every voxel where the NIfTI affine puts it, checked on an asymmetric image in an odd orientation.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type NiftiStudy, readNifti, writeNiftiStudy } from '../../bench/nifti-study.ts'
import { unpackScannerStudy } from '../../bench/scanner-study.ts'
import { text } from '../../src/dicom/dataset.ts'
import { readPart10 } from '../../src/dicom/part10.ts'
import { planSeries, VolumeBuilder } from '../../src/dicom/series-volume.ts'
import { toIndex, toPatient } from '../../src/domain/volume.ts'

const SIZE = [7, 5, 4] as const
/** RAS, left-handed: x flipped, y and z turned into each other a little, anisotropic. */
const AFFINE = [
  [-1.5, 0, 0, 30],
  [0, 1.2 * Math.cos(0.3), -2 * Math.sin(0.3), -11],
  [0, 1.2 * Math.sin(0.3), 2 * Math.cos(0.3), 4],
] as const
const OTHER_HAND = AFFINE.map(([a, ...rest]) => [-a, ...rest])

/** A NIfTI-1 file of 16-bit values i + 10 j + 100 k, times factor. */
function nifti(affine: readonly (readonly number[])[], factor: number): Buffer {
  const header = Buffer.alloc(352)
  header.writeInt32LE(348, 0)
  for (const [n, value] of [3, ...SIZE, 1, 1, 1, 1].entries()) header.writeInt16LE(value, 40 + 2 * n)
  header.writeInt16LE(4, 70)
  header.writeInt16LE(16, 72)
  header.writeFloatLE(1, 76)
  for (const n of [1, 2, 3]) header.writeFloatLE(1, 76 + 4 * n)
  header.writeFloatLE(352, 108)
  header.writeFloatLE(1, 112)
  header.writeInt16LE(1, 254)
  for (const [row, values] of affine.entries())
    for (const [n, value] of values.entries()) header.writeFloatLE(value, 280 + 16 * row + 4 * n)
  header.write('n+1\0', 344, 'latin1')
  const data = Buffer.alloc(2 * SIZE[0] * SIZE[1] * SIZE[2])
  let at = 0
  for (let k = 0; k < SIZE[2]; k++) {
    for (let j = 0; j < SIZE[1]; j++)
      for (let i = 0; i < SIZE[0]; i++, at += 2) data.writeInt16LE((i + 10 * j + 100 * k) * factor, at)
  }
  return Buffer.concat([header, data])
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nifti-study-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function writeCase(name: string, affine: readonly (readonly number[])[]): Promise<NiftiStudy> {
  const caseDir = join(folder, name)
  await mkdir(caseDir)
  for (const [n, ending] of ['t1', 't1ce', 't2', 'flair', 'seg'].entries()) {
    await writeFile(join(caseDir, `${name}_${ending}.nii.gz`), gzipSync(nifti(affine, n + 1)))
  }
  return writeNiftiStudy({ caseDir, outDir: join(folder, `${name}-dicom`), patient: { patientSex: 'M' } })
}

describe.each([
  ['left-handed', AFFINE],
  ['right-handed', OTHER_HAND],
])('a %s image', (name, affine) => {
  let study: NiftiStudy
  beforeAll(async () => {
    study = await writeCase(`Case_${name}`, affine)
  })

  it('is four series whose voxels lie where the affine says', async () => {
    const files = await Promise.all(study.files.map((file) => readFile(file)))
    const parts = files.map((bytes) => ({ bytes, metadata: readPart10(bytes).dataset }))
    const bySeries = Map.groupBy(parts, ({ metadata }) => text(metadata, 'SeriesInstanceUID'))
    expect(bySeries.size).toBe(4)
    expect(new Set(parts.map(({ metadata }) => text(metadata, 'FrameOfReferenceUID'))).size).toBe(1)
    expect(text(parts[0]!.metadata, 'PatientID')).toBe(`Case_${name}`)
    const factors = new Map([
      ['T1 axial', 1],
      ['T1 axial post gadolinium', 2],
      ['T2 axial', 3],
      ['FLAIR axial', 4],
    ])
    for (const [seriesInstanceUid, members] of bySeries) {
      const instances = members.map(({ metadata }) => ({
        sopInstanceUid: text(metadata, 'SOPInstanceUID'),
        sopClassUid: text(metadata, 'SOPClassUID'),
        metadata,
      }))
      const builder = new VolumeBuilder(planSeries({ seriesInstanceUid, modality: 'MR', instances }))
      for (const { bytes } of members) await builder.add(bytes)
      const volume = builder.finish()
      const factor = factors.get(text(members[0]!.metadata, 'SeriesDescription'))!
      for (const [i, j, k] of [
        [0, 0, 0],
        [6, 0, 0],
        [0, 4, 0],
        [0, 0, 3],
        [5, 2, 1],
      ] as const) {
        const ras = affine.map((row) => row[0]! * i + row[1]! * j + row[2]! * k + row[3]!)
        const [a, b, c] = toIndex(volume.grid, [-ras[0]!, -ras[1]!, ras[2]!])
        for (const value of [a, b, c]) expect(Math.abs(value - Math.round(value))).toBeLessThan(1e-3)
        const at = Math.round(a) + SIZE[0] * (Math.round(b) + SIZE[1] * Math.round(c))
        expect(volume.data[at]).toBe((i + 10 * j + 100 * k) * factor)
      }
      const corner = toPatient(volume.grid, [1, 2, 3])
      for (const [axis, value] of toPatient(study.grid, [1, 2, 3]).entries())
        expect(value).toBeCloseTo(corner[axis]!, 3)
    }
  })

  it('has its labels on the grid of the series, BraTS 4 turned to 3', () => {
    expect(study.truth!.grid).toEqual(study.grid)
    expect(study.truth!.data).toHaveLength(SIZE[0] * SIZE[1] * SIZE[2])
  })
})

it('refuses an image that is cut, and a case without a sequence', async () => {
  const cut = join(folder, 'cut.nii')
  await writeFile(cut, nifti(AFFINE, 1).subarray(0, 400))
  await expect(readNifti(cut)).rejects.toThrowError()
  const empty = join(folder, 'Empty')
  await mkdir(empty)
  await expect(writeNiftiStudy({ caseDir: empty, outDir: join(folder, 'out') })).rejects.toThrowError(
    /0 files that end in _t1/,
  )
})

it('says what it needs where the scanner series is not given', async () => {
  await expect(
    unpackScannerStudy({ outDir: join(folder, 'scanner'), source: join(folder, 'nothing') }),
  ).rejects.toThrowError(/ENOENT/)
})
