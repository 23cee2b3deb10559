// A WatchStore in memory that keeps what a restart keeps, for tests of triggers.
import type { WatchedStudy, WatchStore } from '../../src/domain/ports/watch-store.ts'

export interface MemoryWatchStore extends WatchStore {
  studies: Map<string, WatchedStudy>
  cursors: Map<string, string>
}

export function createMemoryWatchStore(): MemoryWatchStore {
  const studies = new Map<string, WatchedStudy>()
  const cursors = new Map<string, string>()
  const own = new Set<string>()
  return {
    studies,
    cursors,
    cursor: async (trigger) => cursors.get(trigger),
    async setCursor(trigger, value) {
      cursors.set(trigger, value)
    },
    get: async (uid) => studies.get(uid),
    undecided: async () => [...studies.values()].filter((study) => study.decidedDigest !== study.instanceSetDigest),
    async put(study) {
      studies.set(study.studyInstanceUid, study)
    },
    async notAnalysed({ limit, offset }) {
      const all = [...studies.values()].filter(
        ({ decision }) => decision !== undefined && decision.outcome !== 'accepted',
      )
      const sorted = all.sort((a, b) => b.changedAt.localeCompare(a.changedAt))
      return { studies: sorted.slice(offset, offset + limit), count: all.length }
    },
    list: async ({ limit, offset }) =>
      [...studies.values()].sort((a, b) => b.changedAt.localeCompare(a.changedAt)).slice(offset, offset + limit),
    isOwn: async (uids) => new Set(uids.filter((uid) => own.has(uid))),
    async addOwn(uids) {
      for (const uid of uids) own.add(uid)
    },
  }
}
