// Watches the studies that triggers report until they settle: each image set is decided once.
import { isUidInUse } from '../dicom/uid.ts'
import { asAppError, unforeseenFields } from '../domain/errors.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { ImageArchive } from '../domain/ports/image-archive.ts'
import type { Log } from '../domain/ports/log.ts'
import { NO_TRACING, type Tracing } from '../domain/ports/tracing.ts'
import type { WatchStore } from '../domain/ports/watch-store.ts'
import { repeat } from '../domain/repeat.ts'
import type { Study, Uid } from '../domain/study.ts'
import { createTurns } from '../domain/turns.ts'
import type { Eligibility } from './eligible.ts'
import { createStudySettler } from './settle-study.ts'
import { checkSecondsOf, type StudyWatchSettings } from './settling.ts'
import { createStudyImages } from './study-images.ts'
import { createStudyRetries } from './study-retries.ts'
import { createWatchRecord } from './watch-record.ts'

export interface StudyWatchOptions {
  archive: Pick<ImageArchive, 'searchInstances' | 'retrieveMetadata' | 'statedCounts'>
  watchStore: WatchStore
  clock: Clock
  /** The time by which studies settle, the same for all processes that share the store; that of `clock` by default. */
  time?: (() => Promise<Date>) | undefined
  settings: StudyWatchSettings
  log: Log
  tracing?: Tracing
  eligible: (study: Study) => Eligibility
  /**
   * Called at least once per eligible image set; the decision is recorded only after it resolved, so it must be
   * idempotent. `digest` is sha256 over the sorted SOP Instance UIDs of the images.
   */
  onSettled: (studyInstanceUid: Uid, digest: string, study: Study) => Promise<void>
}

export interface StudyWatch {
  /** A trigger's hint that the study may be new or changed. Throws ARCHIVE_* when it cannot be looked at now. */
  hint(studyInstanceUid: Uid): Promise<void>
  /** Looks at every undecided study whose set is old enough. Failures of one study do not stop the others. */
  check(): Promise<void>
  /** Checks until the signal aborts. */
  run(signal: AbortSignal): Promise<void>
}

/** So many failures in a row are no passing fault. */
const LASTING_AFTER = 5
/** With these no other study would fare better. */
const ALL_AFFECTED = new Set(['ARCHIVE_UNREACHABLE', 'ARCHIVE_AUTH'])

export function createStudyWatch(options: StudyWatchOptions): StudyWatch {
  const { archive, watchStore, clock, settings, log, tracing = NO_TRACING } = options
  const checkSeconds = checkSecondsOf(settings)
  const images = createStudyImages(archive, watchStore, log)
  const time = options.time ?? (async () => clock.now())
  const record = createWatchRecord({ watchStore, time, log, tracing })
  const settler = createStudySettler({ ...options, time, tracing, images, record })
  const retries = createStudyRetries(clock, checkSeconds)
  // A hint must not overwrite a decision in the making.
  const inTurn = createTurns()

  async function hint(studyInstanceUid: Uid): Promise<void> {
    if (!isUidInUse(studyInstanceUid)) return record.declineInvalidUid(studyInstanceUid)
    await inTurn(studyInstanceUid, async () => {
      const set = await images.imageSet(await images.listSeries(studyInstanceUid))
      const before = await watchStore.get(studyInstanceUid)
      if (before === undefined && set.sopInstanceUids.length === 0) return
      if (before?.instanceSetDigest !== set.digest) await record.noteChange(studyInstanceUid, before, set)
    })
  }

  async function check(): Promise<void> {
    const now = (await time()).getTime()
    for (const study of await watchStore.undecided()) {
      const { studyInstanceUid } = study
      if (settler.isExpectingMore(study, now) || retries.isTooEarly(studyInstanceUid)) continue
      try {
        await inTurn(studyInstanceUid, () => settler.settle(studyInstanceUid))
        retries.succeeded(studyInstanceUid)
      } catch (thrown) {
        const { code, message } = asAppError(thrown)
        const failures = retries.failed(studyInstanceUid)
        log.warn(
          { studyInstanceUid, code, error: message, ...unforeseenFields(thrown), failures },
          'study not decided yet; it is tried again',
        )
        if (ALL_AFFECTED.has(code)) return
        if (failures >= LASTING_AFTER) await record.noteWaiting(studyInstanceUid, message)
      }
    }
  }

  function run(signal: AbortSignal): Promise<void> {
    const failure = 'the study watch cannot read its store'
    return repeat(check, { pauseMs: checkSeconds * 1000, failure, level: 'error' }, { clock, log }, signal)
  }

  return { hint, check, run }
}
