// A tumour board meeting: who is shown, and what of each patient, as words and pictures.
import type { ReportableResult } from './finding.ts'
import type { Review } from './review.ts'

export interface PatientId {
  patientId: string
  /** Any issuer if absent: then only one patient may have the identifier. */
  issuerOfPatientId?: string
}

/** A patient as requested: by an identifier, or by a record in the EHR, which may have several. */
export interface BoardPatient {
  /** "GB-20417", or "Patient/12" of the EHR. */
  requested: string
  ids: readonly PatientId[]
}

/** Whom a meeting is about: patients, or those in a List of the EHR. */
export type BoardRequest = { list: string } | { patients: readonly PatientId[] }

/** Why nothing is shown of a patient. */
export type NotShown = 'no-result' | 'several-issuers' | 'no-identifier'

/** A patient of the meeting with the latest result, as its last review left it; or why there is none. */
export type BoardEntry =
  | { requested: string; notShown: NotShown }
  | { requested: string; analysisId: string; result: ReportableResult; review?: Review; figures?: Uint8Array }

/** What the tumour board page says besides its pictures, in the fewest words. */
export interface BoardContent {
  /** "Born 1968-02-29 · female · GB-DEMO-0001 · imaging of 2026-03-14" */
  identity: string
  /** The question, the last decision, and what changed since then, as far as the EHR states them. */
  record: readonly string[]
  impression: readonly string[]
  volumes: { name: string; text: string; change: string; colour?: string }[]
  /** The call with how likely it is and how often such calls were wrong; or that there is none. */
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

/** One patient on the projector; without values if a reviewer rejected them, or if there are none. */
export type BoardSlide =
  | { requested: string; notShown: NotShown }
  | {
      requested: string
      analysisId: string
      names: readonly string[]
      status: string
      /** Shown instead of all values. */
      withdrawn?: string
      content?: BoardContent
      warnings: readonly string[]
      pictures: readonly BoardPicture[]
    }

/**
 * One patient per line: the Patient ID and, after a tab, its issuer if the site has several. Empty lines and lines beginning
 * with "#" are ignored.
 */
export function readPatientList(text: string): PatientId[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const [patientId = '', issuer = ''] = line.split('\t').map((part) => part.trim())
    if (patientId === '' || patientId.startsWith('#')) return []
    return [{ patientId, ...(issuer !== '' && { issuerOfPatientId: issuer }) }]
  })
}
