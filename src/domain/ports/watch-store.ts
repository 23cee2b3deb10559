// What triggers remember of each study.
import type { Uid } from '../study.ts'

/** What became of a study that a trigger reported. */
export interface WatchDecision {
  /** accepted: registered for analysis. declined: looked at, and none for this service. waiting: cannot be looked at; it is tried again. */
  outcome: 'accepted' | 'declined' | 'waiting'
  /** Why it was declined or waits; who asked for it, where a person did. Free text, never read for its meaning. */
  reason?: string
}

export interface WatchedStudy {
  studyInstanceUid: Uid
  /** sha256 over the sorted SOP Instance UIDs, our own results left out */
  instanceSetDigest: string
  instanceCount: number
  firstSeenAt: string
  /** When the instance set last changed. */
  changedAt: string
  /** The digest that was last decided upon. */
  decidedDigest?: string
  decision?: WatchDecision
}

export interface WatchStore {
  /** What a trigger, or another part by a name of its own, keeps across starts; undefined at first start. */
  cursor(trigger: string): Promise<string | undefined>
  setCursor(trigger: string, value: string): Promise<void>
  get(studyInstanceUid: Uid): Promise<WatchedStudy | undefined>
  /** Studies whose set is not decided yet. */
  undecided(): Promise<WatchedStudy[]>
  put(study: WatchedStudy): Promise<void>
  /** Studies that were declined or wait, latest change first; and how many there are in all. */
  notAnalysed(page: { limit: number; offset: number }): Promise<{ studies: WatchedStudy[]; count: number }>
  /** All that were ever seen, latest change first. */
  list(page: { limit: number; offset: number }): Promise<WatchedStudy[]>
  /** SOP Instance UIDs that we wrote ourselves are never a trigger. */
  isOwn(sopInstanceUids: Uid[]): Promise<Set<Uid>>
  addOwn(sopInstanceUids: Uid[]): Promise<void>
}
