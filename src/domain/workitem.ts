// A workitem of the Unified Procedure Step (PS3.4 Annex CC): a request to analyse a study, and what became of it.
import type { Priority } from './priority.ts'
import type { Uid } from './study.ts'

export type WorkitemState = 'SCHEDULED' | 'IN PROGRESS' | 'COMPLETED' | 'CANCELED'

/** What a worklist says about a workitem. */
export interface Workitem {
  workitemUid: Uid
  state: WorkitemState | undefined
  /** Input Readiness State is READY or not stated. */
  isReady: boolean
  /** "scheme|code" of Scheduled Workitem Code Sequence. */
  codes: string[]
  /** "scheme|code" of Scheduled Station Name Code Sequence: the stations it is assigned to. */
  stations: string[]
  /** Studies of Input Information Sequence, each once. */
  studies: Uid[]
  priority: Priority
  /** Canceled, or its progress says that cancellation was requested. */
  isToEnd: boolean
}

/** A workitem that we claimed or are about to claim: stored before the claim, so that a crash in between is noticed. */
export interface ClaimedWorkitem {
  workitemUid: Uid
  /** Proves to the worklist that it is ours. */
  transactionUid: Uid
  /** claiming: waiting for the answer to the claim. closed: in a final state, or not ours. */
  state: 'claiming' | 'in progress' | 'closed'
  studyInstanceUid?: Uid
  priority: Priority
  claimedAt: string
  /** The last progress reported to the worklist. */
  told?: string
  /** The requester asked for cancellation. */
  cancelRequested: boolean
  /** How it ended. */
  outcome?: string
}

/** What the worklist is told when a workitem has been performed. */
export interface Performed {
  studyInstanceUid: Uid
  startedAt: string
  endedAt: string
  outputs: readonly { seriesInstanceUid: Uid; sopClassUid: Uid; sopInstanceUid: Uid }[]
}
