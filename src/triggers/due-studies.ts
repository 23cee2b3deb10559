// The studies of a search that are to be looked at: those that changed, those that could not be looked at before, and older ones a few at a time.
import type { Uid } from '../domain/study.ts'
import type { StudySummary } from '../domain/study-search.ts'
import type { PollCursor } from './poll-cursor.ts'

/** How many older studies one search reports, after all fresh ones: fetching their metadata must not keep the archive busy. */
export const OLDER_PER_LOOK = 20

export interface DueStudies {
  /** Whether the older studies since the cursor's beginning have been searched for, and wait for their turn. */
  isListed(cursor: PollCursor): boolean
  /** The studies of this search whose turn it is, and their instance counts. `wide`: the search reached so far back that it found all that may change. */
  next(studies: readonly StudySummary[], cursor: PollCursor, wide: boolean): [Uid, number][]
  /** It is reported again, whatever the window. */
  couldNotBeLookedAt(study: Uid): void
  /** `instanceCount`: undefined if it could not be looked at. */
  hadItsTurn(study: Uid, instanceCount: number | undefined): void
  /** Nothing waits that a restart would lose. */
  isDone(): boolean
}

export function createDueStudies(): DueStudies {
  /** Instance counts at the last hint: an unchanged study is not reported again until the next wide search. */
  const hinted = new Map<Uid, number>()
  const failed = new Set<Uid>()
  /** Older studies still waiting for their turn, and the beginning with which they were searched for. */
  const older = { since: '', studies: new Map<Uid, number>() }

  /** If an archive returns no counts, each study is looked at every time. */
  const isChanged = ({ studyInstanceUid, instanceCount }: StudySummary) =>
    instanceCount === 0 || hinted.get(studyInstanceUid) !== instanceCount

  /** Too old for the window of a wide search, or gone from the archive: looking at it once more will tell. */
  function takeAbsent(studies: readonly StudySummary[]): Uid[] {
    const present = new Set(studies.map((study) => study.studyInstanceUid))
    const absent = [...hinted.keys()].filter((uid) => !present.has(uid))
    for (const uid of absent) hinted.delete(uid)
    return absent
  }

  return {
    isListed: ({ since }) => older.studies.size > 0 && older.since === since,
    next(studies, cursor, wide) {
      const due = new Map<Uid, number>()
      for (const study of studies.filter((one) => wide || isChanged(one))) {
        const isOlder = study.studyDate !== '' && study.studyDate < (cursor.freshSince ?? cursor.since)
        const list = isOlder ? older.studies : due
        list.set(study.studyInstanceUid, study.instanceCount)
      }
      older.since = cursor.since
      for (const uid of failed) if (!due.has(uid)) due.set(uid, 0)
      if (wide) for (const uid of takeAbsent(studies)) due.set(uid, 0)
      return [...due, ...[...older.studies].slice(0, OLDER_PER_LOOK)]
    },
    couldNotBeLookedAt: (study) => void failed.add(study),
    hadItsTurn(study, instanceCount) {
      older.studies.delete(study)
      if (instanceCount === undefined) return
      failed.delete(study)
      if (instanceCount > 0) hinted.set(study, instanceCount)
    },
    isDone: () => failed.size === 0 && older.studies.size === 0,
  }
}
