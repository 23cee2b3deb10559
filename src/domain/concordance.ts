// How this site's predictions hold up against tissue tested later and reviewers' changes, beside the figures on the bundle's card.
import type { Head, Measurement, Prediction } from './finding.ts'
import type { Opinion } from './opinion.ts'
import type { Review } from './review.ts'

/** What the record states about a head's marker, as a class of that head: the settings map values to classes. */
export interface TissueAnswer {
  head: Head
  /** "IDH-mutant" */
  answer: string
  /** FHIR date, as far as it is known. */
  date?: string
  /** "Observation/12", "DiagnosticReport/3" */
  reference: string
}

/** A delivered analysis as it is scored; nothing in it identifies the patient to a reader. */
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
  review?: Pick<Review, 'decision' | 'edits' | 'reviewer'> & { measurements?: Measurement[] }
  answers: TissueAnswer[]
  /** What readers thought before they saw the predictions, in the order in which they said it. */
  opinions: Opinion[]
}

/** With fewer patients, no share is stated. */
export const MIN_PATIENTS = 20
/** An AUC needs at least this many patients with the class, and this many without it. */
export const MIN_OF_CLASS = 5

/** `count` of `of`. */
export interface Share {
  count: number
  of: number
  /** Wilson's 95 % score interval; absent if `of` is 0. */
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
  /** Patients whose tissue results name more than one class; they are not scored. */
  contradictory: number
  /** Scored patients without an answer. */
  notEvaluable: Share
  /** Scored patients with an answer but no call. */
  abstentions: Share
  calls: number
  /** Calls that tissue contradicts. */
  wrongCalls: Share
  /** Calls that a reviewer changed, of those that were reviewed. */
  changedCalls: Share
  auc: AucFigure[]
  /** What the bundle's card states; absent if it states nothing in this form. */
  card?: { wrongCalls?: Share; auc?: AucFigure }
}

/** Figures for analyses that a person has decided on. */
export interface OutlineFigures {
  /** Accepted with outlines and volumes unchanged. */
  unchanged: Share
  edited: Share
  rejected: Share
  /** Of edited whole-tumour volumes: median of |change| as a share of the software's volume. */
  medianChange?: number
}

/** What the software's predictions do to readers who had formed an own opinion: markers of which both named a class. */
export interface OpinionFigures {
  /** Markers of which the reader named the class that the software called. */
  agreed: Share
  /** Of the others, on which the same reader then decided: those for which they took over the software's class. */
  tookOver: Share
  /** Of these, where tissue tells: those for which the software was wrong. */
  tookOverWrongly: Share
}

export interface SiteFigures {
  /** ISO 8601: covers analyses registered at or after `from` and before `until`. */
  from: string
  until: string
  bundle: { id: string; version: string; modelDigest: string }
  analyses: number
  patients: number
  /** Analyses in the same period by other models, which are not counted. */
  otherModels: number
  heads: HeadFigures[]
  /** Heads that the bundle does not provide. */
  silentHeads: Head[]
  outlines: OutlineFigures
  /** Absent if no reader stated an own opinion. */
  opinions?: OpinionFigures
  /** Whether the site configured values of tissue results; without them nothing is compared with tissue. */
  readsTissue: boolean
}
