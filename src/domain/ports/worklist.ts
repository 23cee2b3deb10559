// A worklist of others (UPS-RS): what is scheduled, what of it is ours, and what it is told.
import type { Uid } from '../study.ts'
import type { ClaimedWorkitem, Performed, Workitem } from '../workitem.ts'

/** Something happened to a workitem. other: anything else, or nothing that is understood. */
export interface WorklistEvent {
  kind: 'scheduled' | 'cancel requested' | 'other'
  workitemUid: Uid
}

export interface Worklist {
  /** All that are SCHEDULED. Throws ARCHIVE_*. */
  scheduled(): Promise<Workitem[]>
  /** Throws NOT_FOUND. */
  get(workitemUid: Uid): Promise<Workitem>
  /** Makes it ours, or finds that it is already; false when it is somebody else's, or over. Safe to repeat with the same Transaction UID. */
  claim(workitemUid: Uid, transactionUid: Uid): Promise<boolean>
  /** Progress in percent and words; of a workitem that is ours. */
  tell(workitemUid: Uid, transactionUid: Uid, progress: { percent: number; text: string }): Promise<void>
  /** What was performed, then COMPLETED. Safe to repeat. */
  complete(workitemUid: Uid, transactionUid: Uid, performed: Performed): Promise<void>
  /** The reason, then CANCELED. Safe to repeat. */
  cancel(workitemUid: Uid, transactionUid: Uid, why: { reason: string; at: string }): Promise<void>
  /** What an event report is about; undefined for one that is not understood: then a search tells. */
  readEvent(text: string): WorklistEvent | undefined
  /** Asks for events and gives the address of their channel; undefined where the worklist has none. */
  subscribe(): Promise<string | undefined>
}

export interface Listener {
  onOpen(): void
  /** One event report, as it came. */
  onEvent(text: string): void
}

/** Hears a channel until it closes or the signal aborts. Throws when it cannot be opened. */
export type HearEvents = (address: string, listener: Listener, signal: AbortSignal) => Promise<void>

export interface WorkitemStore {
  /** Undefined where we never claimed it. */
  get(workitemUid: Uid): Promise<ClaimedWorkitem | undefined>
  /** Those that are not closed, oldest first. */
  open(): Promise<ClaimedWorkitem[]>
  put(workitem: ClaimedWorkitem): Promise<void>
}
