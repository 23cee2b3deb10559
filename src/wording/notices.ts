// Wording of notices: that there is something, and where; never the finding, never a name.
import { calendarDate } from '../domain/dicom-date.ts'
import { ERRORS } from '../domain/errors.ts'
import type { NoticeItem } from '../domain/notice.ts'
import type { NoticeState } from '../domain/ports/notices.ts'
import { HEAD_NAMES } from './names.ts'

/** What a notice may say about a study besides our own ids. */
export interface StudyWords {
  studyInstanceUid: string
  /** DICOM DA */
  studyDate: string
  accessionNumber: string
}

/** The worklist shows the rest. */
const MAX_ITEMS = 50

export const NOTICE_WORDS = {
  urgentTitle: 'The result of an urgent study is ready',
  standingTitle: (count: number) => (count === 1 ? '1 item needs attention' : `${count} items need attention`),
  research: 'Research use only. A preliminary analysis by software; no physician has reviewed it.',
  footer: (rule: string) => `Sent by Gliabridge under the rule "${rule}" of its settings.`,
} as const

/** The page on which they are listed. */
export const NOTICES_PAGE = {
  title: 'Notices',
  intro:
    'Mails, webhooks and messages in the EHR that the rules of the settings (notify) ask for. What fails is tried again by itself until it is given up.',
  none: 'There is no such notice.',
  all: 'All',
  filter: 'Filter by state',
  caption: 'Notices, latest first',
  columns: ['Made', 'About', 'State', 'Reason', 'Send again'],
  rule: (name: string) => `by the rule "${name}"`,
  attempts: (count: number) => (count === 1 ? 'after 1 attempt' : `after ${count} attempts`),
  failed: (count: number) => (count === 1 ? '1 notice was given up' : `${count} notices were given up`),
  look: 'See why, and send again',
} as const

export const NOTICE_STATES: Record<NoticeState, string> = { failed: 'given up', waiting: 'waiting', done: 'sent' }

export function noticeTitle(items: readonly NoticeItem[]): string {
  return isUrgent(items) ? NOTICE_WORDS.urgentTitle : NOTICE_WORDS.standingTitle(items.length)
}

export function isUrgent(items: readonly NoticeItem[]): boolean {
  return items[0]?.subject === 'urgent-result'
}

/** One paragraph per item, then what applies to all of them. */
export function noticeParagraphs(
  items: readonly NoticeItem[],
  linkTo: (item: NoticeItem) => string | undefined,
  wordsOf: (item: NoticeItem) => StudyWords | undefined,
): string[] {
  const paragraphs = items.slice(0, MAX_ITEMS).map((item) => {
    const lines = [sentence(item), ...studyLines(wordsOf(item)), ...(linkTo(item) ? [linkTo(item)!] : [])]
    return lines.join('\n')
  })
  const more = items.length - paragraphs.length
  return [
    ...paragraphs,
    ...(more > 0 ? [`And ${more} more: see the worklist.`] : []),
    ...(isUrgent(items) ? [NOTICE_WORDS.research] : []),
  ]
}

/** With the error code and what to do about it; neither names a patient. */
function sentence({ subject, analysisId = '', since, code, peer, leg, head }: NoticeItem): string {
  const help = code === undefined ? '' : ` ${code}: ${ERRORS[code][1]}`
  const when = `since ${minute(since)}`
  if (subject === 'urgent-result') return `Analysis ${analysisId} was delivered.`
  if (subject === 'peer')
    return `The ${peer === 'pacs' ? 'PACS' : 'EHR'} is not answering as it should, ${when}.${help}`
  if (subject === 'stopped-head')
    return `A stop rule turned a head off (${head === undefined ? '' : HEAD_NAMES[head]}), ${when}; see /concordance.`
  if (subject === 'quarantine') return `Analysis ${analysisId} is set aside, ${when}; other studies go on.${help}`
  if (subject === 'dead-letter')
    return `A delivery of analysis ${analysisId} to the ${leg === 'pacs' ? 'PACS' : 'EHR'} failed for good, ${when}.${help}`
  return `Analysis ${analysisId} is on hold and needs a person, ${when}.${help}`
}

function studyLines(words: StudyWords | undefined): string[] {
  if (words === undefined) return []
  const date = calendarDate(words.studyDate)
  return [
    `Study ${words.studyInstanceUid}`,
    ...(date ? [`Study date ${date}`] : []),
    ...(words.accessionNumber === '' ? [] : [`Accession number ${words.accessionNumber}`]),
  ]
}

/** "2026-03-01 03:00 UTC" */
function minute(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`
}
