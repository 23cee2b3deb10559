// Wording of a tumour board meeting on the pages; the PDF's is in languages/.
import type { NotShown } from '../domain/board.ts'
import { ENGLISH } from './languages/en.ts'

export const MEETING = {
  title: ENGLISH.meeting.title,
  list: 'Patients',
  none: ENGLISH.meeting.none,
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

export const NOT_SHOWN: Readonly<Record<NotShown, string>> = ENGLISH.meeting.notShown
export const countOf = ENGLISH.meeting.count
export const slideOf = (n: number, count: number) => `${n} of ${count}`
