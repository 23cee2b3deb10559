// Studies that could not be decided are tried again, less and less often. In memory: after a restart each is tried at once.
import type { Clock } from '../domain/ports/clock.ts'
import type { Uid } from '../domain/study.ts'
import { stillWaits } from '../domain/waits.ts'

const MAX_WAIT_SECONDS = 900

export interface StudyRetries {
  isTooEarly(studyInstanceUid: Uid): boolean
  succeeded(studyInstanceUid: Uid): void
  /** How often the study has failed in a row, this time included. */
  failed(studyInstanceUid: Uid): number
}

/** The first wait is `firstSeconds`; each doubles the one before it, up to 15 minutes. */
export function createStudyRetries(clock: Clock, firstSeconds: number): StudyRetries {
  const failures = new Map<Uid, { count: number; notBefore: number }>()
  return {
    isTooEarly(studyInstanceUid) {
      const notBefore = failures.get(studyInstanceUid)?.notBefore ?? 0
      return stillWaits(notBefore, clock.now().getTime(), MAX_WAIT_SECONDS * 1000)
    },
    succeeded: (studyInstanceUid) => void failures.delete(studyInstanceUid),
    failed(studyInstanceUid) {
      const count = (failures.get(studyInstanceUid)?.count ?? 0) + 1
      const seconds = Math.min(firstSeconds * 2 ** (count - 1), MAX_WAIT_SECONDS)
      failures.set(studyInstanceUid, { count, notBefore: clock.now().getTime() + seconds * 1000 })
      return count
    },
  }
}
