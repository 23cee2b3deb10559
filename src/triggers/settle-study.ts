// Decides on a study once its images are complete: search and metadata agree on them, and the rules have been asked.
import type { ImageArchive } from '../domain/ports/image-archive.ts'
import type { Log } from '../domain/ports/log.ts'
import type { Tracing } from '../domain/ports/tracing.ts'
import type { WatchDecision, WatchedStudy, WatchStore } from '../domain/ports/watch-store.ts'
import type { Study, Uid } from '../domain/study.ts'
import type { Eligibility } from './eligible.ts'
import type { ImageSet } from './image-set.ts'
import { type Settling, type StudyWatchSettings, settlingOf } from './settling.ts'
import type { StudyImages } from './study-images.ts'
import type { WatchRecord } from './watch-record.ts'

export interface SettleParts {
  archive: Pick<ImageArchive, 'retrieveMetadata'>
  watchStore: WatchStore
  images: StudyImages
  record: WatchRecord
  time: () => Promise<Date>
  settings: StudyWatchSettings
  log: Log
  tracing: Tracing
  eligible: (study: Study) => Eligibility
  onSettled: (studyInstanceUid: Uid, digest: string, study: Study) => Promise<void>
}

export interface StudySettler {
  /** Whether the study was found to lack something that may still come, and neither changed since nor waited long enough. */
  isExpectingMore(study: WatchedStudy, now: number): boolean
  /** Decides on the study if its images are complete. Throws ARCHIVE_* and what `onSettled` throws. */
  settle(studyInstanceUid: Uid): Promise<void>
}

export function createStudySettler(parts: SettleParts): StudySettler {
  const { watchStore, record, time } = parts
  /** Image sets that lack something which may still come, and until when. In memory: after a restart each is looked at again. */
  const incomplete = new Map<Uid, { digest: string; until: number }>()

  async function apply(study: WatchedStudy, eligibility: Eligibility, described: Study): Promise<void> {
    if (eligibility.eligible) return accept(parts, study, described)
    const { reason, waitSeconds = 0 } = eligibility
    const until = Date.parse(study.changedAt) + waitSeconds * 1000
    if ((await time()).getTime() >= until) return record.decide(study, declined(reason))
    incomplete.set(study.studyInstanceUid, { digest: study.instanceSetDigest, until })
    await record.noteWaiting(study.studyInstanceUid, reason)
  }

  return {
    isExpectingMore({ studyInstanceUid, instanceSetDigest }, now) {
      const wait = incomplete.get(studyInstanceUid)
      if (wait?.digest === instanceSetDigest && now < wait.until) return true
      incomplete.delete(studyInstanceUid)
      return false
    },

    async settle(studyInstanceUid) {
      const study = await watchStore.get(studyInstanceUid)
      if (study === undefined || study.decidedDigest === study.instanceSetDigest) return
      const described = await completeStudy(parts, study)
      if (described) await apply(study, parts.eligible(described), described)
    },
  }
}

/** The study with its metadata, once search and metadata agree on its images; until then undefined, with a note of why. */
async function completeStudy(parts: SettleParts, study: WatchedStudy): Promise<Study | undefined> {
  const { archive, watchStore, images, record, time, log, settings } = parts
  const { studyInstanceUid, instanceSetDigest } = study
  const now = await time()
  const changedAt = Date.parse(study.changedAt)
  if (changedAt > now.getTime()) {
    // The clock was set back since: the quiet time is counted from now on.
    await watchStore.put({ ...study, changedAt: now.toISOString() })
    return undefined
  }
  const times = { changedAt, changingSince: record.changingSince(study), now: now.getTime() }
  const set = await settledSet(parts, study, settlingOf(times, settings))
  if (set === undefined) return undefined
  const described = await archive.retrieveMetadata(studyInstanceUid)
  const confirmed = await images.imageSet(described.series)
  if (confirmed.digest === instanceSetDigest) return described
  log.info(
    { studyInstanceUid, listed: set.sopInstanceUids.length, described: confirmed.sopInstanceUids.length },
    'search and metadata differ; the study is not settled',
  )
  await record.noteChange(studyInstanceUid, study, set)
  return undefined
}

/** The images that the archive lists, if they are the recorded ones, none is missing, and they have settled. */
async function settledSet(
  { images, record, log }: SettleParts,
  study: WatchedStudy,
  { isQuiet, isOverdue }: Settling,
): Promise<ImageSet | undefined> {
  if (!isQuiet && !isOverdue) return undefined
  const { studyInstanceUid, instanceSetDigest } = study
  const listed = await images.listSeries(studyInstanceUid)
  const set = await images.imageSet(listed)
  if (set.digest !== instanceSetDigest) {
    await record.noteChange(studyInstanceUid, study, set)
    return undefined
  }
  if (set.sopInstanceUids.length === 0) {
    await record.decide(study, declined('the archive holds no images of this study any more'))
    return undefined
  }
  const missing = await images.missingFrom(studyInstanceUid, listed)
  if (missing !== undefined && !isOverdue) {
    await record.noteWaiting(studyInstanceUid, missing)
    return undefined
  }
  if (missing !== undefined || !isQuiet)
    log.warn(
      { studyInstanceUid, reason: missing ?? 'it keeps changing' },
      'the study is taken as it is, after the longest wait',
    )
  return set
}

async function accept({ onSettled, tracing, record }: SettleParts, study: WatchedStudy, described: Study) {
  const { studyInstanceUid, instanceSetDigest } = study
  const register = () => onSettled(studyInstanceUid, instanceSetDigest, described)
  await tracing.span('settle', { studyInstanceUid }, register, { study: studyInstanceUid })
  await record.decide(study, { outcome: 'accepted' })
}

const declined = (reason: string): WatchDecision => ({ outcome: 'declined', reason })
