// What notices that a study may be new.
import type { Uid } from '../study.ts'

export interface Trigger {
  readonly name: string
  /** Calls `hint` for studies that may have changed, until the signal aborts. */
  run(hint: (studyInstanceUid: Uid) => Promise<void>, signal: AbortSignal): Promise<void>
}
