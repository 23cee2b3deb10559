// Notices to people: what happened, of what was told, and how far each notice has come.

import type { Leg } from '../domain/delivery.ts'
import { sha256Of } from '../domain/digest.ts'
import { AppError, type ErrorCode } from '../domain/errors.ts'
import { type NoticeItem, subjectOfHold } from '../domain/notice.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { KeptNotice, NoticeStore } from '../domain/ports/notices.ts'
import type { Database } from './database.ts'
import { AT_ONCE, longestWait, timeOf } from './lease-time.ts'
import { QUERIES } from './queries.ts'

interface NoticeRow {
  notice_id: string
  rule: string
  items: NoticeItem[]
  created_at: Date
  state: KeptNotice['state']
  attempts: number
  last_error: KeptNotice['lastError'] | null
  done_at: Date | null
  receipt: Record<string, string> | null
}

interface HeldRow {
  analysis_id: string
  study_instance_uid: string
  hold: { code: ErrorCode; at: string }
  undelivered: Leg | null
}

interface FailedReviewRow {
  review_id: string
  leg: Leg
  analysis_id: string
  study_instance_uid: string
  last_error: { code: ErrorCode; at: string } | null
}

export function createNoticeStore(db: Database, clock: Clock): NoticeStore {
  return {
    async happenings(urgentSince) {
      const held = await db.query<HeldRow>(QUERIES.heldAnalyses.sql)
      const reviews = await db.query<FailedReviewRow>(QUERIES.failedReviews.sql)
      const urgent = await db.query<Pick<HeldRow, 'analysis_id' | 'study_instance_uid'> & { updated_at: Date }>(
        QUERIES.urgentResults.sql,
        [urgentSince.toISOString()],
      )
      return [...held.map(ofHold), ...reviews.map(ofReview), ...urgent.map(ofResult)]
    },

    open: (rule, items, quietSeconds) =>
      db.transaction(async (tx) => {
        const now = clock.now()
        if (quietSeconds > 0) {
          const since = new Date(now.getTime() - quietSeconds * 1000).toISOString()
          if ((await tx.query(QUERIES.recentNotice.sql, [rule, since, now.toISOString()])).length > 0) return undefined
        }
        const earlier = await tx.query<{ item_key: string }>(QUERIES.toldItems.sql, [rule, items.map(({ key }) => key)])
        const untold = items.filter(({ key }) => !earlier.some(({ item_key }) => item_key === key))
        if (untold.length === 0) return undefined
        const keys = untold.map(({ key }) => key).sort()
        const noticeId = sha256Of(['notice', rule, ...keys].join('\n')).slice(0, 32)
        const isUrgent = untold[0]?.subject === 'urgent-result'
        const values = [noticeId, rule, isUrgent, JSON.stringify(untold), now.toISOString(), timeOf(db, clock)]
        const added = await tx.query(QUERIES.addNotice.sql, values)
        // Another process told of some of them meanwhile: the rest is told of in the next round.
        const owned = await tx.query(QUERIES.addToldItems.sql, [rule, keys, noticeId])
        if (added.length === 0 || owned.length !== keys.length)
          throw new AppError('STATE_CONFLICT', `another process makes notice ${noticeId}`)
        return noticeId
      }),

    async claim(seconds, { names, isOneOf }) {
      const values = [timeOf(db, clock), longestWait(seconds), seconds, names, isOneOf]
      const [row] = await db.query<NoticeRow>(QUERIES.claimNotice.sql, values)
      return row && toNotice(row)
    },

    async update(noticeId, { state, attempts, lastError, receipt, afterSeconds = 0 }) {
      const at = clock.now().toISOString()
      await db.query(QUERIES.updateNotice.sql, [
        noticeId,
        state,
        attempts,
        lastError ? JSON.stringify(lastError) : null,
        receipt ? JSON.stringify(receipt) : null,
        state === 'done' ? at : null,
        timeOf(db, clock),
        afterSeconds,
      ])
    },

    async list({ limit, state }) {
      return (await db.query<NoticeRow>(QUERIES.listNotices.sql, [limit, state ?? null])).map(toNotice)
    },

    async again(noticeId) {
      const [row] = await db.query<NoticeRow>(QUERIES.noticeAgain.sql, [noticeId, AT_ONCE])
      if (row === undefined) throw new AppError('NOT_FOUND', `no notice ${noticeId}`)
      return toNotice(row)
    },
  }
}

function ofHold({ analysis_id, study_instance_uid, hold, undelivered }: HeldRow): NoticeItem {
  return {
    subject: subjectOfHold(hold.code, undelivered !== null),
    key: `hold ${analysis_id} ${hold.at}`,
    since: hold.at,
    analysisId: analysis_id,
    studyInstanceUid: study_instance_uid,
    code: hold.code,
    ...(undelivered !== null && { leg: undelivered }),
  }
}

function ofReview({ review_id, leg, analysis_id, study_instance_uid, last_error }: FailedReviewRow): NoticeItem {
  const since = last_error?.at ?? new Date(0).toISOString()
  return {
    subject: 'dead-letter',
    key: `review ${review_id} ${leg} ${since}`,
    since,
    analysisId: analysis_id,
    studyInstanceUid: study_instance_uid,
    leg,
    ...(last_error && { code: last_error.code }),
  }
}

function ofResult({
  analysis_id,
  study_instance_uid,
  updated_at,
}: {
  analysis_id: string
  study_instance_uid: string
  updated_at: Date
}): NoticeItem {
  return {
    subject: 'urgent-result',
    key: `result ${analysis_id}`,
    since: updated_at.toISOString(),
    analysisId: analysis_id,
    studyInstanceUid: study_instance_uid,
  }
}

function toNotice(row: NoticeRow): KeptNotice {
  return {
    noticeId: row.notice_id,
    rule: row.rule,
    items: row.items,
    createdAt: row.created_at.toISOString(),
    state: row.state,
    attempts: row.attempts,
    ...(row.last_error && { lastError: row.last_error }),
    ...(row.done_at && { doneAt: row.done_at.toISOString() }),
    ...(row.receipt && { receipt: row.receipt }),
  }
}
