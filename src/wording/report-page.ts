// Every sentence of the PDF report, in English.
import type { Head } from '../domain/finding.ts'
import { SHORT_HEAD_NAMES } from './names.ts'
import { className } from './predictions.ts'
import { diameterPair, millimetres, movement } from './quantities.ts'
import { NOT_A_TISSUE_TEST_NOTICE, NOT_REVIEWED_NOTICE } from './standing.ts'

export const LANGUAGE = 'en'

export const TITLE = 'Glioma MRI analysis'
export const STATUS = 'PRELIMINARY – not reviewed'
export const REVIEWED_STATUS = {
  final: 'FINAL – reviewed and accepted',
  amended: 'AMENDED – reviewed and accepted',
  'entered-in-error': 'REJECTED – do not use',
} as const
export const pageOf = (page: number, count: number) => `Page ${page} of ${count}`
export const NOT_STATED = 'not stated'

export const SECTIONS = {
  patient: 'Patient',
  study: 'Study',
  images: 'Key images',
  volumes: 'Volumes',
  predictions: 'Predictions from the images',
  explanation: 'What moved the predictions most (one scale; right of the line: more likely)',
  survival: 'Survival of the risk group in the training data',
  quality: 'Quality notes',
  series: 'Series used',
  statement: 'How to read this page',
  provenance: 'Made by',
} as const

export const LABELS = {
  name: 'Name',
  patientId: 'Patient ID',
  birthDate: 'Born',
  sex: 'Sex',
  studyDate: 'Date',
  accession: 'Accession',
  description: 'Description',
  referrer: 'Referred by',
  studyUid: 'Study UID',
  region: 'Region',
  volume: 'mL',
  deviation: '± SD',
  regionInMl: 'Region, mL',
  earlier: 'then',
  now: 'now',
  change: 'change ± SD',
  predicted: 'Predicted',
  result: 'Result',
  probability: 'Probability (95 % interval)',
  bundle: 'Bundle',
  digest: 'Bundle sha256',
  weights: 'Weights sha256',
  license: 'Licence',
  software: 'Software',
  execution: 'Run on',
  analysis: 'Analysis',
  reference: 'Reference series',
  analysedAt: 'Registered',
  declined: 'Declined',
  reviewedAt: 'Reviewed',
} as const

export const ORIENTATION = { left: 'R', right: 'L', top: 'A', bottom: 'P' } as const

export const NOT_EVALUABLE = 'not evaluable'
export const INDETERMINATE = 'indeterminate'
export const SURVIVAL_RESULT = 'alive after'
export const undecided = (classes: string[]) => (classes.length === 0 ? 'no class likely enough' : classes.join(' or '))
export const tissueCall = (value: string) => `tissue: ${value}`
export const fromImages = (result: string) => `images: ${result}`
export const riskGroupOf = (name: string) => `risk group: ${name}`
export const NO_PREDICTION = 'the bundle gives no result for this head'
export const NO_QUALITY_NOTES = 'None.'
export const NO_EXPLANATION = 'No explanation: nothing was evaluable.'
/** What the bars of a chart contribute to: a class, or the risk. */
export const chartTitle = (head: Head, of: string) =>
  head === 'survival'
    ? 'Risk of death'
    : of === ''
      ? SHORT_HEAD_NAMES[head]
      : `${SHORT_HEAD_NAMES[head]}: ${className(head, of)}`
/** Shorter names for feature groups that would not fit into a chart. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  'spread of enhancement': 'T1c spread',
  'asymmetry of enhancement': 'T1c asymmetry',
  'evenness of enhancement': 'T1c evenness',
  'texture of enhancement': 'T1c texture',
  'enhancement over brain': 'T1c over brain',
  'tumour size and axes': 'size and axes',
  'tumour surface': 'surface',
}
export const shortFeature = (name: string) => SHORT_NAMES[name] ?? name
export const others = (count: number) => `${count} more together`
export const groupLegend = (name: string, n: number, events: number) => `${name}: ${n} patients, ${events} deaths`
export const BAND_LEGEND = '95 % band of the group'
export const PATIENT_LEGEND = 'this patient, 95 % interval'
export const MONTHS = 'months after imaging'
export const curveAlternative = (name: string, n: number, shares: string[], patient: string[]) =>
  `Kaplan-Meier curve of the ${n} patients of the ${name}-risk group in the training data: alive ${shares.join(', ')}. Predicted for this patient: alive ${patient.join(', ')}.`
export const aliveAfter = (share: string, months: string) => `${share} after ${months} months`
export const NO_SEQUENCE = 'not available'
export const NO_VOLUMES = 'The bundle measures no volumes.'
export const WARNING = 'Warning'
export const NOTE = 'Note'
export const REFERENCE_SERIES = 'reference'
export const NO_OUTLINES = 'No outlines are drawn: no tumour was segmented.'

export const diametersSentence = (
  lesions: readonly { longestMm: number; perpendicularMm: number; measurable: boolean }[],
) => {
  const sizes = lesions.map(({ longestMm, perpendicularMm, measurable }) => {
    const small = measurable ? '' : ' (too small to follow)'
    return `${diameterPair(longestMm, perpendicularMm)}${small}`
  })
  return sizes.length === 0 ? '' : `Enhancing, axial diameters (RANO): ${sizes.join('; ')}.`
}

export const sinceSentence = (date: string, days: number, category: string | undefined, name: string) =>
  ` Since ${date} (${days} d): ${category === undefined ? 'no category by size, see notes' : `${category}, ${name}`}.`

export const foundSentence = (volumes: string[]) =>
  volumes.length === 0 ? 'A lesion was segmented; see the volumes.' : `A lesion was segmented: ${volumes.join(', ')}.`
export const more = (count: number) => `… (${count} more at the end)`
/** Heading of what was cut or left out for lack of space. */
export const IN_FULL = 'In full: what did not fit on the pages before'
export const positionOf = (z: number) => `axial ${z < 0 ? 'I' : 'S'} ${millimetres(Math.abs(z))} mm`
export const RIGHT_ON_LEFT = 'Patient’s right is on the left.'
export const planeSentence = (areaMm2: number, noFinding: boolean) =>
  `Through the ${noFinding ? 'middle of the brain' : `bulk of the tumour (${(areaMm2 / 100).toFixed(1)} cm²)`}. ${RIGHT_ON_LEFT}`
export const figureAlternative = (sequence: string, z: number, outlines: string[]) =>
  `${sequence}, ${positionOf(z)}, ${outlines.length === 0 ? 'no outlines' : `with the outline of ${outlines.join(', ')}`}. The patient's right is on the left of the picture, anterior is up.`
export const scaleBarOf = (mm: number) => `${mm / 10} cm`
export const movedBy = (registration: Parameters<typeof movement>[0]) => `moved ${movement(registration)}`
export const sliceOf = (mm: number) => `${millimetres(mm)} mm slices`
export const NONE = 'none'
export const executionOf = (provider: string, runtime: string) => `${provider}, ${runtime}`
export const unreadable = (count: number) =>
  `This page has no letter shape for ${count === 1 ? 'one character' : `${count} characters`}, printed as [U+…] code points; read the text in the EHR or PACS.`

/** Shown when the pictures of the analysis were not kept. */
export const NO_FIGURES =
  'The key images are in the preliminary report of this analysis; they were not kept for this one.'

/** Replaces the uncertainty of a volume. */
export const CORRECTED = 'corrected'
export const OUTLINES =
  'Volumes are those of the outlines shown; check the outlines on the images before you use a volume.'
export const CORRECTED_OUTLINES =
  "Corrected volumes are the reviewer's; the outlines shown are the software's and were not redrawn."

export const REDRAWN_OUTLINES = 'Volumes were measured again on the outlines as the reviewer corrected them.'

/** Always printed; nothing in a bundle can remove it. */
export const STATEMENT = [NOT_REVIEWED_NOTICE, NOT_A_TISSUE_TEST_NOTICE, OUTLINES] as const
/** Replaces the statement once a reviewer has rejected the result. */
export const WITHDRAWN =
  'This page replaces the report that was rejected. What the software found is not shown and must not be used.'
export const intendedUse = (text: string) => `Intended use stated by the bundle: ${text}`

/** The page for tumour boards. */
export const bornOn = (date: string) => `born ${date}`
export const imagingOf = (date: string) => (date === '' ? '' : `imaging of ${date}`)
export const changeSince = (change: string, date: string) => `${change} mL since ${date}`
export const BOARD = {
  enhancing: 'Largest enhancement',
  oedema: 'Largest oedema',
  middle: 'Middle of the brain',
  plain: 'image alone',
  outlined: 'with outlines',
  predicted: 'From the images',
  more: 'Details, limits and provenance: next page.',
  scan: 'All images and the decision',
  qrAlternative: 'QR code of the address of the study page',
} as const
export const volumeInFull = (name: string, value: string, deviation: string) =>
  `${name}: ${value} mL${deviation === '' ? '' : ` ± ${deviation}`}`
