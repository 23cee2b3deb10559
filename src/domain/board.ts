// A meeting of a tumour board: who is to be shown, and what of each patient, as words and pictures.
import type { ReportableResult } from './finding.ts'
import type { Review } from './review.ts'

export interface PatientId {
  patientId: string
  /** Any, where it is left out: then the identifier must be one patient's alone. */
  issuerOfPatientId?: string
}

/** As they were asked for: by an identifier, or by the record of the EHR, which may know several. */
export interface BoardPatient {
  /** "GB-20417", or "Patient/12" of the EHR. */
  requested: string
  ids: readonly PatientId[]
}

/** Whom a meeting is about: patients, or those of a List of the EHR. */
export type BoardRequest = { list: string } | { patients: readonly PatientId[] }

/** Why nothing is shown of a patient. */
export type NotShown = 'no-result' | 'several-issuers' | 'no-identifier'

/** A patient of the meeting with the latest result, as its last review left it; or why there is none. */
export type BoardEntry =
  | { requested: string; notShown: NotShown }
  | { requested: string; analysisId: string; result: ReportableResult; review?: Review; figures?: Uint8Array }

/** What the page for tumour boards says beside its pictures, in the fewest words. */
export interface BoardContent {
  /** "Born 1968-02-29 · female · GB-DEMO-0001 · imaging of 2026-03-14" */
  identity: string
  impression: readonly string[]
  volumes: { name: string; text: string; change: string; colour?: string }[]
  /** The call with how likely it is, and how often such calls were wrong; or that it cannot be told. */
  calls: { name: string; text: string; budget: string; shortBudget: string }[]
}

/** One picture of a slide: the image by its number among those that were kept, outlines as paths in mm. */
export interface BoardPicture {
  index: number
  caption: string
  widthMm: number
  heightMm: number
  outlines: { name: string; colour: string; dash: readonly number[]; path: string }[]
}

/** One patient on the projector; without values where a reviewer rejected them, or where there are none. */
export type BoardSlide =
  | { requested: string; notShown: NotShown }
  | {
      requested: string
      analysisId: string
      names: readonly string[]
      status: string
      /** In the place of all values. */
      withdrawn?: string
      content?: BoardContent
      warnings: readonly string[]
      pictures: readonly BoardPicture[]
    }

/** One patient a line: the Patient ID and, after a tab, its issuer where the site has several. Empty lines and those after "#" say nothing. */
export function readPatientList(text: string): PatientId[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const [patientId = '', issuer = ''] = line.split('\t').map((part) => part.trim())
    if (patientId === '' || patientId.startsWith('#')) return []
    return [{ patientId, ...(issuer !== '' && { issuerOfPatientId: issuer }) }]
  })
}
