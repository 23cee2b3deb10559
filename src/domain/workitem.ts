// A workitem of the Unified Procedure Step (PS3.4 Annex CC): somebody's request to analyse a study, and what became of it.
import type { Priority } from './priority.ts'
import type { Uid } from './study.ts'

export type WorkitemState = 'SCHEDULED' | 'IN PROGRESS' | 'COMPLETED' | 'CANCELED'

/** What a worklist says of a workitem. */
export interface Workitem {
  workitemUid: Uid
  state: WorkitemState | undefined
  /** Input Readiness State READY, or nothing said. */
  isReady: boolean
  /** "scheme|code" of Scheduled Workitem Code Sequence. */
  codes: string[]
  /** "scheme|code" of Scheduled Station Name Code Sequence: to whom it is assigned. */
  stations: string[]
  /** Studies of Input Information Sequence, each once. */
  studies: Uid[]
  priority: Priority
  /** Canceled, or somebody's wish for that is written in its progress. */
  isToEnd: boolean
}

/** A workitem that we claimed, or are about to claim: kept before it is, so that a crash in between is seen. */
export interface ClaimedWorkitem {
  workitemUid: Uid
  /** Proves to the worklist that it is ours. */
  transactionUid: Uid
  /** claiming: the answer to the claim is open. closed: in a final state, or not ours. */
  state: 'claiming' | 'in progress' | 'closed'
  studyInstanceUid?: Uid
  priority: Priority
  claimedAt: string
  /** What the worklist was told last. */
  told?: string
  /** Who ordered it asked for its end. */
  cancelRequested: boolean
  /** How it ended. */
  outcome?: string
}

/** What the worklist is told at the end of a workitem that was performed. */
export interface Performed {
  studyInstanceUid: Uid
  startedAt: string
  endedAt: string
  outputs: readonly { seriesInstanceUid: Uid; sopClassUid: Uid; sopInstanceUid: Uid }[]
}
