// Words of a tumour board's meeting: the list of patients, and one slide after the other.
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
  patients: 'Patient IDs, one a line; the issuer after a tab where there are several',
  fromList: 'Or the id of a List in the EHR',
  decide: 'Images and decision',
  noPictures: 'The key images of this analysis were not kept.',
} as const

export const NOT_SHOWN: Readonly<Record<NotShown, string>> = {
  'no-result': 'no delivered analysis',
  'several-issuers': 'this identifier is that of several patients; name its issuer',
  'no-identifier': 'the EHR knows no Patient ID of this patient',
}

export const countOf = (count: number) => (count === 1 ? '1 patient' : `${count} patients`)
export const onPage = (page: number) => `page ${page}`
export const slideOf = (n: number, count: number) => `${n} of ${count}`
