// Synthetic series for the tests of DICOM code: asymmetric pictures on oblique grids, as classic and as enhanced MR.
import { createRequire } from 'node:module'
import { dataset, text } from '../../src/dicom/dataset.ts'
import { readPart10, writePart10 } from '../../src/dicom/part10.ts'
import { encodeRle } from '../../src/dicom/rle.ts'
import { encodingOf, RLE_LOSSLESS } from '../../src/dicom/transfer-syntax.ts'
import { deterministicUid } from '../../src/dicom/uid.ts'
import type { AnalysisResult } from '../../src/domain/finding.ts'
import type { DicomJson, Series } from '../../src/domain/study.ts'
import { type Grid, toPatient, type Vec3 } from '../../src/domain/volume.ts'

export const CLASSIC_MR = '1.2.840.10008.5.1.4.1.1.4'
export const ENHANCED_MR = '1.2.840.10008.5.1.4.1.1.4.1'
export const STUDY_UID = deterministicUid('test', 'study')
export const FRAME_OF_REFERENCE = deterministicUid('test', 'frame of reference')

/** Rotation about z, then x, then y: no axis stays aligned. Degrees. */
export function direction(z: number, x: number, y: number): number[] {
  const [cz, sz, cx, sx, cy, sy] = [z, x, y].flatMap((angle) => {
    const radians = (angle * Math.PI) / 180
    return [Math.cos(radians), Math.sin(radians)]
  }) as [number, number, number, number, number, number]
  const rz = [cz, -sz, 0, sz, cz, 0, 0, 0, 1]
  const rx = [1, 0, 0, 0, cx, -sx, 0, sx, cx]
  const ry = [cy, 0, sy, 0, 1, 0, -sy, 0, cy]
  return multiply(ry, multiply(rx, rz))
}

function multiply(a: number[], b: number[]): number[] {
  return Array.from({ length: 9 }, (_, at) => {
    const [row, column] = [Math.floor(at / 3), at % 3]
    return a[3 * row]! * b[column]! + a[3 * row + 1]! * b[3 + column]! + a[3 * row + 2]! * b[6 + column]!
  })
}

/** An odd frame size (38 x 23 = 874 pixels, not a multiple of 8) on an oblique grid. */
export const OBLIQUE: Grid = {
  size: [38, 23, 7],
  spacing: [0.9, 1.3, 4.2],
  origin: [-31.25, 12.5, -40.125],
  direction: direction(17, -23, 11),
}

/** Differs along every axis and in every mirror image. */
export function picture(i: number, j: number, k: number): number {
  return 3 * i + 101 * j + 997 * k + (i > 20 && j < 9 ? 400 : 0)
}

export interface SeriesOptions {
  grid?: Grid
  seriesKey?: string
  transferSyntaxUid?: string
  bitsAllocated?: 8 | 16
  bitsStored?: number
  signed?: boolean
  slope?: number
  intercept?: number
  /** Stored value of a voxel. */
  value?: (i: number, j: number, k: number) => number
  /** Changes the data set of slice k before it is written. */
  edit?: (ds: DicomJson, k: number) => DicomJson
}

export interface TestSeries {
  series: Series
  files: Uint8Array[]
  grid: Grid
}

/** Stored samples of one slice, little endian. */
function sliceBytes(options: SeriesOptions, grid: Grid, k: number): Uint8Array {
  const [columns, rows] = grid.size
  const value = options.value ?? picture
  const wide = (options.bitsAllocated ?? 16) === 16
  const bytes = new Uint8Array(columns * rows * (wide ? 2 : 1))
  const view = new DataView(bytes.buffer)
  const mask = 2 ** (options.bitsStored ?? (wide ? 16 : 8)) - 1
  for (let j = 0; j < rows; j++) {
    for (let i = 0; i < columns; i++) {
      const stored = value(i, j, k) & mask
      if (wide) view.setUint16(2 * (i + columns * j), stored, true)
      else bytes[i + columns * j] = stored
    }
  }
  return bytes
}

/** One frame in the transfer syntax; RLE by our own encoder, the JPEG family by the codecs. */
export async function encodeFrame(bytes: Uint8Array, options: SeriesOptions, grid: Grid): Promise<Uint8Array> {
  const transferSyntaxUid = options.transferSyntaxUid ?? ''
  const bitsAllocated = options.bitsAllocated ?? 16
  if (transferSyntaxUid === RLE_LOSSLESS) return encodeRle(bytes, grid.size[0], bitsAllocated / 8)
  const [name, encoder] = ENCODERS[transferSyntaxUid]!
  const module = (await require(name)({ print: () => undefined })) as Record<string, new () => WasmEncoder>
  const made = new module[encoder]!()
  const info = { width: grid.size[0], height: grid.size[1], bitsPerSample: bitsAllocated, componentCount: 1 }
  made.getDecodedBuffer({ ...info, isSigned: options.signed ?? false, isUsingColorTransform: false }).set(bytes)
  made.setDecompositions?.(2)
  if (encoder === 'HTJ2KEncoder') made.setQuality?.(true, 0)
  made.encode()
  const codestream = Uint8Array.from(made.getEncodedBuffer())
  made.delete()
  return codestream
}

const require = createRequire(import.meta.url)

interface WasmEncoder {
  getDecodedBuffer(info: object): Uint8Array
  setDecompositions?(levels: number): void
  setQuality?(reversible: boolean, step: number): void
  encode(): void
  getEncodedBuffer(): Uint8Array
  delete(): void
}

const ENCODERS: Record<string, [string, string]> = {
  '1.2.840.10008.1.2.4.80': ['@cornerstonejs/codec-charls/wasmjs', 'JpegLSEncoder'],
  '1.2.840.10008.1.2.4.90': ['@cornerstonejs/codec-openjpeg/wasmjs', 'J2KEncoder'],
  '1.2.840.10008.1.2.4.201': ['@cornerstonejs/codec-openjph', 'HTJ2KEncoder'],
  '1.2.840.10008.1.2.4.202': ['@cornerstonejs/codec-openjph', 'HTJ2KEncoder'],
}

function imageAttributes(options: SeriesOptions, grid: Grid): DicomJson {
  const bitsAllocated = options.bitsAllocated ?? 16
  const bitsStored = options.bitsStored ?? bitsAllocated
  return dataset({
    PatientName: 'Żółć^Łucja=山田^花子',
    PatientID: 'P-0001',
    PatientBirthDate: '19600229',
    PatientSex: 'F',
    StudyInstanceUID: STUDY_UID,
    StudyDate: '20250314',
    StudyTime: '081500',
    StudyID: '42',
    AccessionNumber: 'A-77',
    ReferringPhysicianName: '',
    Modality: 'MR',
    SeriesInstanceUID: deterministicUid('test', 'series', options.seriesKey ?? 'one'),
    SeriesNumber: 3,
    FrameOfReferenceUID: FRAME_OF_REFERENCE,
    PositionReferenceIndicator: '',
    Manufacturer: 'Test',
    ImageType: ['ORIGINAL', 'PRIMARY', 'M', 'NORM'],
    Rows: grid.size[1],
    Columns: grid.size[0],
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    BitsAllocated: bitsAllocated,
    BitsStored: bitsStored,
    HighBit: bitsStored - 1,
    PixelRepresentation: options.signed ? 1 : 0,
  })
}

function orientation(grid: Grid): number[] {
  const d = grid.direction
  return [d[0]!, d[3]!, d[6]!, d[1]!, d[4]!, d[7]!]
}

/** One file per slice, in shuffled order: nothing may depend on the order of files. */
export async function classicSeries(options: SeriesOptions = {}): Promise<TestSeries> {
  const grid = options.grid ?? OBLIQUE
  const slices = Array.from({ length: grid.size[2] }, (_, k) => k)
  const files: Uint8Array[] = []
  for (const k of shuffled(slices)) {
    const made: DicomJson = {
      ...imageAttributes(options, grid),
      ...dataset({
        SOPClassUID: CLASSIC_MR,
        SOPInstanceUID: deterministicUid('test', options.seriesKey ?? 'one', String(k)),
        InstanceNumber: k + 1,
        ScanningSequence: 'SE',
        SequenceVariant: 'NONE',
        ScanOptions: '',
        MRAcquisitionType: '2D',
        EchoTrainLength: 1,
        EchoTime: 90,
        RepetitionTime: 4000,
        SliceThickness: 4,
        PixelSpacing: [grid.spacing[1], grid.spacing[0]],
        ImagePositionPatient: [...toPatient(grid, [0, 0, k])],
        ImageOrientationPatient: orientation(grid),
        RescaleSlope: options.slope,
        RescaleIntercept: options.intercept,
      }),
    }
    files.push(await writeImage(options.edit?.(made, k) ?? made, [sliceBytes(options, grid, k)], options, grid))
  }
  return { series: seriesOf(files), files, grid }
}

/** All slices in one file, frames in shuffled order; rescale differs per frame when `slope` is given. */
export async function enhancedSeries(options: SeriesOptions = {}): Promise<TestSeries> {
  const grid = options.grid ?? OBLIQUE
  const order = shuffled(Array.from({ length: grid.size[2] }, (_, k) => k))
  const made: DicomJson = {
    ...imageAttributes(options, grid),
    ...dataset({
      SOPClassUID: ENHANCED_MR,
      SOPInstanceUID: deterministicUid('test', options.seriesKey ?? 'one', 'enhanced'),
      InstanceNumber: 1,
      NumberOfFrames: order.length,
      SharedFunctionalGroupsSequence: [
        dataset({
          PlaneOrientationSequence: [dataset({ ImageOrientationPatient: orientation(grid) })],
          PixelMeasuresSequence: [dataset({ SliceThickness: 4, PixelSpacing: [grid.spacing[1], grid.spacing[0]] })],
        }),
      ],
      PerFrameFunctionalGroupsSequence: order.map((k) =>
        dataset({
          FrameContentSequence: [dataset({ StackID: '1', InStackPositionNumber: k + 1, TemporalPositionIndex: 1 })],
          PlanePositionSequence: [dataset({ ImagePositionPatient: [...toPatient(grid, [0, 0, k])] })],
          ...(options.slope === undefined
            ? {}
            : {
                PixelValueTransformationSequence: [
                  dataset({
                    RescaleSlope: options.slope + k,
                    RescaleIntercept: options.intercept ?? 0,
                    RescaleType: 'US',
                  }),
                ],
              }),
        }),
      ),
    }),
  }
  const frames = order.map((k) => sliceBytes(options, grid, k))
  const files = [await writeImage(options.edit?.(made, 0) ?? made, frames, options, grid)]
  return { series: seriesOf(files), files, grid }
}

async function writeImage(
  ds: DicomJson,
  frames: Uint8Array[],
  options: SeriesOptions,
  grid: Grid,
): Promise<Uint8Array> {
  const { transferSyntaxUid } = options
  if (transferSyntaxUid === undefined) return writePart10({ dataset: ds, pixelData: frames })
  if (!encodingOf(transferSyntaxUid).encapsulated)
    return writePart10({ dataset: ds, transferSyntaxUid, pixelData: frames })
  const pixelData: Uint8Array[] = []
  for (const frame of frames) pixelData.push(await encodeFrame(frame, options, grid))
  return writePart10({ dataset: ds, transferSyntaxUid, pixelData })
}

/** The series as an archive's metadata would describe the files. */
export function seriesOf(files: readonly Uint8Array[]): Series {
  const instances = files.map((bytes) => {
    const metadata = readPart10(bytes).dataset
    return { sopInstanceUid: text(metadata, 'SOPInstanceUID'), sopClassUid: text(metadata, 'SOPClassUID'), metadata }
  })
  return { seriesInstanceUid: text(instances[0]!.metadata, 'SeriesInstanceUID'), modality: 'MR', instances }
}

/** A fixed permutation. */
export function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((entry, index) => ({ entry, key: (index * 7919 + 13) % 31 }))
    .sort((a, b) => a.key - b.key)
    .map(({ entry }) => entry)
}

/** A label volume with three labels, different in every octant; slices at both ends stay empty. */
export function labelsOn(grid: Grid): { grid: Grid; data: Uint8Array } {
  const [nx, ny, nz] = grid.size
  const data = new Uint8Array(nx * ny * nz)
  const put = (from: Vec3, to: Vec3, label: number) => {
    for (let k = from[2]; k < to[2]; k++) {
      for (let j = from[1]; j < to[1]; j++) for (let i = from[0]; i < to[0]; i++) data[i + nx * (j + ny * k)] = label
    }
  }
  put([3, 2, 1], [nx - 9, ny - 5, nz - 1], 2)
  put([5, 4, 2], [15, 9, nz - 1], 1)
  put([12, 7, 2], [nx - 13, 12, nz - 2], 3)
  data[nx - 1 + nx * (0 + ny * 1)] = 3
  return { grid, data }
}

/** A result about the series; nothing in it is random. */
export function resultFor(
  series: readonly Series[],
  labels: { data: Uint8Array },
): Omit<AnalysisResult, 'segmentation'> {
  const counts = new Uint32Array(256)
  for (let at = 0; at < labels.data.length; at++) counts[labels.data[at]!]!++
  const count = (label: number) => counts[label]!
  const [reference] = series as [Series]
  return {
    analysisId: '0198f3a2-0000-7000-8000-000000000001',
    patient: { patientId: 'P-0001', issuerOfPatientId: '', patientName: '', patientBirthDate: '', patientSex: '' },
    study: {
      studyInstanceUid: STUDY_UID,
      studyId: '',
      accessionNumber: '',
      issuerOfAccessionNumber: '',
      studyDate: '',
      studyTime: '',
      studyDescription: '',
      referringPhysicianName: '',
    },
    bundle: {
      id: 'glioma-test',
      version: '1.2.3',
      name: 'Glioma test network',
      digest: 'ab'.repeat(32),
      modelDigest: '9e'.repeat(32),
      weightsDigest: 'cd'.repeat(32),
      license: 'test',
      intendedUse: 'Tests only.',
    },
    software: { name: 'Gliabridge', version: '0.1.0', manufacturer: 'Gliabridge contributors' },
    decisions: [],
    inputs: series.map((one, index) => ({
      sequence: index === 0 ? 'T1c' : 'FLAIR',
      seriesInstanceUid: one.seriesInstanceUid,
      sopInstanceUids: one.instances.map(({ sopInstanceUid }) => sopInstanceUid),
      sliceThicknessMm: 4,
      registration: { translationMm: 0, rotationDegrees: 0, reference: index === 0 },
    })),
    referenceSeriesUid: reference.seriesInstanceUid,
    segments: [
      { label: 1, key: 'NCR', name: 'necrotic core', voxelCount: count(1) },
      { label: 2, key: 'ED', name: 'oedema and infiltration', voxelCount: count(2) },
      { label: 3, key: 'ET', name: 'enhancing tumour', voxelCount: count(3) },
    ],
    noFinding: false,
    measurements: [],
    predictions: [],
    quality: [],
    execution: { provider: 'cpu', requested: ['cpu'], declined: [], runtime: 'test', seconds: 1, peakRssMb: 1 },
    analysedAt: '2025-03-14T07:41:09.000Z',
  }
}
