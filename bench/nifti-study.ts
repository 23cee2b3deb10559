// A BraTS case (four NIfTI images and expert labels on one grid) as a clinical DICOM study of four series, for runs through a real archive.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { decompress, isCompressed, readHeader, readImage } from 'nifti-reader-js'
import { classicImage, laterTime, type SeriesContent, type StudyHeaders } from '../demo/phantom/headers.ts'
import { protocolOf } from '../demo/phantom/protocol.ts'
import { writePart10 } from '../src/dicom/part10.ts'
import { deterministicUid } from '../src/dicom/uid.ts'
import type { PatientIdentity, Structural, StudyIdentity } from '../src/domain/study.ts'
import type { Grid, LabelVolume, Vec3, Volume } from '../src/domain/volume.ts'

/** File name endings per sequence, in the order of the series. */
const FILES: readonly (readonly [Structural, string])[] = [
  ['T1', 't1'],
  ['T2', 't2'],
  ['FLAIR', 'flair'],
  ['T1c', 't1ce'],
]

export interface NiftiStudy {
  studyInstanceUid: string
  patient: PatientIdentity
  /** The images' grid in LPS mm; a series' slice k is this grid's slice k. */
  grid: Grid
  /** Expert labels as 1 NCR, 2 ED, 3 ET (BraTS 4 becomes 3); absent when the case has none. */
  truth?: LabelVolume
  files: string[]
}

/**
 * Writes the case into `outDir`, one file per slice. Voxels are stored as they are, shifted to be unsigned;
 * image row, column and slice directions follow the NIfTI affine (RAS), turned to LPS.
 */
export async function writeNiftiStudy(input: {
  caseDir: string
  outDir: string
  patient?: Partial<PatientIdentity>
  study?: Partial<Omit<StudyIdentity, 'studyInstanceUid'>>
}): Promise<NiftiStudy> {
  const name = basename(input.caseDir)
  const patient = {
    patientId: name,
    issuerOfPatientId: 'BRATS',
    patientName: `${name.replaceAll('_', '^')}`,
    patientBirthDate: '19600101',
    patientSex: 'O',
    ...input.patient,
  }
  const uid = (...parts: string[]) => deterministicUid('nifti study', name, patient.patientId, ...parts)
  const headers: StudyHeaders = {
    patient,
    study: {
      studyId: '1',
      accessionNumber: '',
      issuerOfAccessionNumber: '',
      studyDate: '20260310',
      studyTime: '090000',
      studyDescription: 'MR brain with contrast',
      referringPhysicianName: '',
      ...input.study,
      studyInstanceUid: uid('study'),
    },
    frameOfReferenceUid: uid('frame of reference'),
    equipment: { manufacturer: 'Gliabridge', model: 'NIfTI to DICOM', software: '1' },
  }
  const entries = await readdir(input.caseDir)
  await mkdir(input.outDir, { recursive: true })
  const files: string[] = []
  let grid: Grid | undefined
  for (const [sequence, ending] of FILES) {
    const image = await readNifti(join(input.caseDir, fileNamed(entries, ending)))
    if (grid !== undefined && JSON.stringify(grid) !== JSON.stringify(image.grid)) {
      throw new Error(`${name}: the ${sequence} is on another grid than the T1`)
    }
    grid = image.grid
    files.push(...(await writeSeries(input.outDir, sequence, image, headers, uid)))
  }
  const labels = entries.some((entry) => endsAs(entry, 'seg'))
    ? await readNifti(join(input.caseDir, fileNamed(entries, 'seg')))
    : undefined
  return {
    studyInstanceUid: headers.study.studyInstanceUid,
    patient,
    grid: grid!,
    ...(labels === undefined
      ? {}
      : { truth: { grid: labels.grid, data: Uint8Array.from(labels.data, (value) => (value === 4 ? 3 : value)) } }),
    files,
  }
}

async function writeSeries(
  outDir: string,
  sequence: Structural,
  { grid, data }: Volume<Float32Array>,
  headers: StudyHeaders,
  uid: (...parts: string[]) => string,
): Promise<string[]> {
  const like = protocolOf('full').find((acquisition) => acquisition.sequence === sequence)!
  const content: SeriesContent = {
    seriesInstanceUid: uid('series', sequence),
    number: like.number,
    description: { T1: 'T1 axial', T1c: 'T1 axial post gadolinium', T2: 'T2 axial', FLAIR: 'FLAIR axial' }[sequence],
    time: laterTime(headers.study.studyTime, like.minute),
    headers: like.headers,
    contrast: like.contrast,
    afterContrast: like.afterContrast,
    thickness: grid.spacing[2],
    spacing: grid.spacing[2],
  }
  const stored = storedValues(data)
  const [columns, rows, slices] = grid.size
  const files: string[] = []
  for (let slice = 0; slice < slices; slice++) {
    const pixels = stored.subarray(slice * columns * rows, (slice + 1) * columns * rows)
    const dataset = classicImage(headers, content, {
      sopInstanceUid: uid('image', sequence, String(slice)),
      instanceNumber: slice + 1,
      grid,
      slice,
      largest: pixels.reduce((most, value) => Math.max(most, value), 0),
      bitsStored: 16,
    })
    const file = join(outDir, `${sequence}-${String(slice + 1).padStart(3, '0')}.dcm`)
    await writeFile(
      file,
      writePart10({ dataset, pixelData: new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength) }),
    )
    files.push(file)
  }
  return files
}

/** Unsigned 16-bit values: unchanged if they fit, otherwise stretched over the range; negative values become 0. */
function storedValues(data: Float32Array): Uint16Array {
  let largest = 0
  let whole = true
  for (const value of data) {
    if (value > largest) largest = value
    if (whole && !Number.isInteger(value)) whole = false
  }
  const scale = whole && largest <= 65535 ? 1 : 32767 / Math.max(largest, 1e-6)
  const out = new Uint16Array(data.length)
  for (let n = 0; n < out.length; n++) out[n] = Math.max(0, Math.round(data[n]! * scale))
  return out
}

function endsAs(entry: string, ending: string): boolean {
  return new RegExp(`[_-]${ending}\\.nii(\\.gz)?$`, 'i').test(entry)
}

function fileNamed(entries: string[], ending: string): string {
  const matching = entries.filter((entry) => endsAs(entry, ending))
  if (matching.length !== 1)
    throw new Error(`the case has ${matching.length} files that end in _${ending}.nii or .nii.gz, not one`)
  return matching[0]!
}

/**
 * Reads a 3D NIfTI-1 or -2 image, scaled, on its grid in LPS mm. The axes keep their order and must be perpendicular;
 * the slices are put in the order that makes the grid right-handed, as a DICOM series is read.
 */
export async function readNifti(path: string): Promise<Volume<Float32Array>> {
  const name = basename(path)
  const raw = await readFile(path)
  const bytes = raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength) as ArrayBuffer
  const file = (isCompressed(bytes) ? decompress(bytes) : bytes) as ArrayBuffer
  const header = readHeader(file)
  const [dimensions = 0, nx = 0, ny = 0, nz = 0, nt = 1] = header.dims
  if (dimensions < 3 || nt > 1) throw new Error(`${name} is no three-dimensional image`)
  const read = READERS[header.datatypeCode]
  if (read === undefined) throw new Error(`${name}: NIfTI datatype ${header.datatypeCode} is not supported`)
  const view = new DataView(readImage(header, file))
  const step = header.numBitsPerVoxel / 8
  if (view.byteLength < nx * ny * nz * step) throw new Error(`${name} ends early`)
  const slope = Number.isFinite(header.scl_slope) && header.scl_slope !== 0 ? header.scl_slope : 1
  const intercept = Number.isFinite(header.scl_inter) ? header.scl_inter : 0
  const { grid, reversed } = gridOf(header.affine, [nx, ny, nz], name)
  const data = new Float32Array(nx * ny * nz)
  for (let k = 0, at = 0; k < nz; k++) {
    const from = nx * ny * (reversed ? nz - 1 - k : k)
    for (let n = 0; n < nx * ny; n++, at++)
      data[at] = read(view, (from + n) * step, header.littleEndian) * slope + intercept
  }
  return { grid, data }
}

function gridOf(affine: number[][], size: Vec3, name: string): { grid: Grid; reversed: boolean } {
  const column = (axis: number): [number, number, number] => [-affine[0]![axis]!, -affine[1]![axis]!, affine[2]![axis]!]
  const [i, j, k] = [column(0), column(1), column(2)]
  const spacing: Vec3 = [Math.hypot(...i), Math.hypot(...j), Math.hypot(...k)]
  const unit = [i, j, k].map((step, axis) => step.map((value) => value / spacing[axis]!)) as [
    number[],
    number[],
    number[],
  ]
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, axis) => sum + value * b[axis]!, 0)
  if ([dot(unit[0], unit[1]), dot(unit[0], unit[2]), dot(unit[1], unit[2])].some((skew) => Math.abs(skew) > 1e-3)) {
    throw new Error(`${name}: the axes are not perpendicular`)
  }
  const [a, b] = unit as [number[], number[], number[]]
  const normal = [a[1]! * b[2]! - a[2]! * b[1]!, a[2]! * b[0]! - a[0]! * b[2]!, a[0]! * b[1]! - a[1]! * b[0]!]
  const reversed = dot(normal, unit[2]) < 0
  const last = reversed ? size[2] - 1 : 0
  const first = column(3)
  const origin: Vec3 = [first[0] + last * k[0], first[1] + last * k[1], first[2] + last * k[2]]
  const direction = [0, 1, 2].flatMap((row) => [a[row]!, b[row]!, normal[row]!])
  return { grid: { size, spacing, origin, direction }, reversed }
}

/** By NIfTI datatype code. */
const READERS: Readonly<Record<number, (view: DataView, offset: number, little: boolean) => number>> = {
  2: (view, offset) => view.getUint8(offset),
  4: (view, offset, little) => view.getInt16(offset, little),
  8: (view, offset, little) => view.getInt32(offset, little),
  16: (view, offset, little) => view.getFloat32(offset, little),
  64: (view, offset, little) => view.getFloat64(offset, little),
  256: (view, offset) => view.getInt8(offset),
  512: (view, offset, little) => view.getUint16(offset, little),
}
