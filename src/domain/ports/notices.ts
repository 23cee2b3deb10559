// Notices: what is to be told of, what was, and the ways out.
import type { AnalysisRecord } from '../analysis.ts'
import type { AppError } from '../errors.ts'
import type { Notice, NoticeItem } from '../notice.ts'

export type NoticeState = 'waiting' | 'done' | 'failed'

export interface KeptNotice extends Notice {
  state: NoticeState
  attempts: number
  lastError?: { code: AppError['code']; message: string; at: string }
  doneAt?: string
  /** What the other side said of it: a Message-ID, a status, a reference. */
  receipt?: Record<string, string>
}

export interface NoticeStore {
  /** Held analyses, failed deliveries of reviews, and urgent results that were delivered since that moment. */
  happenings(urgentSince: Date): Promise<NoticeItem[]>
  /**
   * A notice of those items of which the rule has not told yet, in one transaction with the memory that it has; undefined when there are none, or a
   * notice of what stands still was made by the rule within `quietSeconds`.
   */
  open(rule: string, items: readonly NoticeItem[], quietSeconds: number): Promise<string | undefined>
  /** Takes one that is due, for `seconds`. */
  claim(seconds: number): Promise<KeptNotice | undefined>
  update(
    noticeId: string,
    change: Pick<KeptNotice, 'state' | 'attempts'> &
      Partial<Pick<KeptNotice, 'lastError' | 'receipt'>> & { afterSeconds?: number },
  ): Promise<void>
  /** The latest first. */
  list(page: { limit: number; state?: NoticeState }): Promise<KeptNotice[]>
  /** Makes a failed one, or one that waits, due now, its attempts counted again. Throws NOT_FOUND. */
  again(noticeId: string): Promise<KeptNotice>
}

/** How much a notice says: link: ids of ours and a link. study: also Study Instance UID, study date and accession number. */
export type NoticeDetail = 'link' | 'study'

export interface NoticeChannel {
  /** For messages, the audit and the circuit breaker; without credentials. */
  destination: string
  /** Sends it; the same notice again is the same message, as far as the way out knows such a thing. Throws NOTICE_* and EHR_*. */
  send(notice: Notice, records: ReadonlyMap<string, AnalysisRecord>): Promise<Record<string, string>>
}
