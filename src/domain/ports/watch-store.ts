// What triggers remember of each study.
import type { Uid } from '../study.ts'

export interface WatchedStudy {
  studyInstanceUid: Uid
  /** sha256 over the sorted SOP Instance UIDs, our own results left out */
  instanceSetDigest: string
  instanceCount: number
  firstSeenAt: string
  /** When the instance set last changed. */
  changedAt: string
  /** The digest that was last decided upon (analysed, or left with a reason). */
  decidedDigest?: string
  decision?: string
}

export interface WatchStore {
  /** The durable cursor of a trigger; undefined at first start. */
  cursor(trigger: string): Promise<string | undefined>
  setCursor(trigger: string, value: string): Promise<void>
  get(studyInstanceUid: Uid): Promise<WatchedStudy | undefined>
  /** Studies whose set is not decided yet. */
  undecided(): Promise<WatchedStudy[]>
  put(study: WatchedStudy): Promise<void>
  /** SOP Instance UIDs that we wrote ourselves are never a trigger. */
  isOwn(sopInstanceUids: Uid[]): Promise<Set<Uid>>
  addOwn(sopInstanceUids: Uid[]): Promise<void>
}
