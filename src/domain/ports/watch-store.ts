// What triggers remember about each study.
import type { Uid } from '../study.ts'

/** What became of a study that a trigger reported. */
export interface WatchDecision {
  /** accepted: registered for analysis. declined: examined, but not for this service. waiting: cannot be read now; tried again. */
  outcome: 'accepted' | 'declined' | 'waiting'
  /** Why it was declined or waits; who asked for it, if a person did. Free text, never parsed. */
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
  /** The digest that was last decided on. */
  decidedDigest?: string
  decision?: WatchDecision
}

export interface WatchStore {
  /** What a trigger, or another part under its own name, keeps across restarts; undefined on the first start. */
  cursor(trigger: string): Promise<string | undefined>
  setCursor(trigger: string, value: string): Promise<void>
  get(studyInstanceUid: Uid): Promise<WatchedStudy | undefined>
  /** Studies whose image set is not decided yet. */
  undecided(): Promise<WatchedStudy[]>
  put(study: WatchedStudy): Promise<void>
  /** Studies that were declined or are waiting, latest change first; and how many there are in total. */
  notAnalysed(page: { limit: number; offset: number }): Promise<{ studies: WatchedStudy[]; count: number }>
  /** All studies ever seen, latest change first. */
  list(page: { limit: number; offset: number }): Promise<WatchedStudy[]>
  /** Which of these SOP Instance UIDs we wrote ourselves; those never trigger an analysis. */
  isOwn(sopInstanceUids: Uid[]): Promise<Set<Uid>>
  addOwn(sopInstanceUids: Uid[]): Promise<void>
}
