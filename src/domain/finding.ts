// The findings of an analysis: segmentation, measurements, predictions, quality notes, and what produced them.
import type { BoardRecord } from './board-record.ts'
import type { Comparison } from './comparison.ts'
import type { Said } from './said.ts'
import type { PatientIdentity, Sequence, SeriesDecision, StudyIdentity, Uid } from './study.ts'
import type { TreatmentHistory } from './treatment.ts'
import type { Grid, LabelVolume, Vec3, Volume } from './volume.ts'

/** Identity of a bundle; `digest` is the sha256 of its bundle.json, which holds the digests of all its files. */
export interface BundleIdentity {
  id: string
  version: string
  name: string
  /** sha256 of bundle.json, which covers the card and every file: the provenance of a result. */
  digest: string
  /** sha256 over everything that affects the computation, without the prose: the model's identity. A changed card does not change it. */
  modelDigest: string
  /** sha256 of the segmentation weights */
  weightsDigest: string
  license: string
  intendedUse: string
  /** sha256 of card.md, the model card */
  cardDigest?: string
  /** Unique Device Identification, if the bundle is a registered device; `issuer` is the URI of the issuing agency. */
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
  /** Who drew the outline, if not the software alone: a person, or both (the software's, corrected by a person). */
  drawnBy?: 'person' | 'both'
}

/** A number with its unit and uncertainty. */
export interface Measurement {
  /** A region ("WT", "TC", "ET"), or the key of a segment that is not a region ("NCR", "ED" …), as the bundle names them. */
  region: string
  name: string
  quantity: 'volume'
  value: number
  unit: 'mL'
  /** The labels that make up the region. */
  labels?: readonly number[]
  /** One standard deviation, same unit; absent if the bundle has no estimate. */
  standardDeviation?: number
}

/** Two diameters of one enhancing lesion on one axial plane (RANO), with their end points in LPS mm. */
export interface Bidimensional {
  longestMm: number
  /** The longest at right angles to it, on the same plane. */
  perpendicularMm: number
  longest: readonly [Vec3, Vec3]
  perpendicular: readonly [Vec3, Vec3]
  /** Axis of the grid perpendicular to the plane: 2 if the plane is a slice of the series itself. */
  axis: 0 | 1 | 2
  /** Index of the plane along that axis. */
  slice: number
  /** Long enough to be followed: see `isMeasurable`. */
  measurable: boolean
  /** 1-based; absent if it equals the position in the list. Outlines redrawn by a reviewer keep the numbers of the software's lesions. */
  number?: number
  /** A reviewer stated other lengths, which the end points do not match. */
  isCorrected?: true
}

/** Both diameters of a measurable lesion are at least this long (RANO 2.0, Wen et al., J Clin Oncol 2023;41:5187-5199). */
export const MEASURABLE_MM = 10

export const isMeasurable = ({
  longestMm,
  perpendicularMm,
}: Pick<Bidimensional, 'longestMm' | 'perpendicularMm'>): boolean =>
  longestMm >= MEASURABLE_MM && perpendicularMm >= MEASURABLE_MM

/** The number that identifies a lesion in every output. */
export function numberOf({ number }: Pick<Bidimensional, 'number'>, index: number): number {
  return number ?? index + 1
}

/** Most lesions of the whole tumour that a result lists, largest first; nobody reads hundreds of specks. */
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

/** What the EHR knows about the patient's treatment and condition; each part is absent if not known. */
export interface ClinicalFacts {
  /** Extent of resection, as stated or planned. */
  resection?: 'gross-total' | 'subtotal' | 'biopsy'
  /** Karnofsky performance status, 0 to 100. */
  karnofsky?: number
}

/** A tissue test result in the patient's record: quoted as it is, and given precedence over predictions from images. */
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
  /** In the unit that the name states; absent for a group, or if the feature was missing. */
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

/** Where hiding a block of the image changed the answer most: the voxels with at least half the effect of the strongest one. */
export interface Saliency {
  blockMm: Vec3
  /** Centre of these voxels, LPS mm. */
  centre: Vec3
  /** Shares of these voxels, 0 to 1: in the tumour, and by segment key. */
  insideTumour: number
  segments: Record<string, number>
}

/** The answer of a head that could give one; an indeterminate one has no call. */
export interface EvaluatedPrediction {
  head: Head
  status: 'evaluable' | 'indeterminate'
  /** For example { "IDH-mutant": 0.91, "IDH-wildtype": 0.09 }; for survival { "12": 0.71, … } months → survival probability */
  probabilities: Record<string, number>
  /** 95 % interval per key of `probabilities`, if known. */
  intervals: Record<string, readonly [number, number]>
  /** The only class that remains at the stated error rate, if probable enough; absent if indeterminate, and for survival. */
  call?: string
  /** For an indeterminate head: the classes that cannot be told apart; empty if no class is likely enough. */
  remaining?: string[]
  /** For an indeterminate head: why there is no call, as a sentence. */
  reason?: string
  /** The reason for other languages; absent if only English has it, as in a bundle's own words. */
  said?: Said
  /** The most that the calibration data can support: patients and highest probability per class; no probability exceeds it. */
  bounds?: { patients: Record<string, number>; most: Record<string, number> }
  /** Patients in the calibration data whose call was as probable as this one, and how many of those calls were wrong. */
  errorBudget?: { n: number; wrong: number }
  /** The lowest probability for a call, as the bundle states it. */
  leastCall?: number
  /** How often the true class may be missed (conformal prediction), as the bundle states it. */
  errorRate?: number
  /** Strongest first; the contributions add up to `explained.value - explained.reference`. */
  explanation: Contribution[]
  /** What the contributions add up to: the log-odds of a class, or the logarithm of the relative risk of death. */
  explained?: { of: string; scale: 'log-odds' | 'log-risk'; reference: number; value: number }
  /** For a head that uses the bundle's library: cosine similarities of the past patients it relied on, most similar first, and the size of the library. */
  similar?: { cosines: number[]; of: number }
  /** For a head that looks at the image itself, if the bundle declares it. */
  saliency?: Saliency
  /** Probabilities before they are bounded by the calibration data: for evaluating a head, never shown to a reader. */
  scores?: Record<string, number>
  /** For a survival head. */
  survival?: { logRisk: number; logRiskInterval: readonly [number, number]; group: RiskGroup }
}

/** A prediction of one head. "not-evaluable" is a result like any other and says why. */
export type Prediction = { head: Head; status: 'not-evaluable'; reason: string; said?: Said } | EvaluatedPrediction

export interface QualityNote {
  code: string
  severity: 'info' | 'warning'
  text: string
  /** The text for other languages; absent if only English has it. */
  said?: Said
}

/** Which runtime ran the network; `provider` is the one that actually ran, `declined` says why earlier choices did not. */
export interface ExecutionRecord {
  provider: string
  requested: string[]
  declined: { provider: string; reason: string }[]
  runtime: string
  seconds: number
  peakRssMb: number
  /** For a graph of networks, in order: the time each stage took and its size in voxels X, Y, Z, or why it was skipped. */
  stages?: { stage: string; seconds: number; size?: readonly number[]; skipped?: string }[]
}

/** One sequence that went into the network, with the rigid transform found for it. */
export interface InputSeries {
  sequence: Sequence
  seriesInstanceUid: Uid
  sopInstanceUids: Uid[]
  sliceThicknessMm: number
  /** Rigid motion relative to the reference series: mm and degrees; zero for the reference itself. */
  registration: { translationMm: number; rotationDegrees: number; reference: boolean }
}

/** Half-width of a 95 % interval, in standard deviations of a normal distribution, as stated for every measured value. */
export const HALF_95 = 1.96

/** A sequence resampled on the reference series' own grid, for key images. */
export interface SequenceImage {
  sequence: Sequence
  image: Volume<Float32Array>
}

/** The clock by which results are dated. */
export interface ResultClock {
  /** IANA time zone of the site, for images that state none; default UTC. */
  timeZone?: string
  /** The latest moment that an image states, on its own clock: YYYYMMDDHHMMSS. */
  imagesUntil?: string
}

/** Everything that reports and encoders need; requires no IO. */
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
  /** True if the tumour found is below the bundle's no-finding limit; the label volume is then all zero. */
  noFinding: boolean
  measurements: Measurement[]
  /** Absent without a tumour, or if the bundle does not segment the brain. */
  position?: TumourPosition
  /** Of the enhancing lesions, largest first; absent if the bundle has no enhancing region. */
  diameters?: Bidimensional[]
  /** Of the whole tumour, largest first; absent in results of earlier versions. */
  lesions?: TumourLesion[]
  /** Of the segmentation; absent in results of earlier versions. */
  grid?: Grid
  /** With the patient's latest earlier study; absent if there is none, or none that can be compared. */
  comparison?: Comparison
  predictions: Prediction[]
  /** What the record says about radiotherapy, bevacizumab and steroids; absent if none of it was read. */
  treatment?: TreatmentHistory
  /** What the tumour board is to answer and decided last; absent if none of it was read. */
  boardRecord?: BoardRecord
  /** For the markers that heads predict; absent if the record has none or was not read. */
  tissueResults?: TissueResult[]
  quality: QualityNote[]
  execution: ExecutionRecord
  /** The moment the analysis was registered (ISO 8601, UTC): every date written into results derives from it, so re-runs give the same bytes. */
  analysedAt: string
  clock?: ResultClock
}

/** Version of the form in which results are stored; a change requires a new step in the store's reader. */
export const RESULT_VERSION = 2

export type ReportableResult = Omit<AnalysisResult, 'segmentation'>
