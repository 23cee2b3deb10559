// Studies that were sent to the service itself: whatever changed in the spool since the last check is a hint.
import { asAppError, unforeseenFields } from '../domain/errors.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Log } from '../domain/ports/log.ts'
import type { ReceivedImages } from '../domain/ports/received-images.ts'
import type { Trigger } from '../domain/ports/trigger.ts'
import { sleepUnlessAborted } from '../domain/sleep.ts'
import type { Uid } from '../domain/study.ts'

export interface ReceivedTriggerOptions {
  received: Pick<ReceivedImages, 'studies'>
  clock: Clock
  log: Log
  intervalSeconds: number
}

const MAX_WAIT_SECONDS = 300

/** Remembers in memory only: after a restart every study in the spool is looked at once more, so that none is lost. */
export function createReceivedTrigger({ received, clock, log, intervalSeconds }: ReceivedTriggerOptions): Trigger {
  const looked = new Map<Uid, number>()

  async function look(hint: (studyInstanceUid: Uid) => Promise<void>, signal: AbortSignal): Promise<void> {
    const studies = await received.studies()
    const present = new Set(studies.map((study) => study.studyInstanceUid))
    for (const uid of looked.keys()) if (!present.has(uid)) looked.delete(uid)
    for (const { studyInstanceUid, changedAt } of studies) {
      if (signal.aborted) return
      if (looked.get(studyInstanceUid) === changedAt.getTime()) continue
      await hint(studyInstanceUid)
      looked.set(studyInstanceUid, changedAt.getTime())
    }
  }

  return {
    name: 'received',
    async run(hint, signal) {
      let failures = 0
      while (!signal.aborted) {
        try {
          await look(hint, signal)
          failures = 0
        } catch (thrown) {
          failures += 1
          const error = asAppError(thrown)
          log.warn(
            { trigger: 'received', code: error.code, error: error.message, failures, ...unforeseenFields(thrown) },
            'a study that was sent here cannot be looked at; it is tried again',
          )
        }
        const wait = Math.min(intervalSeconds * 2 ** Math.min(failures, 10), MAX_WAIT_SECONDS)
        await sleepUnlessAborted(clock, wait * 1000, signal)
      }
    },
  }
}
