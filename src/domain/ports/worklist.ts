// Another system's worklist (UPS-RS): what is scheduled, what we have claimed, and what we report to it.
import type { Uid } from '../study.ts'
import type { ClaimedWorkitem, Performed, Workitem } from '../workitem.ts'

/** An event on a workitem. other: any other event, or one that is not understood. */
export interface WorklistEvent {
  kind: 'scheduled' | 'cancel requested' | 'other'
  workitemUid: Uid
}

export interface Worklist {
  /** All workitems in state SCHEDULED. Throws ARCHIVE_*. */
  scheduled(): Promise<Workitem[]>
  /** Throws NOT_FOUND. */
  get(workitemUid: Uid): Promise<Workitem>
  /** Claims it, or finds that it is already ours; false if it is someone else's, or finished. Safe to repeat with the same Transaction UID. */
  claim(workitemUid: Uid, transactionUid: Uid): Promise<boolean>
  /** Reports progress, in percent and words, on a workitem of ours. */
  tell(workitemUid: Uid, transactionUid: Uid, progress: { percent: number; text: string }): Promise<void>
  /** Reports what was performed, then sets COMPLETED. Safe to repeat. */
  complete(workitemUid: Uid, transactionUid: Uid, performed: Performed): Promise<void>
  /** Reports the reason, then sets CANCELED. Safe to repeat. */
  cancel(workitemUid: Uid, transactionUid: Uid, why: { reason: string; at: string }): Promise<void>
  /** What an event report is about; undefined if it is not understood, in which case a search is needed. */
  readEvent(text: string): WorklistEvent | undefined
  /** Subscribes to events and returns the address of their channel; undefined if the worklist has none. */
  subscribe(): Promise<string | undefined>
}

export interface Listener {
  onOpen(): void
  /** One event report, as received. */
  onEvent(text: string): void
}

/** Listens to a channel until it closes or the signal aborts. Throws if it cannot be opened. */
export type HearEvents = (address: string, listener: Listener, signal: AbortSignal) => Promise<void>

export interface WorkitemStore {
  /** Undefined if we never claimed it. */
  get(workitemUid: Uid): Promise<ClaimedWorkitem | undefined>
  /** Workitems that are not closed, oldest first. */
  open(): Promise<ClaimedWorkitem[]>
  put(workitem: ClaimedWorkitem): Promise<void>
}
