// What is remembered of a study that a trigger reported, and how the decision on it begins where it is not analysed.
import type { Uid } from './study.ts'

/** What is remembered of each study that a trigger reported, so each is looked at once and only once. */
export interface WatchedStudy {
  studyInstanceUid: Uid
  /** sha256 over the sorted SOP Instance UIDs, our own results left out */
  instanceSetDigest: string
  instanceCount: number
  firstSeenAt: string
  /** When the instance set last changed. */
  changedAt: string
  /** The digest that was last decided upon (analysed, or left with a reason). */
  decidedDigest?: string
  decision?: string
}

/** It was looked at and is none for this service; the reason follows. */
export const LEFT = 'left: '
/** It cannot be looked at; what stands in the way follows. It is tried again. */
export const WAITING = 'waiting: '

/** The reason alone, and whether it is tried again by itself. */
export function readDecision(decision: string): { reason: string; isWaiting: boolean } | undefined {
  for (const start of [LEFT, WAITING]) {
    if (decision.startsWith(start)) return { reason: decision.slice(start.length), isWaiting: start === WAITING }
  }
  return undefined
}
