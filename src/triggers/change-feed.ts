// Reads an archive's change feed from a durable cursor: each study that changed is a hint, and no more than that (ADR 0017).
import { asAppError, unforeseenFields } from '../domain/errors.ts'
import type { ChangeFeed } from '../domain/ports/change-feed.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Log } from '../domain/ports/log.ts'
import type { Trigger } from '../domain/ports/trigger.ts'
import type { WatchStore } from '../domain/ports/watch-store.ts'
import { sleepUnlessAborted } from '../domain/sleep.ts'
import type { Uid } from '../domain/study.ts'
import { waitAfter } from './qido-poll.ts'

export interface ChangeFeedOptions {
  feed: ChangeFeed
  watchStore: Pick<WatchStore, 'cursor' | 'setCursor'>
  clock: Clock
  intervalSeconds: number
  log: Log
}

type Hint = (studyInstanceUid: Uid) => Promise<void>

/** After these errors no other study would fare better: the same changes are read again. */
const ALL_AFFECTED = new Set(['ARCHIVE_UNREACHABLE', 'ARCHIVE_AUTH', 'DATABASE_UNREACHABLE', 'DISK_FULL'])

/** The cursor advances once every study before it has been looked at, so that changes during downtime are read later. */
export function createChangeFeedTrigger(options: ChangeFeedOptions): Trigger {
  const { feed, watchStore, clock, intervalSeconds, log } = options
  const name = `changes ${feed.name}`

  async function read(hint: Hint, signal: AbortSignal): Promise<void> {
    let cursor = await watchStore.cursor(name)
    if (cursor === undefined || !feed.isCursor(cursor)) {
      if (cursor !== undefined)
        log.warn({ feed: feed.name }, 'how far the change feed was read cannot be read; it goes on from its end')
      // Finding what was there before is up to the search.
      cursor = await feed.end()
      await watchStore.setCursor(name, cursor)
    }
    for (let more = true; more && !signal.aborted; ) {
      const changes = await feed.after(cursor)
      for (const study of changes.studies) {
        if (signal.aborted) return
        await hintOne(study, hint)
      }
      if (changes.cursor === cursor) return
      cursor = changes.cursor
      more = changes.more
      await watchStore.setCursor(name, cursor)
    }
  }

  async function hintOne(studyInstanceUid: Uid, hint: Hint): Promise<void> {
    try {
      await hint(studyInstanceUid)
    } catch (thrown) {
      const error = asAppError(thrown)
      if (ALL_AFFECTED.has(error.code)) throw error
      log.warn({ studyInstanceUid, code: error.code, error: error.message }, 'a hint could not be followed')
    }
  }

  return {
    name,
    async run(hint, signal) {
      let failures = 0
      while (!signal.aborted) {
        let waitSeconds = intervalSeconds
        try {
          await read(hint, signal)
          if (failures > 0) log.info({ feed: feed.name, failures }, 'the change feed answers again')
          failures = 0
        } catch (thrown) {
          const error = asAppError(thrown)
          failures += 1
          waitSeconds = waitAfter(failures, intervalSeconds, error.retryAfterSeconds)
          // Once: meanwhile the search continues, and itself reports when the archive is down.
          const line = { feed: feed.name, code: error.code, error: error.message, ...unforeseenFields(thrown) }
          if (failures === 1) log.warn(line, 'the change feed does not answer; the search still finds studies')
        }
        await sleepUnlessAborted(clock, waitSeconds * 1000, signal)
      }
    },
  }
}
