// What an analysis found: segmentation, measurements, predictions, quality notes, and what produced them.
import type { Comparison } from './comparison.ts'
import type { PatientIdentity, Sequence, SeriesDecision, StudyIdentity, Uid } from './study.ts'
import type { TreatmentHistory } from './treatment.ts'
import type { Grid, LabelVolume, Vec3, Volume } from './volume.ts'

/** Identity of a bundle; `digest` is the sha256 of its bundle.json, which holds the digests of all its files. */
export interface BundleIdentity {
  id: string
  version: string
  name: string
  /** sha256 of bundle.json, which covers the card and every file: where a result comes from. */
  digest: string
  /** sha256 over what computes, without the prose: which model it is. Two versions of a card have the same one. */
  modelDigest: string
  /** sha256 of the segmentation weights */
  weightsDigest: string
  license: string
  intendedUse: string
  /** sha256 of card.md, the model card */
  cardDigest?: string
  /** Unique Device Identification, of a bundle that is a registered device; `issuer` is the URI of the issuing agency. */
  udi?: { deviceIdentifier: string; issuer: string; carrierHRF?: string }
}

/** One label of the segmentation, present or not. */
export interface Segment {
  /** Label value in the label volume, 1-based, as the bundle declares it. */
  label: number
  /** "NCR", "ED", "ET" or the bundle's own key */
  key: string
  name: string
  voxelCount: number
  /** By whose hand the outline is, where it is no longer only the software's: a person's, or the software's corrected by one. */
  drawnBy?: 'person' | 'both'
}

/** A number with its unit and uncertainty. */
export interface Measurement {
  /** A region, "WT", "TC", "ET", or the key of a segment that is no region: "NCR", "ED" … as the bundle names them. */
  region: string
  name: string
  quantity: 'volume'
  value: number
  unit: 'mL'
  /** The labels that make up the region. */
  labels?: readonly number[]
  /** One standard deviation, same unit; absent when the bundle has no estimate. */
  standardDeviation?: number
}

/** Two diameters of one enhancing lesion on one axial plane (RANO), with their ends in LPS mm. */
export interface Bidimensional {
  longestMm: number
  /** The longest at right angles to it, on the same plane. */
  perpendicularMm: number
  longest: readonly [Vec3, Vec3]
  perpendicular: readonly [Vec3, Vec3]
  /** Axis of the grid across the plane: 2 when the plane is a slice of the series itself. */
  axis: 0 | 1 | 2
  /** Index of the plane along that axis. */
  slice: number
  /** Long enough to be followed: see `isMeasurable`. */
  measurable: boolean
  /** 1-based; absent where it is the place in the list. Outlines that a reviewer redrew keep the numbers of the software's lesions. */
  number?: number
  /** A reviewer stated other lengths: the ends are not theirs. */
  isCorrected?: true
}

/** Both diameters of a measurable lesion are at least this long (RANO 2.0, Wen et al., J Clin Oncol 2023;41:5187-5199). */
export const MEASURABLE_MM = 10

export const isMeasurable = ({
  longestMm,
  perpendicularMm,
}: Pick<Bidimensional, 'longestMm' | 'perpendicularMm'>): boolean =>
  longestMm >= MEASURABLE_MM && perpendicularMm >= MEASURABLE_MM

/** The number by which a lesion is spoken of, in every output. */
export function numberOf({ number }: Pick<Bidimensional, 'number'>, index: number): number {
  return number ?? index + 1
}

/** Lesions of the whole tumour that a result names one by one, the largest first; hundreds of specks are not read. */
export const MAX_NAMED_LESIONS = 20

/** One connected part of the whole tumour (26 neighbours). */
export interface TumourLesion {
  millilitres: number
  /** Centre of gravity, LPS mm. */
  centre: Vec3
}

/** Where the whole tumour lies, by the bounding box of the brain; coarse, since nothing here knows anatomy. */
export interface TumourPosition {
  /** The patient's. */
  side: 'left' | 'right'
  crossesMidline: boolean
  /** Third of the brain from front to back. */
  part: 'anterior' | 'middle' | 'posterior'
}

export type Head = 'idh' | '1p19q' | 'mgmt' | 'grade' | 'survival'
export const HEADS: readonly Head[] = ['idh', '1p19q', 'mgmt', 'grade', 'survival']

/** What the EHR knows of the patient's treatment and condition; each part absent where it is not known. */
export interface ClinicalFacts {
  /** Extent of resection, as stated or planned. */
  resection?: 'gross-total' | 'subtotal' | 'biopsy'
  /** Karnofsky performance status, 0 to 100. */
  karnofsky?: number
}

/** A result of a test on tissue in the patient's record: quoted as it stands, and put before what is predicted from images. */
export interface TissueResult {
  head: Head
  /** Name of the test, in the record's words. */
  test: string
  /** In the record's words. */
  value: string
  /** FHIR date, as far as it is known. */
  date?: string
  /** "Observation/12" */
  reference: string
}

/** The exact Shapley value of one feature (or declared group of features) against the training medians. */
export interface Contribution {
  /** Name in the bundle: "age_years", "shape_Sphericity", or a group's own name. */
  feature: string
  /** In the unit that the name states; absent for a group, and where the feature was missing. */
  value?: number
  contribution: number
}

/** Patients of the training data with a similar risk, and how long they lived (Kaplan-Meier, 95 % band). */
export interface RiskGroup {
  name: string
  n: number
  events: number
  kaplanMeier: { months: number[]; survival: number[]; lower: number[]; upper: number[] }
}

/** Where hiding a block of the image moved the answer most: the voxels that moved it at least half as much as the strongest. */
export interface Saliency {
  blockMm: Vec3
  /** Their middle, LPS mm. */
  centre: Vec3
  /** Shares of them, 0 to 1: in the tumour, and by segment key. */
  insideTumour: number
  segments: Record<string, number>
}

/** What a head that could answer says; of an indeterminate one there is no call. */
export interface EvaluatedPrediction {
  head: Head
  status: 'evaluable' | 'indeterminate'
  /** For example { "IDH-mutant": 0.91, "IDH-wildtype": 0.09 }; for survival { "12": 0.71, … } months → survival probability */
  probabilities: Record<string, number>
  /** 95 % interval per key of `probabilities`, where known. */
  intervals: Record<string, readonly [number, number]>
  /** The one class that is left at the stated error rate and is probable enough; absent when indeterminate, and for survival. */
  call?: string
  /** Of an indeterminate head: the classes that cannot be told apart; empty when no class is likely enough. */
  remaining?: string[]
  /** Of an indeterminate head: why there is no call, as a sentence. */
  reason?: string
  /** What the calibration data can show, and no probability goes beyond: patients and highest probability per class. */
  bounds?: { patients: Record<string, number>; most: Record<string, number> }
  /** Of patients of the calibration data whose call was as probable as this one: how many, and how many of the calls were wrong. */
  errorBudget?: { n: number; wrong: number }
  /** What a call needs at least of the probability, as the bundle states it. */
  leastCall?: number
  /** How often the true class may be missed (conformal prediction), as the bundle states it. */
  errorRate?: number
  /** Strongest first; the contributions add up to `explained.value - explained.reference`. */
  explanation: Contribution[]
  /** What the contributions add up to: the log-odds of a class, or the logarithm of the relative risk of death. */
  explained?: { of: string; scale: 'log-odds' | 'log-risk'; reference: number; value: number }
  /** Of a head that asked the bundle's library: cosines of the past patients that it leant on, the nearest first, of how many. */
  similar?: { cosines: number[]; of: number }
  /** Of a head that looks at the image itself, where the bundle declares it. */
  saliency?: Saliency
  /** Probabilities before the bounds of the calibration data: for measuring a head, never for a reader. */
  scores?: Record<string, number>
  /** Of a survival head. */
  survival?: { logRisk: number; logRiskInterval: readonly [number, number]; group: RiskGroup }
}

/** A prediction of one head. "not-evaluable" is a result like any other and says why. */
export type Prediction = { head: Head; status: 'not-evaluable'; reason: string } | EvaluatedPrediction

export interface QualityNote {
  code: string
  severity: 'info' | 'warning'
  text: string
}

/** Which runtime ran the network; `provider` is the one that really ran, `declined` says why earlier ones did not. */
export interface ExecutionRecord {
  provider: string
  requested: string[]
  declined: { provider: string; reason: string }[]
  runtime: string
  seconds: number
  peakRssMb: number
  /** Of a graph of networks, in their order: what each stage took, on how many voxels X, Y, Z, or why it was skipped. */
  stages?: { stage: string; seconds: number; size?: readonly number[]; skipped?: string }[]
}

/** One sequence that went into the network, with the rigid transform found for it. */
export interface InputSeries {
  sequence: Sequence
  seriesInstanceUid: Uid
  sopInstanceUids: Uid[]
  sliceThicknessMm: number
  /** Rigid motion against the reference series: mm and degrees; zero for the reference itself. */
  registration: { translationMm: number; rotationDegrees: number; reference: boolean }
}

/** Half of a 95 % interval, in standard deviations of a normal distribution: what is stated of every measured value. */
export const HALF_95 = 1.96

/** A sequence resampled on the reference series' own grid, for key images. */
export interface SequenceImage {
  sequence: Sequence
  image: Volume<Float32Array>
}

/** By which clock results are dated. */
export interface ResultClock {
  /** IANA time zone of the site, for images that state none; UTC when left out. */
  timeZone?: string
  /** The latest moment that an image states, on its own clock: YYYYMMDDHHMMSS. */
  imagesUntil?: string
}

/** Everything that reports and encoders need; no IO behind it. */
export interface AnalysisResult {
  analysisId: string
  patient: PatientIdentity
  study: StudyIdentity
  bundle: BundleIdentity
  software: { name: string; version: string; manufacturer: string }
  decisions: SeriesDecision[]
  inputs: InputSeries[]
  /** The series whose grid carries the segmentation. */
  referenceSeriesUid: Uid
  /** Labels on the reference series' own grid. */
  segmentation: LabelVolume
  segments: Segment[]
  /** True when the tumour found is below the bundle's no-finding limit; the label volume is then all zero. */
  noFinding: boolean
  measurements: Measurement[]
  /** Absent without a tumour, or where the bundle marks no brain. */
  position?: TumourPosition
  /** Of the enhancing lesions, largest first; absent when the bundle has no enhancing region. */
  diameters?: Bidimensional[]
  /** Of the whole tumour, largest first; absent in results of earlier versions. */
  lesions?: TumourLesion[]
  /** Of the segmentation; absent in results of earlier versions. */
  grid?: Grid
  /** Against the latest earlier study of the patient; absent when there is none, or none that can be compared. */
  comparison?: Comparison
  predictions: Prediction[]
  /** What the record says of radiotherapy, bevacizumab and steroids; absent where none of it was read. */
  treatment?: TreatmentHistory
  /** Of the markers that heads predict; absent when the record has none or was not read. */
  tissueResults?: TissueResult[]
  quality: QualityNote[]
  execution: ExecutionRecord
  /** The moment the analysis was registered (ISO 8601, UTC): every date written into results derives from it, so re-runs give the same bytes. */
  analysedAt: string
  clock?: ResultClock
}

/** Of the form in which results are stored; a change of it brings a step in the store's reader. */
export const RESULT_VERSION = 2

export type ReportableResult = Omit<AnalysisResult, 'segmentation'>
