// Notices: what is to be reported, what was, and the channels.
import type { AnalysisRecord } from '../analysis.ts'
import type { AppError } from '../errors.ts'
import type { Notice, NoticeItem } from '../notice.ts'

export type NoticeState = 'waiting' | 'done' | 'failed'

export interface KeptNotice extends Notice {
  state: NoticeState
  attempts: number
  lastError?: { code: AppError['code']; message: string; at: string }
  doneAt?: string
  /** What the recipient's side returned: a Message-ID, a status, a reference. */
  receipt?: Record<string, string>
}

/** Notices by one of these rules, or by any other. */
export interface NoticeRules {
  names: readonly string[]
  isOneOf: boolean
}

export interface NoticeStore {
  /** Held analyses, failed deliveries of reviews, and urgent results delivered since that moment. */
  happenings(urgentSince: Date): Promise<NoticeItem[]>
  /**
   * Creates a notice of the items that the rule has not reported yet, and in the same transaction remembers them as reported;
   * undefined if there are none, or if the rule made a notice of stalled items within `quietSeconds`.
   */
  open(rule: string, items: readonly NoticeItem[], quietSeconds: number): Promise<string | undefined>
  /** Takes a due notice of these rules, for `seconds`. */
  claim(seconds: number, rules: NoticeRules): Promise<KeptNotice | undefined>
  update(
    noticeId: string,
    change: Pick<KeptNotice, 'state' | 'attempts'> &
      Partial<Pick<KeptNotice, 'lastError' | 'receipt'>> & { afterSeconds?: number },
  ): Promise<void>
  /** The latest first. */
  list(page: { limit: number; state?: NoticeState }): Promise<KeptNotice[]>
  /** Makes a failed or waiting notice due now, counting its attempts afresh. Throws NOT_FOUND. */
  again(noticeId: string): Promise<KeptNotice>
}

/** How much a notice says: link: ids of ours and a link. study: also Study Instance UID, study date and accession number. */
export type NoticeDetail = 'link' | 'study'

export interface NoticeChannel {
  /** For messages, the audit and the circuit breaker; without credentials. */
  destination: string
  /** Sends it; the same notice sent again is the same message, as far as the channel supports that. Throws NOTICE_* and EHR_*. */
  send(notice: Notice, records: ReadonlyMap<string, AnalysisRecord>): Promise<Record<string, string>>
}
