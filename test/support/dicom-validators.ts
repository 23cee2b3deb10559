// Independent judges of DICOM objects: dciodvfy and dcentvfy (dicom3tools), highdicom.
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const oracle = (name: string) => fileURLToPath(new URL(`../integration/oracles/${name}`, import.meta.url))

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
      /Different information entities for attribute - Element=<AccessionNumber> IE <(Study|Series)> versus <(Study|Series)>/,
    because:
      "The tool's table for structured reports has Accession Number on the series, its table for images on the study.",
  },
]

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
