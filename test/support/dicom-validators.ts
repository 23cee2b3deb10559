// Independent judges of DICOM objects: dciodvfy and dcentvfy (dicom3tools), dsrdump (dcmtk), highdicom, dcmqi, Cornerstone.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import type { Grid, Vec3 } from '../../src/domain/volume.ts'

export const oracle = (name: string) => fileURLToPath(new URL(`../integration/oracles/${name}`, import.meta.url))

/** Whether the system has the program. */
export const isInstalled = (tool: string) => spawnSync(tool, ['--version']).error === undefined

/** Python with oracles/requirements.txt; without it these suites fail rather than pass unseen. */
export function python(): string {
  const path = process.env.GLIABRIDGE_PYTHON
  if (path === undefined)
    throw new Error('set GLIABRIDGE_PYTHON to a Python that has test/integration/oracles/requirements.txt installed')
  return path
}

/** Exit status and complaints of a validator of dicom3tools; both write to stderr. */
export function validate(
  tool: 'dciodvfy' | 'dcentvfy',
  files: string[],
): { status: number | null; errors: string[]; warnings: string[] } {
  const run = spawnSync(tool, files, { encoding: 'utf8', maxBuffer: 1 << 26 })
  if (run.error !== undefined) throw new Error(`${tool} did not run: install dicom3tools`)
  const lines = `${run.stdout}\n${run.stderr}`.split('\n').map((line) => line.trim())
  const starting = (word: string) => lines.filter((line) => line.startsWith(word))
  return { status: run.status, errors: starting('Error'), warnings: starting('Warning') }
}

/** DeviceUID entered Contributing Equipment after dicom3tools 2022. */
export const NEWER_THAN_THE_VALIDATOR = [
  'Warning - Attribute is not present in standard DICOM IOD - (0x0018,0x1002) UI Device UID',
  'Warning - Dicom dataset contains attributes not present in standard DICOM IOD - this is a Standard Extended SOP Class',
]

/** Warnings of dicom3tools that are about the tools' own age or tables; docs/conformance/dicom-validators.md lists them. */
export const ACCEPTED_WARNINGS: { tool: 'dciodvfy' | 'dcentvfy'; pattern: RegExp; because: string }[] = [
  {
    tool: 'dciodvfy',
    pattern: /Attribute is not present in standard DICOM IOD - \(0x0018,0x1002\) UI Device UID/,
    because: 'Device UID entered Contributing Equipment (PS3.3 C.12.1) after this version of the tool.',
  },
  {
    tool: 'dciodvfy',
    pattern: /this is a Standard Extended SOP Class/,
    because: 'Follows from the warning above.',
  },
  {
    tool: 'dciodvfy',
    pattern: /Unrecognized defined term <99GLIABRIDGE> for value 1 of attribute <Coding Scheme Designator>/,
    because: 'A private coding scheme, identified in Coding Scheme Identification Sequence as PS3.3 C.12.1.1.2 asks.',
  },
  {
    tool: 'dcentvfy',
    pattern:
      /Different information entities for attribute - Element=<(AccessionNumber|IssuerOfAccessionNumberSequence)> IE <(Study|Series)> versus <(Study|Series)>/,
    because:
      "The tool's table for structured reports has Accession Number and its issuer on the series, its table for images on the study.",
  },
]

/** The label map (2024) is newer than dicom3tools of Debian 12, which knows neither the class nor a segment 0, and then checks nothing. */
export const UNKNOWN_TO_DCIODVFY: readonly string[] = [
  'Error - SegmentNumber not monotonically increasing from one by one - have SegmentSequence item number 1 (from one) with SegmentNumber of 0',
  'Error - Information Object Not found',
]

/** Of the warnings, those that no rule above explains. */
export function unexplained(warnings: readonly string[]): string[] {
  return warnings.filter((line) => !ACCEPTED_WARNINGS.some(({ pattern }) => pattern.test(line)))
}

/** dcmtk 3.6.7 on a reference to a label map: its table of images ends before that SOP class (2024), and reading ends there. */
export const UNKNOWN_TO_DSRDUMP = /^E: Reading content item IMAGE "[\d.]+" \(Invalid Value\)$/

/** A structured report as dcmtk prints it, and the errors that it found on the way. */
export function dumpReport(path: string): { text: string; errors: string[] } {
  const run = spawnSync('dsrdump', [path], { encoding: 'utf8', maxBuffer: 1 << 26 })
  if (run.error !== undefined) throw new Error('dsrdump did not run: install dcmtk')
  return { text: run.stdout, errors: run.stderr.split('\n').filter((line) => /^E:/.test(line)) }
}

export interface HighdicomReading {
  shape: [number, number, number]
  affine: number[][]
  segments: { number: number; label: string; type: string; scheme: string }[]
  patientName: string
  frames: number
}

/** The combined label volume of a SEG as highdicom reads it, with its affine to LPS mm. */
export function readWithHighdicom(path: string): { reading: HighdicomReading; labels: Uint8Array } {
  const out = `${path}.u8`
  const text = execFileSync(python(), ['-W', 'ignore', oracle('read_segmentation.py'), path, out], { encoding: 'utf8' })
  return { reading: JSON.parse(text) as HighdicomReading, labels: readFileSync(out) }
}

/** A label map, fractional segmentation or parametric map as highdicom reads it; the affine is to LPS mm. */
export interface ReadMap {
  shape: number[]
  affine: number[][]
  values: Float32Array
  /** Of a label map: the segments that are no background, and how background is described: in the file, and by highdicom. */
  numbers?: number[]
  backgrounds?: object[]
}

export function readMapWithHighdicom(path: string): ReadMap {
  const out = `${path}.f32`
  const printed = execFileSync(python(), ['-W', 'ignore', oracle('read_maps.py'), path, out], { encoding: 'utf8' })
  const bytes = readFileSync(out)
  const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
  return { ...(JSON.parse(printed) as Omit<ReadMap, 'values'>), values }
}

export interface ReportGroup {
  kind: 'volumetric' | 'planar' | 'general'
  tracking: string
  finding: string
  reference: { sopInstanceUid: string; segment: number | null; frame: number | null } | null
  measurements: { name: string; value: number; unit: string }[]
  evaluations: [string, string][]
}

/** The measurement groups of a structured report as highdicom reads them. */
export function readReportWithHighdicom(path: string): {
  patientName: string
  observer: string
  groups: ReportGroup[]
} {
  return JSON.parse(execFileSync(python(), ['-W', 'ignore', oracle('read_report.py'), path], { encoding: 'utf8' }))
}

export interface DcmqiReading extends Omit<Grid, 'size'> {
  size: [number, number, number]
  componentType: string
  /** Values per voxel: one per group of segments that do not overlap. */
  components: number
  segments: { number: number; trackingUid: string; type: string }[]
}

export const isDcmqiInstalled = () => existsSync(oracle('js/node_modules/@itk-wasm/dicom'))

/** Segment numbers by voxel and component, as dcmqi reads a segmentation. */
export function readWithDcmqi(path: string): { reading: DcmqiReading; values: Int16Array } {
  if (!isDcmqiInstalled())
    throw new Error('dcmqi is not installed: npm ci --ignore-scripts --prefix test/integration/oracles/js')
  const out = `${path}.i16`
  const printed = execFileSync(process.execPath, [oracle('js/read-segmentation.mjs'), path, out], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  const reading = JSON.parse(printed.trim().split('\n').at(-1)!) as DcmqiReading
  const bytes = readFileSync(out)
  return { reading, values: new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)) }
}

/**
 * A label map as dcmqi 1.5.7 reads it (its Python package; the WebAssembly one does not know the SOP class): segment numbers by voxel,
 * and (position in LPS mm) of the first voxel with the steps along the three axes.
 */
export function readLabelMapWithDcmqi(path: string) {
  const folder = mkdtempSync(join(tmpdir(), 'gliabridge-dcmqi-'))
  const tool = join(dirname(python()), 'segimage2itkimage')
  execFileSync(tool, ['--inputDICOM', path, '--outputDirectory', folder, '--prefix', 'map', '--outputType', 'nrrd'])
  const nrrd = readFileSync(join(folder, 'map-1.nrrd'))
  const meta = JSON.parse(readFileSync(join(folder, 'map-meta.json'), 'utf8')) as {
    segmentAttributes: { labelID: number; TrackingUniqueIdentifier?: string }[][]
  }
  rmSync(folder, { recursive: true })
  const end = nrrd.indexOf('\n\n')
  const header = nrrd.subarray(0, end).toString('latin1')
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(header)![1]!
  const numbers = (text: string) => (text.match(/-?[\d.]+(e-?\d+)?/g) ?? []).map(Number)
  const steps = numbers(field('space directions'))
  return {
    size: numbers(field('sizes')) as [number, number, number],
    origin: numbers(field('space origin')) as unknown as Vec3,
    steps: [0, 3, 6].map((n) => steps.slice(n, n + 3) as unknown as Vec3),
    values: new Uint8Array(gunzipSync(nrrd.subarray(end + 2))),
    segments: meta.segmentAttributes.flat(),
  }
}

export interface CornerstoneReading {
  /** Label images of the stack: one where no segments overlap. */
  layers: number
  /** One per frame of the images, in their order: LPS mm, direction cosines, spacing between rows and between columns. */
  planes: { position: Vec3; row: Vec3; column: Vec3; spacing: [number, number]; size: [number, number] }[]
  segments: { number: number; trackingUid: string; type: string }[]
}

/** What it says of frames that do not end on a whole number of 16-bit words: see docs/conformance/dicom-validators.md. */
export const CORNERSTONE_PADDING = 'Unexpected 1-bit SEG PixelData length'

export const isCornerstoneInstalled = () => existsSync(oracle('js/node_modules/@cornerstonejs/adapters'))

/** Segment numbers on the images' own pixels, plane by plane, as Cornerstone3D's adapter gives them to its viewer. */
export function readWithCornerstone(
  path: string,
  images: string[],
): { reading: CornerstoneReading; values: Uint8Array } {
  if (!isCornerstoneInstalled())
    throw new Error('Cornerstone is not installed: npm ci --ignore-scripts --prefix test/integration/oracles/js')
  const out = `${path}.cornerstone.u8`
  const program = [oracle('js/read-cornerstone.mjs'), path, out, ...images]
  const printed = execFileSync(process.execPath, program, { encoding: 'utf8', maxBuffer: 1 << 26 })
  const reading = JSON.parse(printed.trim().split('\n').at(-1)!) as CornerstoneReading
  return { reading, values: readFileSync(out) }
}
