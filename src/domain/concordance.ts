// What this site's own record says of its predictions: tissue tested later, and what reviewers changed; beside the figures of the bundle's card.
import type { Head, Measurement, Prediction } from './finding.ts'
import type { Review } from './review.ts'

/** What the record states of a head's marker, as a class of that head: the site's settings say which value is which class. */
export interface TissueAnswer {
  head: Head
  /** "IDH-mutant" */
  answer: string
  /** FHIR date, as far as it is known. */
  date?: string
  /** "Observation/12", "DiagnosticReport/3" */
  reference: string
}

/** A delivered analysis as it is scored; nothing in it names the patient to a reader. */
export interface SiteCase {
  analysisId: string
  /** ISO 8601 UTC */
  createdAt: string
  /** The same for all analyses of one patient. */
  patientKey: string
  /** DICOM DA */
  studyDate: string
  modelDigest: string
  predictions: Prediction[]
  measurements: Measurement[]
  /** The last decision of a person. */
  review?: Pick<Review, 'decision' | 'edits'> & { measurements?: Measurement[] }
  answers: TissueAnswer[]
}

/** Fewer patients than this are too few to state a share of. */
export const MIN_PATIENTS = 20
/** An AUC needs as many patients with a class, and as many without it. */
export const MIN_OF_CLASS = 5

/** `count` of `of`. */
export interface Share {
  count: number
  of: number
  /** Wilson's 95 % score interval; absent of nobody. */
  ci95?: readonly [number, number]
}

export interface AucFigure {
  /** This class against the others. */
  label: string
  value: number
  ci95: readonly [number, number]
}

/** Each patient counts once, with their earliest study. */
export interface HeadFigures {
  head: Head
  /** Patients with a prediction and a result from tissue. */
  patients: number
  /** Patients whose results from tissue name two classes: they are not scored. */
  contradictory: number
  /** Of the scored patients: no answer; an answer without a call. */
  notEvaluable: Share
  abstentions: Share
  calls: number
  /** Calls that tissue contradicts. */
  wrongCalls: Share
  /** Calls that a reviewer changed, of those reviewed. */
  changedCalls: Share
  auc: AucFigure[]
  /** What the bundle's card states; absent where it states nothing in this form. */
  card?: { wrongCalls?: Share; auc?: AucFigure }
}

/** Of analyses that a person decided on. */
export interface OutlineFigures {
  /** Accepted with outlines and volumes as they were. */
  unchanged: Share
  edited: Share
  rejected: Share
  /** Of edited whole-tumour volumes: the middle of |change| as a share of the software's volume. */
  medianChange?: number
}

export interface SiteFigures {
  /** ISO 8601: analyses registered from then on, and before. */
  from: string
  until: string
  bundle: { id: string; version: string; modelDigest: string }
  analyses: number
  patients: number
  /** Analyses of the same time by other models, which are not counted. */
  otherModels: number
  heads: HeadFigures[]
  /** Heads that the bundle does not answer for. */
  silentHeads: Head[]
  outlines: OutlineFigures
  /** Whether the site named values of tissue results; without them nothing is compared with tissue. */
  readsTissue: boolean
}
