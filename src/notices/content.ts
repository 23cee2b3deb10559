// The content of a notice for each channel: the same facts, and no more about a study than the rule allows.
import type { AnalysisRecord } from '../domain/analysis.ts'
import type { Notice, NoticeItem } from '../domain/notice.ts'
import type { NoticeDetail } from '../domain/ports/notices.ts'
import { isUrgent, NOTICE_WORDS, noticeParagraphs, noticeTitle, type StudyWords } from '../wording/notices.ts'

export type Records = ReadonlyMap<string, AnalysisRecord>

export interface ContentOptions {
  detail: NoticeDetail
  /** The address of the pages; without it there are no links. */
  publicUrl: string | undefined
}

export function linkTo({ publicUrl }: ContentOptions, { analysisId }: NoticeItem): string | undefined {
  if (publicUrl === undefined) return undefined
  return analysisId === undefined ? publicUrl : `${publicUrl}/analyses/${analysisId}`
}

/** Undefined if the rule does not allow it, or nothing is known of the study. */
function wordsOf({ detail }: ContentOptions, item: NoticeItem, records: Records): StudyWords | undefined {
  if (detail !== 'study' || item.studyInstanceUid === undefined) return undefined
  const study = records.get(item.analysisId ?? '')?.summary?.study
  const { studyDate = '', accessionNumber = '' } = study ?? {}
  return { studyInstanceUid: item.studyInstanceUid, studyDate, accessionNumber }
}

export function mailOf(notice: Notice, records: Records, options: ContentOptions) {
  const paragraphs = noticeParagraphs(
    notice.items,
    (item) => linkTo(options, item),
    (item) => wordsOf(options, item, records),
  )
  const text = `${[...paragraphs, NOTICE_WORDS.footer(notice.rule)].join('\n\n')}\n`
  return { subject: `Gliabridge: ${noticeTitle(notice.items)}`, text }
}

/** Without links, which are in the report; for people who read the record. */
export function communicationOf(notice: Notice, records: Records, options: ContentOptions): string[] {
  const title = `${noticeTitle(notice.items)}.`
  const paragraphs = noticeParagraphs(
    notice.items,
    () => undefined,
    (item) => wordsOf(options, item, records),
  )
  return [title, ...paragraphs]
}

/** The body that is posted. The same notice has the same bytes. */
export function webhookBody(notice: Notice, records: Records, options: ContentOptions): string {
  return JSON.stringify({
    noticeId: notice.noticeId,
    rule: notice.rule,
    createdAt: notice.createdAt,
    urgent: isUrgent(notice.items),
    title: noticeTitle(notice.items),
    items: notice.items.map((item) => {
      const { subject, since, analysisId, code, peer, leg, head } = item
      const url = linkTo(options, item)
      return { subject, since, analysisId, code, peer, leg, head, url, ...wordsOf(options, item, records) }
    }),
  })
}
