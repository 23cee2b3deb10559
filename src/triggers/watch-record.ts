// What the study watch writes down of each study: that it changed, why it waits, what was decided.
import type { Log } from '../domain/ports/log.ts'
import type { Tracing } from '../domain/ports/tracing.ts'
import type { WatchDecision, WatchedStudy, WatchStore } from '../domain/ports/watch-store.ts'
import type { Uid } from '../domain/study.ts'
import type { ImageSet } from './image-set.ts'

export interface WatchRecord {
  /** `before` is what was recorded last; undefined for a study that is new. */
  noteChange(studyInstanceUid: Uid, before: WatchedStudy | undefined, set: ImageSet): Promise<void>
  /** A study that waits says why on the page, not in the log alone. */
  noteWaiting(studyInstanceUid: Uid, reason: string): Promise<void>
  /** Settles the question for the image set that the study has now. */
  decide(study: WatchedStudy, decision: WatchDecision): Promise<void>
  /** Declines a study whose UID no request can carry. */
  declineInvalidUid(studyInstanceUid: Uid): Promise<void>
  /** When the study began to change, in milliseconds since 1970; after a restart, its last change. */
  changingSince(study: WatchedStudy): number
}

export interface WatchRecordParts {
  watchStore: WatchStore
  time: () => Promise<Date>
  log: Log
  tracing: Tracing
}

export function createWatchRecord({ watchStore, time, log, tracing }: WatchRecordParts): WatchRecord {
  /** In memory: a restart begins the longest wait anew. */
  const changingSince = new Map<Uid, number>()

  async function decide(study: WatchedStudy, decision: WatchDecision): Promise<void> {
    await watchStore.put({ ...study, decidedDigest: study.instanceSetDigest, decision })
    changingSince.delete(study.studyInstanceUid)
    log.info({ studyInstanceUid: study.studyInstanceUid, instances: study.instanceCount, ...decision }, 'study decided')
  }

  return {
    decide,
    changingSince: (study) => changingSince.get(study.studyInstanceUid) ?? Date.parse(study.changedAt),

    async noteChange(studyInstanceUid, before, { digest, sopInstanceUids }) {
      const now = await time()
      if (!changingSince.has(studyInstanceUid)) changingSince.set(studyInstanceUid, now.getTime())
      const changedAt = now.toISOString()
      const instances = sopInstanceUids.length
      const set = { instanceSetDigest: digest, instanceCount: instances }
      const study = { ...before, studyInstanceUid, ...set, firstSeenAt: before?.firstSeenAt ?? changedAt, changedAt }
      const fields = { studyInstanceUid, instances }
      await tracing.span('notice', fields, () => watchStore.put(study), { study: studyInstanceUid })
      log.info(fields, before === undefined ? 'study seen' : 'study changed')
    },

    async noteWaiting(studyInstanceUid, reason) {
      const study = await watchStore.get(studyInstanceUid)
      if (study === undefined || study.decision?.reason === reason) return
      await watchStore.put({ ...study, decision: { outcome: 'waiting', reason } })
    },

    async declineInvalidUid(studyInstanceUid) {
      if ((await watchStore.get(studyInstanceUid)) !== undefined) return
      const now = (await time()).toISOString()
      const reason = `StudyInstanceUID (0020,000D) has ${studyInstanceUid.length} characters or others than digits and dots; at most 64 are allowed`
      const unseen = { instanceSetDigest: '', instanceCount: 0, firstSeenAt: now, changedAt: now }
      await decide({ studyInstanceUid, ...unseen }, { outcome: 'declined', reason })
    },
  }
}
