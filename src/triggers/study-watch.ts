// Decides when a study is whole: its image set unchanged for a while, confirmed by one more look, each set decided once.
import { isUidInUse } from '../dicom/uid.ts'
import { asAppError, unforeseenFields } from '../domain/errors.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { ImageArchive } from '../domain/ports/image-archive.ts'
import type { Log } from '../domain/ports/log.ts'
import { NO_TRACING, type Tracing } from '../domain/ports/tracing.ts'
import type { WatchDecision, WatchedStudy, WatchStore } from '../domain/ports/watch-store.ts'
import { sleepUnlessAborted } from '../domain/sleep.ts'
import type { Study, Uid } from '../domain/study.ts'
import { createTurns } from '../domain/turns.ts'
import { stillWaits } from '../domain/waits.ts'
import type { Eligibility } from './eligible.ts'
import { groupInstances, type ImageSet, imageSetOf, isImageModality, type SeriesContent } from './image-set.ts'

export interface StudyWatchSettings {
  /** How long the image set must stay the same. */
  settleSeconds: number
  /** How long a study that keeps changing, or lacks images that the archive states, is waited for (default 4 hours). */
  settleAtMostSeconds?: number
  /** How often undecided studies are looked at; by default as often as a study can settle, between 1 and 10 seconds. */
  checkSeconds?: number
}

export interface StudyWatchOptions {
  archive: Pick<ImageArchive, 'searchInstances' | 'retrieveMetadata' | 'statedCounts'>
  watchStore: WatchStore
  clock: Clock
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

const MAX_WAIT_SECONDS = 900
/** So many failures in a row are no passing fault. */
const NOTICED_AFTER = 5
/** With these no other study would fare better. */
const ALL_AFFECTED = new Set(['ARCHIVE_UNREACHABLE', 'ARCHIVE_AUTH'])

export function createStudyWatch(options: StudyWatchOptions): StudyWatch {
  const { archive, watchStore, clock, settings, log, tracing = NO_TRACING } = options
  const checkSeconds = settings.checkSeconds ?? Math.min(Math.max(settings.settleSeconds, 1), 10)
  // A hint must not overwrite a decision in the making.
  const inTurn = createTurns()
  /** Failures in a row per study, in memory: a restart tries at once. */
  const failures = new Map<Uid, { count: number; notBefore: number }>()
  /** Sets that lack something which may still come: looked at again when they change, or when the wait is over. In memory, too. */
  const incomplete = new Map<Uid, { digest: string; until: number }>()
  /** Since when each undecided study keeps changing; in memory, too: a restart waits anew. */
  const changingSince = new Map<Uid, number>()
  const atMostMs = (settings.settleAtMostSeconds ?? 14_400) * 1000

  async function hint(studyInstanceUid: Uid): Promise<void> {
    if (!isUidInUse(studyInstanceUid)) return declineUnaskable(studyInstanceUid)
    await inTurn(studyInstanceUid, async () => {
      const set = await lookByQido(studyInstanceUid)
      const known = await watchStore.get(studyInstanceUid)
      if (known === undefined && set.sopInstanceUids.length === 0) return
      if (known?.instanceSetDigest !== set.digest) await noteChange(studyInstanceUid, known, set)
    })
  }

  async function check(): Promise<void> {
    for (const { studyInstanceUid, instanceSetDigest } of await watchStore.undecided()) {
      const wait = incomplete.get(studyInstanceUid)
      if (wait?.digest === instanceSetDigest && clock.now().getTime() < wait.until) continue
      incomplete.delete(studyInstanceUid)
      const notBefore = failures.get(studyInstanceUid)?.notBefore ?? 0
      if (stillWaits(notBefore, clock.now().getTime(), MAX_WAIT_SECONDS * 1000)) continue
      try {
        await inTurn(studyInstanceUid, () => decideIfSettled(studyInstanceUid))
        failures.delete(studyInstanceUid)
      } catch (thrown) {
        const error = asAppError(thrown)
        const count = (failures.get(studyInstanceUid)?.count ?? 0) + 1
        const waitSeconds = Math.min(checkSeconds * 2 ** (count - 1), MAX_WAIT_SECONDS)
        failures.set(studyInstanceUid, { count, notBefore: clock.now().getTime() + waitSeconds * 1000 })
        log.warn(
          { studyInstanceUid, code: error.code, error: error.message, ...unforeseenFields(thrown), failures: count },
          'study not decided yet; it is tried again',
        )
        if (ALL_AFFECTED.has(error.code)) return
        if (count >= NOTICED_AFTER) await noteWaiting(studyInstanceUid, error.message)
      }
    }
  }

  async function decideIfSettled(studyInstanceUid: Uid): Promise<void> {
    const known = await watchStore.get(studyInstanceUid)
    if (known === undefined || known.decidedDigest === known.instanceSetDigest) return
    const quietMs = clock.now().getTime() - Date.parse(known.changedAt)
    // The clock was set back since: the quiet time is counted from now on.
    if (quietMs < 0) return watchStore.put({ ...known, changedAt: clock.now().toISOString() })
    const changingMs = clock.now().getTime() - (changingSince.get(studyInstanceUid) ?? Date.parse(known.changedAt))
    const isForced = changingMs >= atMostMs
    const isQuiet = quietMs >= settings.settleSeconds * 1000
    if (!isQuiet && !isForced) return
    const listed = await listedBySearch(studyInstanceUid)
    const set = await imagesOf(listed)
    if (set.digest !== known.instanceSetDigest) return noteChange(studyInstanceUid, known, set)
    if (set.sopInstanceUids.length === 0)
      return decide(known, declined('the archive holds no images of this study any more'))
    const lack = await lackOf(studyInstanceUid, listed)
    if (lack !== undefined && !isForced) return noteWaiting(studyInstanceUid, lack)
    if (lack !== undefined || !isQuiet)
      log.warn(
        { studyInstanceUid, reason: lack ?? 'it keeps changing' },
        'the study is taken as it is, after the longest wait',
      )

    const study = await archive.retrieveMetadata(studyInstanceUid)
    const confirmed = imageSetOf(study.series, await ownAmong(study.series))
    if (confirmed.digest !== known.instanceSetDigest) {
      log.info(
        { studyInstanceUid, listed: set.sopInstanceUids.length, described: confirmed.sopInstanceUids.length },
        'search and metadata differ; the study is not settled',
      )
      return noteChange(studyInstanceUid, known, set)
    }
    const eligibility = options.eligible(study)
    if (!eligibility.eligible) {
      const { reason, waitSeconds = 0 } = eligibility
      const until = Date.parse(known.changedAt) + waitSeconds * 1000
      if (clock.now().getTime() >= until) return decide(known, declined(reason))
      incomplete.set(studyInstanceUid, { digest: known.instanceSetDigest, until })
      return noteWaiting(studyInstanceUid, reason)
    }
    const settled = () => options.onSettled(studyInstanceUid, known.instanceSetDigest, study)
    await tracing.span('settle', { studyInstanceUid }, settled, { study: studyInstanceUid })
    await decide(known, { outcome: 'accepted' })
  }

  /** What stands still is seen on the page, and not in the log alone. */
  async function noteWaiting(studyInstanceUid: Uid, reason: string): Promise<void> {
    const known = await watchStore.get(studyInstanceUid)
    if (known === undefined || known.decision?.reason === reason) return
    await watchStore.put({ ...known, decision: { outcome: 'waiting', reason } })
  }

  /** A UID that no request can carry will never be asked for. */
  async function declineUnaskable(studyInstanceUid: Uid): Promise<void> {
    if ((await watchStore.get(studyInstanceUid)) !== undefined) return
    const now = clock.now().toISOString()
    const why = `StudyInstanceUID (0020,000D) has ${studyInstanceUid.length} characters or others than digits and dots; at most 64 are allowed`
    const unseen = { instanceSetDigest: '', instanceCount: 0, firstSeenAt: now, changedAt: now }
    await decide({ studyInstanceUid, ...unseen }, declined(why))
  }

  const listedBySearch = async (studyInstanceUid: Uid) =>
    groupInstances(await archive.searchInstances(studyInstanceUid))
  const imagesOf = async (series: readonly SeriesContent[]) => imageSetOf(series, await ownAmong(series))

  async function lookByQido(studyInstanceUid: Uid): Promise<ImageSet> {
    return imagesOf(await listedBySearch(studyInstanceUid))
  }

  /** What the archive states of a series of images beyond what it lists; an archive that states nothing, or refuses, lacks nothing. */
  async function lackOf(study: Uid, listed: readonly SeriesContent[]): Promise<string | undefined> {
    const stated = await archive.statedCounts?.(study).catch((thrown) => {
      const { code, class: kind } = asAppError(thrown)
      if (kind === 'transient') throw thrown
      log.info({ studyInstanceUid: study, code }, 'the archive does not state how many images its series have')
      return []
    })
    for (const { seriesInstanceUid, modality, instances } of stated ?? []) {
      const there = listed.find((one) =>
        one.instances.some((instance) => instance.seriesInstanceUid === seriesInstanceUid),
      )
      const count = there?.instances.length ?? 0
      if (isImageModality(there?.modality ?? modality) && instances > count)
        return `the archive states ${instances} instances of series ${seriesInstanceUid} and lists ${count}`
    }
    return undefined
  }

  async function ownAmong(series: readonly { instances: readonly { sopInstanceUid: Uid }[] }[]): Promise<Set<Uid>> {
    return watchStore.isOwn(series.flatMap((one) => one.instances.map((instance) => instance.sopInstanceUid)))
  }

  async function noteChange(studyInstanceUid: Uid, known: WatchedStudy | undefined, set: ImageSet): Promise<void> {
    const now = clock.now().toISOString()
    if (!changingSince.has(studyInstanceUid)) changingSince.set(studyInstanceUid, clock.now().getTime())
    const seen = {
      ...known,
      studyInstanceUid,
      instanceSetDigest: set.digest,
      instanceCount: set.sopInstanceUids.length,
      firstSeenAt: known?.firstSeenAt ?? now,
      changedAt: now,
    }
    const fields = { studyInstanceUid, instances: seen.instanceCount }
    await tracing.span('notice', fields, () => watchStore.put(seen), { study: studyInstanceUid })
    log.info(
      { studyInstanceUid, instances: set.sopInstanceUids.length },
      known === undefined ? 'study seen' : 'study changed',
    )
  }

  async function decide(known: WatchedStudy, decision: WatchDecision): Promise<void> {
    await watchStore.put({ ...known, decidedDigest: known.instanceSetDigest, decision })
    changingSince.delete(known.studyInstanceUid)
    log.info({ studyInstanceUid: known.studyInstanceUid, instances: known.instanceCount, ...decision }, 'study decided')
  }

  return {
    hint,
    check,
    async run(signal) {
      while (!signal.aborted) {
        try {
          await check()
        } catch (thrown) {
          const error = asAppError(thrown)
          log.error(
            { code: error.code, error: error.message, ...unforeseenFields(thrown) },
            'the study watch cannot read its store; it is tried again',
          )
        }
        await sleepUnlessAborted(clock, checkSeconds * 1000, signal)
      }
    },
  }
}

const declined = (reason: string): WatchDecision => ({ outcome: 'declined', reason })
