// The clinical record of one analysis: its states as a table, its delivery legs, its history.

import type { LegRecord } from './delivery.ts'
import type { ErrorCode } from './errors.ts'
import type { ReportableResult } from './finding.ts'
import type { Priority } from './priority.ts'
import type { ReviewFact } from './review.ts'
import type { DoubtPicture, PatientIdentity, SeriesChoice, Uid } from './study.ts'

/** What each state may become. Delivered, held and superseded are at rest; a person may have it delivered again. */
export const TRANSITIONS = {
  queued: ['running', 'held', 'superseded'],
  running: ['queued', 'analysed', 'held', 'superseded'],
  analysed: ['delivered', 'held', 'superseded'],
  delivered: ['analysed', 'superseded'],
  held: ['queued', 'analysed', 'superseded'],
  superseded: [],
} as const satisfies Record<string, readonly string[]>

export type AnalysisState = keyof typeof TRANSITIONS

/** Whether the table allows the step. */
export function mayBecome(from: AnalysisState, to: AnalysisState): boolean {
  return (TRANSITIONS[from] as readonly string[]).includes(to)
}

/** Whether a hold ends when a person says whose images these are; any other is released as it is. */
export function isAboutPatient(code: ErrorCode): boolean {
  return code === 'PATIENT_NOT_FOUND' || code === 'PATIENT_AMBIGUOUS' || code === 'PATIENT_MISMATCH'
}

/** Whether only a person, or newer images, can make it continue. */
export function isAtRest(state: AnalysisState): boolean {
  return state === 'delivered' || state === 'held' || state === 'superseded'
}

export interface AnalysisEvent {
  at: string
  /** For example "state", "step", "leg". */
  kind: string
  text: string
  data?: Record<string, unknown>
}

/** Which patient in the EHR these images belong to, according to a person. */
export interface ConfirmedPatient {
  /** "Patient/12" */
  reference: string
  /** Who confirmed, as they gave it. */
  by: string
  at: string
  /** The identity stated by the images at that time; the confirmation does not hold for any other. */
  of: PatientIdentity
}

/** What is known of an analysis: facts as they become known, and its whole result once there is one. No pixel data. */
export interface AnalysisSummary extends Partial<ReportableResult> {
  /** Seconds by step. */
  times?: Readonly<Record<string, number>>
  /** Pictures of series whose pixels contradict the headers. */
  pictures?: DoubtPicture[]
  /** Parts of the stored record that are damaged, or in a form that this version cannot read. */
  unreadable?: string[]
}

export interface AnalysisRecord {
  analysisId: string
  studyInstanceUid: Uid
  bundleId: string
  bundleDigest: string
  /** Absent in records from before it was kept. */
  modelDigest?: string
  /** sha256 over the sorted SOP Instance UIDs of the study's images */
  instanceSetDigest: string
  state: AnalysisState
  /** Set when held: catalogue code and message for a person. */
  hold?: { code: ErrorCode; message: string; at: string }
  attempts: number
  priority: Priority
  /** Increases with every analysis registered, whatever the clock says: tells which of two is the later one. */
  sequence: number
  /** ISO 8601 UTC; fixed at creation. */
  createdAt: string
  updatedAt: string
  legs: LegRecord[]
  /** A person's last decision; it does not change the state. */
  review?: ReviewFact
  confirmedPatient?: ConfirmedPatient
  /** Series that a person chose; for other sequences the headers decide. */
  seriesChoice?: SeriesChoice
  summary?: AnalysisSummary
}
