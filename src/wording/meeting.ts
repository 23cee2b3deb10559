// Wording of a tumour board meeting: the list of patients and the slides.
import type { NotShown } from '../domain/board.ts'

export const MEETING = {
  title: 'Tumour board',
  list: 'Patients',
  none: 'No patient was named.',
  details: 'Details, limits and provenance: the report of this patient.',
  next: 'Next',
  previous: 'Previous',
  toList: 'List',
  asPdf: 'As PDF',
  ask: 'Show these patients',
  patients: 'Patient IDs, one per line; where there are several issuers, the issuer after a tab',
  fromList: 'Or the id of a List in the EHR',
  decide: 'Images and decision',
  noPictures: 'The key images of this analysis were not kept.',
} as const

export const NOT_SHOWN: Readonly<Record<NotShown, string>> = {
  'no-result': 'no delivered analysis',
  'several-issuers': 'several patients have this identifier; name its issuer',
  'no-identifier': 'the EHR has no Patient ID for this patient',
}

export const countOf = (count: number) => (count === 1 ? '1 patient' : `${count} patients`)
export const onPage = (page: number) => `page ${page}`
export const slideOf = (n: number, count: number) => `${n} of ${count}`
