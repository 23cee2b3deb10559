// Who may do what: the one table of roles and rights, and what is known about a signed-in person.
import type { AnalysisRecord } from './analysis.ts'
import type { PatientId } from './board.ts'
import type { Reviewer } from './review.ts'

export const ROLES = ['viewer', 'reviewer', 'administrator', 'board'] as const
export type Role = (typeof ROLES)[number]

/** Right → roles that have it. A person may have several roles; nobody has a right that is not listed here. */
export const RIGHTS = {
  /** One analysis: its page, images, report, history. */
  see: ['viewer', 'reviewer', 'administrator', 'board'],
  /** The worklist, searches, studies that were not analysed. */
  list: ['viewer', 'reviewer', 'administrator'],
  /** The tumour board's page and document. */
  meet: ['viewer', 'reviewer', 'administrator', 'board'],
  /** Accept, correct or reject a result. */
  decide: ['reviewer'],
  /** Release a hold, confirm a patient, choose series, try again, have a study analysed. */
  resolve: ['reviewer', 'administrator'],
  /** Backfill, replay, metrics, notices, how the rules apply to a study, this site's own figures, bundles. */
  operate: ['administrator'],
} as const satisfies Record<string, readonly Role[]>
export type Right = keyof typeof RIGHTS

export function hasRight(roles: readonly Role[], right: Right): boolean {
  return (RIGHTS[right] as readonly Role[]).some((role) => roles.includes(role))
}

/** The patient in whose context the EHR launched us, as the EHR and as images identify them. */
export interface LaunchedPatient {
  /** "Patient/12" */
  reference: string
  ids: readonly PatientId[]
}

/** A person who signed in. */
export interface Visitor {
  person: Reviewer
  roles: readonly Role[]
  /** Name of the local account, if it is one. */
  account?: string
  /** Who they are at the identity provider at which they signed in, and which session of theirs it is, so that it can sign them out here. */
  atProvider?: { sub: string; sid?: string }
  /** Set after a launch from the EHR: no other patient's data is shown. */
  patient?: LaunchedPatient
}

/**
 * Whether an analysis is the launched patient's. The EHR patient to whom the report was written, or whom a person confirmed, takes
 * precedence over the identifier in the images, which may be wrong.
 */
export function isOfPatient(
  { legs, confirmedPatient, summary }: Pick<AnalysisRecord, 'legs' | 'confirmedPatient' | 'summary'>,
  { reference, ids }: LaunchedPatient,
): boolean {
  const matched = legs.find(({ leg }) => leg === 'ehr')?.receipt?.patient ?? confirmedPatient?.reference
  if (matched !== undefined) return matched === reference
  const identity = summary?.patient
  if (!identity) return false
  return ids.some(
    ({ patientId, issuerOfPatientId }) =>
      patientId === identity.patientId &&
      (issuerOfPatientId === undefined || issuerOfPatientId === identity.issuerOfPatientId),
  )
}
