// A clinical brain MRI study of a generated patient with a glioma, with its ground truth; the same seed gives the same bytes.
import { text } from '../../src/dicom/dataset.ts'
import { writePart10 } from '../../src/dicom/part10.ts'
import { EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, RLE_LOSSLESS } from '../../src/dicom/transfer-syntax.ts'
import { deterministicUid } from '../../src/dicom/uid.ts'
import type { PatientIdentity, Sequence, StudyIdentity, Uid } from '../../src/domain/study.ts'
import type { Grid, LabelVolume } from '../../src/domain/volume.ts'
import { acquire, signalVolume } from './acquire.ts'
import { encodeFrame, JPEG_2000_LOSSLESS, JPEG_LS_LOSSLESS } from './encode.ts'
import { enhancedImage } from './enhanced.ts'
import { type Draft, type Fault, withFaults } from './faults.ts'
import { createHead, headGrid, rasterise, type TissueVolume, truthLabels } from './head.ts'
import { BITS_STORED, classicImage, laterTime, type SeriesContent, type StudyHeaders } from './headers.ts'
import { AT_REST, type Motion, rotationOf } from './motion.ts'
import { createRandom } from './prng.ts'
import { type Acquisition, protocolOf, type StudySize } from './protocol.ts'
import { diffusionTable, signalTable, TISSUE } from './signal.ts'

export interface StudyOptions {
  seed: string | number
  /** "small" has fewer and larger voxels: for tests. Default "full". */
  size?: StudySize
  /** False: the same head before the tumour. Default true. */
  tumour?: boolean
  /** How much larger the tumour's radius is than at first, in mm: for a later study. Default 0. */
  growth?: number
  /** Sequences that were not acquired. */
  omit?: readonly Sequence[]
  /** Sequences to send as one Enhanced MR Image each. */
  enhanced?: readonly Sequence[]
  patient?: Partial<PatientIdentity>
  study?: Partial<Omit<StudyIdentity, 'studyInstanceUid'>>
  /** Instead of the usual ones; key of the acquisition ("t1", "t1c", "t2", "flair", "dwi" …) → transfer syntax. */
  transferSyntaxes?: Readonly<Record<string, Uid>>
  faults?: readonly Fault[]
}

export interface GeneratedSeries {
  seriesInstanceUid: Uid
  description: string
  /** Absent for localizer, diffusion and reformats. */
  sequence?: Sequence
  transferSyntaxUid: Uid
  /** Grid of the first stack in scanner coordinates. */
  grid: Grid
  /** The patient's position relative to that in the post-contrast T1 (the reference). */
  motion: Motion
  /** Stored values per slice of `grid` as drawn, before encoding (diffusion: b = 0). */
  slices: Uint16Array[]
}

export interface GeneratedStudy {
  studyInstanceUid: Uid
  patient: PatientIdentity
  study: StudyIdentity
  series: GeneratedSeries[]
  instances: { sopInstanceUid: Uid; seriesInstanceUid: Uid; bytes: Uint8Array }[]
  truth: {
    /** 1 NCR, 2 ED, 3 ET on a 1 mm LPS grid, in the patient's position during the post-contrast T1. */
    labels: LabelVolume
    volumesMl: { NCR: number; ED: number; ET: number }
  }
}

export const GENERATED_PATIENT: PatientIdentity = {
  patientId: 'GB-DEMO-0001',
  issuerOfPatientId: 'GLIABRIDGE-DEMO',
  patientName: 'Gliabridge^Zoë=神経^膠子=グリア^ゾーイ',
  patientBirthDate: '19680229',
  patientSex: 'F',
}

const GENERATED_STUDY: Omit<StudyIdentity, 'studyInstanceUid'> = {
  studyId: '417',
  accessionNumber: 'GB26-000417',
  issuerOfAccessionNumber: 'GLIABRIDGE-DEMO',
  studyDate: '20260314',
  studyTime: '031500',
  studyDescription: 'MRT Schädel nativ und mit KM',
  referringPhysicianName: 'Müller^Jörg^^Dr.',
}

/** The usual encoding per series; those not named are Explicit VR Little Endian. */
const TRANSFER_SYNTAXES: Readonly<Record<string, Uid>> = {
  t1: RLE_LOSSLESS,
  t1c: JPEG_LS_LOSSLESS,
  t2: JPEG_2000_LOSSLESS,
  flair: IMPLICIT_LITTLE_ENDIAN,
}

/** Spacing of the tissue grid in mm. */
const FINE: Record<StudySize, number> = { full: 1.25, small: 2.2 }

const USUAL_TISSUES = ['fat', 'csf', 'grey', 'white', 'oedema', 'rim'] as const

/** Makes the study. */
export async function generateStudy(options: StudyOptions): Promise<GeneratedStudy> {
  const { size = 'full', tumour = true, growth = 0, omit = [], enhanced = [], faults = [] } = options
  const seed = String(options.seed)
  const patient = { ...GENERATED_PATIENT, ...options.patient }
  const requested = { ...GENERATED_STUDY, ...options.study }
  const grown = growth === 0 ? [] : [`growth ${growth}`]
  const uid = (...parts: string[]) =>
    deterministicUid(
      'generated study',
      seed,
      size,
      String(tumour),
      patient.patientId,
      requested.studyDate,
      ...grown,
      ...parts,
    )
  const study: StudyIdentity = { ...requested, studyInstanceUid: uid('study') }
  const headers: StudyHeaders = {
    patient,
    study,
    frameOfReferenceUid: uid('frame of reference'),
    equipment: { manufacturer: 'Gliabridge generated study', model: 'Procedural head', software: '1' },
  }
  const head = createHead(seed, tumour, growth)
  const tissues = rasterise(head, headGrid(FINE[size]), seed)
  const protocol = protocolOf(size).filter(({ sequence }) => sequence === undefined || !omit.includes(sequence))

  const series: GeneratedSeries[] = []
  const drafts: Draft[] = []
  for (const acquisition of protocol) {
    const content = contentOf(acquisition, study, uid('series', acquisition.key))
    const motion = motionOf(acquisition, seed)
    const scans = scansOf(acquisition, tissues, motion, seed)
    const asEnhanced = acquisition.sequence !== undefined && enhanced.includes(acquisition.sequence)
    drafts.push(...draftsOf(acquisition, content, scans, headers, asEnhanced, uid))
    series.push({
      seriesInstanceUid: content.seriesInstanceUid,
      description: content.description,
      ...(acquisition.sequence === undefined ? {} : { sequence: acquisition.sequence }),
      transferSyntaxUid:
        options.transferSyntaxes?.[acquisition.key] ?? TRANSFER_SYNTAXES[acquisition.key] ?? EXPLICIT_LITTLE_ENDIAN,
      grid: scans[0]!.grid,
      motion,
      slices: scans[0]!.slices,
    })
  }
  const syntaxes = new Map(series.map((one) => [one.seriesInstanceUid, one.transferSyntaxUid]))
  const instances: GeneratedStudy['instances'] = []
  for (const draft of withFaults(drafts, faults)) instances.push(await encoded(draft, syntaxes))
  const labels = truthLabels(head, headGrid(1))
  return {
    studyInstanceUid: study.studyInstanceUid,
    patient,
    study,
    series,
    instances,
    truth: { labels, volumesMl: volumesOf(labels) },
  }
}

/** Millilitres per label of a truth grid. */
function volumesOf({ grid, data }: LabelVolume): { NCR: number; ED: number; ET: number } {
  const counts = [0, 0, 0, 0]
  for (let at = 0; at < data.length; at++) counts[data[at]!]!++
  const cubicMm = grid.spacing[0] * grid.spacing[1] * grid.spacing[2]
  const millilitres = (label: number) => (counts[label]! * cubicMm) / 1000
  return { NCR: millilitres(1), ED: millilitres(2), ET: millilitres(3) }
}

function contentOf(acquisition: Acquisition, study: StudyIdentity, seriesInstanceUid: Uid): SeriesContent {
  const [stack] = acquisition.stacks
  return {
    seriesInstanceUid,
    number: acquisition.number,
    description: acquisition.description,
    time: laterTime(study.studyTime, acquisition.minute),
    headers: acquisition.headers,
    contrast: acquisition.contrast,
    afterContrast: acquisition.afterContrast,
    thickness: stack!.thickness,
    spacing: stack!.grid.spacing[2],
  }
}

/** The patient lies still during a series and moves a little between series; the reformats are of the reference itself. */
function motionOf({ key }: Acquisition, seed: string): Motion {
  if (key === 't1c' || key === 'mpr') return AT_REST
  const random = createRandom(seed, 'motion', key === 'adc' ? 'dwi' : key)
  const signed = (low: number, high: number) => (random.next() < 0.5 ? -1 : 1) * random.between(low, high)
  return {
    rotation: rotationOf([signed(0.8, 2.2), signed(0.3, 1.2), signed(0.5, 1.6)]),
    translation: [signed(0.5, 1.6), signed(0.5, 1.6), signed(0.6, 1.8)],
  }
}

interface DrawnStack {
  grid: Grid
  slices: Uint16Array[]
  bValue?: number
}

function scansOf(acquisition: Acquisition, tissues: TissueVolume, motion: Motion, seed: string): DrawnStack[] {
  const { key, contrast, stacks, noise, bias } = acquisition
  const draw = (signals: Float32Array, gain: number, name: string): DrawnStack[] => {
    const volume = signalVolume(tissues, signals)
    return stacks.map((stack, n) => {
      const scan = { stack, motion, gain, noise, bias }
      return { grid: stack.grid, slices: acquire(tissues.grid, volume, scan, `${seed} ${name} ${n}`) }
    })
  }
  if (key === 'adc') return draw(diffusionTable(), 1, key)
  const signals = signalTable(contrast)
  // Receiver gain is set so that the brightest of the usual tissues fills the range.
  const brightest = Math.max(...USUAL_TISSUES.map((tissue) => signals[TISSUE[tissue]]!))
  const gain = acquisition.peak / brightest
  if (contrast.kind !== 'diffusion') return draw(signals, gain, key)
  return [0, 1000].flatMap((b) =>
    draw(signalTable({ ...contrast, b }), gain, `${key} b${b}`).map((stack) => ({ ...stack, bValue: b })),
  )
}

function draftsOf(
  acquisition: Acquisition,
  content: SeriesContent,
  scans: DrawnStack[],
  headers: StudyHeaders,
  asEnhanced: boolean,
  uid: (...parts: string[]) => Uid,
): Draft[] {
  const label = acquisition.sequence === undefined ? {} : { sequence: acquisition.sequence }
  if (asEnhanced) {
    const { grid, slices } = scans[0]!
    const image = enhancedImage(headers, content, grid, uid('enhanced', acquisition.key), largestOf(slices))
    return [{ key: acquisition.key, ...label, dataset: image, frames: slices }]
  }
  let instanceNumber = 0
  return scans.flatMap(({ grid, slices, bValue }, scan) =>
    slices.map((pixels, slice) => {
      instanceNumber++
      const image = classicImage(headers, content, {
        sopInstanceUid: uid('image', acquisition.key, String(scan), String(slice)),
        instanceNumber,
        grid,
        slice,
        largest: largestOf([pixels]),
        ...(bValue === undefined ? {} : { bValue }),
      })
      return { key: acquisition.key, ...label, dataset: image, frames: [pixels] }
    }),
  )
}

function largestOf(slices: readonly Uint16Array[]): number {
  let largest = 0
  for (const slice of slices) for (const value of slice) if (value > largest) largest = value
  return largest
}

async function encoded(draft: Draft, syntaxes: ReadonlyMap<Uid, Uid>): Promise<GeneratedStudy['instances'][number]> {
  const seriesInstanceUid = text(draft.dataset, 'SeriesInstanceUID')
  const transferSyntaxUid = syntaxes.get(seriesInstanceUid) ?? EXPLICIT_LITTLE_ENDIAN
  const columns = Number(text(draft.dataset, 'Columns'))
  const pixelData: Uint8Array[] = []
  for (const frame of draft.frames) pixelData.push(await encodeFrame(frame, columns, BITS_STORED, transferSyntaxUid))
  const bytes = writePart10({ dataset: draft.dataset, transferSyntaxUid, pixelData })
  return {
    sopInstanceUid: text(draft.dataset, 'SOPInstanceUID'),
    seriesInstanceUid,
    bytes: draft.arrives === undefined ? bytes : bytes.slice(0, Math.floor(draft.arrives * bytes.length)),
  }
}
