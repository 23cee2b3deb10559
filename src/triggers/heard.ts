// Follows hints that were acknowledged to their sender: looks up an accession number in the archive, or looks at a study.
import { asAppError, unforeseenFields } from '../domain/errors.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { HintStore, KeptHint } from '../domain/ports/hint-store.ts'
import type { ImageArchive } from '../domain/ports/image-archive.ts'
import type { Log } from '../domain/ports/log.ts'
import type { Trigger } from '../domain/ports/trigger.ts'
import type { WatchStore } from '../domain/ports/watch-store.ts'
import { sleepUnlessAborted } from '../domain/sleep.ts'
import type { Uid } from '../domain/study.ts'

export interface HeardTriggerOptions {
  hints: Pick<HintStore, 'due' | 'done' | 'later'>
  archive: Pick<ImageArchive, 'searchStudies'>
  watchStore: Pick<WatchStore, 'get'>
  clock: Clock
  log: Log
  intervalSeconds: number
}

export interface HeardTrigger extends Trigger {
  /** Ends the pause: something was heard. */
  lookNow(): void
}

/** An order is heard of before its images arrive. After the last of these attempts it is forgotten: the search finds what arrives later. */
const LATER_SECONDS = [60, 300, 900, 3600]
const AT_ONCE = 50
const MAX_WAIT_SECONDS = 300
/** After these errors no other hint would fare better. */
const ALL_AFFECTED = new Set([
  'ARCHIVE_UNREACHABLE',
  'ARCHIVE_TIMEOUT',
  'ARCHIVE_AUTH',
  'DATABASE_UNREACHABLE',
  'DISK_FULL',
])

type Look = (studyInstanceUid: Uid) => Promise<void>

/**
 * A hint that could not be followed because the archive is down stays, however long that lasts; only one that was followed in
 * vain is forgotten in the end.
 */
export function createHeardTrigger(options: HeardTriggerOptions): HeardTrigger {
  const { hints, archive, watchStore, clock, log, intervalSeconds } = options
  let pause = new AbortController()

  async function studiesOf({ kind, value }: KeptHint): Promise<Uid[]> {
    if (kind === 'study') return [value]
    const studies = await archive.searchStudies({ accessionNumber: value, modality: 'MR' })
    return studies.map(({ studyInstanceUid }) => studyInstanceUid)
  }

  /** Whether the archive had a study for it. */
  async function follow(hint: KeptHint, look: Look): Promise<boolean> {
    const studies = await studiesOf(hint)
    let isSeen = false
    for (const study of studies) {
      await look(study)
      isSeen ||= (await watchStore.get(study)) !== undefined
    }
    return isSeen
  }

  async function inTurn(hint: KeptHint, look: Look): Promise<void> {
    try {
      if (await follow(hint, look)) return hints.done(hint)
    } catch (thrown) {
      const error = asAppError(thrown)
      if (ALL_AFFECTED.has(error.code)) throw error
      const fields = { code: error.code, error: error.message, ...unforeseenFields(thrown) }
      log.warn({ trigger: 'heard', kind: hint.kind, ...fields }, 'a hint could not be followed')
    }
    const wait = LATER_SECONDS[hint.attempts]
    if (wait === undefined) {
      log.info(
        { trigger: 'heard', kind: hint.kind },
        'a hint is forgotten: the archive has no such study; the search finds what comes later',
      )
      return hints.done(hint)
    }
    await hints.later(hint, new Date(clock.now().getTime() + wait * 1000))
  }

  async function round(look: Look, signal: AbortSignal): Promise<void> {
    for (;;) {
      const due = await hints.due(AT_ONCE)
      for (const hint of due) {
        if (signal.aborted) return
        await inTurn(hint, look)
      }
      if (due.length < AT_ONCE) return
    }
  }

  return {
    name: 'heard',
    lookNow: () => pause.abort(),
    async run(look, signal) {
      let failures = 0
      while (!signal.aborted) {
        try {
          await round(look, signal)
          failures = 0
        } catch (thrown) {
          failures += 1
          const error = asAppError(thrown)
          const line = {
            trigger: 'heard',
            code: error.code,
            error: error.message,
            failures,
            ...unforeseenFields(thrown),
          }
          log.warn(line, 'hints cannot be followed at the moment; they are kept')
        }
        const wait = Math.min(intervalSeconds * 2 ** Math.min(failures, 10), MAX_WAIT_SECONDS)
        // The pauses for a peer that is down are kept, whatever is heard meanwhile.
        const waking = failures === 0 ? AbortSignal.any([signal, pause.signal]) : signal
        await sleepUnlessAborted(clock, wait * 1000, waking)
        pause = new AbortController()
      }
    },
  }
}
