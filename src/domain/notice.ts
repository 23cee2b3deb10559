// What people are notified of: urgent results, and what is stuck.

import type { Leg } from './delivery.ts'
import { MINUTE_MS } from './durations.ts'
import type { ErrorCode } from './errors.ts'
import type { Head } from './finding.ts'
import type { Peer } from './peers.ts'
import type { Uid } from './study.ts'

/**
 * urgent-result: delivered, of an urgent order or one that a person waited for. hold: waits for a person. quarantine: set aside, since it ended a process or
 * met a fault of the program. dead-letter: a delivery that failed for good. peer: PACS or EHR does not answer correctly.
 */
export const NOTICE_SUBJECTS = ['urgent-result', 'hold', 'quarantine', 'dead-letter', 'peer', 'stopped-head'] as const
export type NoticeSubject = (typeof NOTICE_SUBJECTS)[number]

export interface NoticeItem {
  subject: NoticeSubject
  /** The same for the same event, whenever and by whomever it is noticed. */
  key: string
  /** ISO 8601 */
  since: string
  analysisId?: string
  studyInstanceUid?: Uid
  code?: ErrorCode
  peer?: Peer
  leg?: Leg
  head?: Head
}

export interface Notice {
  noticeId: string
  /** The name of the rule in the settings that requires it. */
  rule: string
  /** One urgent result, or everything that is stuck. */
  items: NoticeItem[]
  createdAt: string
}

/** From a site's settings. */
export interface NoticeRule {
  name: string
  about: readonly NoticeSubject[]
  /** How long something must have been stuck before it is reported. */
  afterMinutes: number
  /** Time between two notices of what is stuck. */
  everyMinutes: number
}

/** A study held with one of these would do harm again: others continue. */
const QUARANTINING: readonly ErrorCode[] = ['DECODING_FAILED', 'INFERENCE_FAILED', 'INTERNAL']

export function subjectOfHold(code: ErrorCode, isUndelivered: boolean): NoticeSubject {
  if (isUndelivered) return 'dead-letter'
  return QUARANTINING.includes(code) ? 'quarantine' : 'hold'
}

/** Which of the items the rule reports at that moment: urgent results one by one, everything else together. */
export function dueItems(rule: NoticeRule, items: readonly NoticeItem[], now: Date) {
  const reported = items.filter(({ subject }) => rule.about.includes(subject))
  const latest = now.getTime() - rule.afterMinutes * MINUTE_MS
  return {
    urgent: reported.filter(({ subject }) => subject === 'urgent-result'),
    standing: reported.filter(({ subject, since }) => subject !== 'urgent-result' && Date.parse(since) <= latest),
  }
}
