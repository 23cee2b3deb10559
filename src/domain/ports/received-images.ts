// The images that were sent to the service itself, kept until their study is decided and for some days after.
import type { Uid } from '../study.ts'

export interface ReceivedInstance {
  studyInstanceUid: Uid
  seriesInstanceUid: Uid
  sopInstanceUid: Uid
  sopClassUid: Uid
  /** DICOM CS; '' where the object states none that is valid. */
  modality: string
}

export interface ReceivedStudy {
  studyInstanceUid: Uid
  /** When an object of it came last. */
  changedAt: Date
}

/** same: the very object is kept already. other: another object is kept under this UID, and stays. */
export type Kept = 'stored' | 'same' | 'other'

export interface ReceivedObject {
  instance: ReceivedInstance
  bytes: Uint8Array
}

export interface ReceivedImages {
  /**
   * The same of many, each with its own outcome, in their order: the disk is waited for once and not for each. Resolves when each outlives a
   * loss of power, or was refused.
   */
  putAll(objects: readonly ReceivedObject[]): Promise<PromiseSettledResult<Kept>[]>
  /** Resolves once the object outlives a loss of power. Throws DISK_FULL and RECEIVED_UNWRITABLE; then nothing is kept of it. */
  put(instance: ReceivedInstance, bytes: Uint8Array): Promise<Kept>
  /** The latest first. */
  studies(): Promise<ReceivedStudy[]>
  instances(studyInstanceUid: Uid): Promise<ReceivedInstance[]>
  /** Which of these are kept, of whatever study. */
  whichAreKept(sopInstanceUids: readonly Uid[]): Promise<Set<Uid>>
  /** Part 10 bytes as they came; undefined when there are none. */
  read(
    instance: Pick<ReceivedInstance, 'studyInstanceUid' | 'seriesInstanceUid' | 'sopInstanceUid'>,
  ): Promise<Uint8Array | undefined>
  /** Removes a study unless an object of it came after that moment; whether it did. */
  remove(studyInstanceUid: Uid, unlessAfter: Date): Promise<boolean>
}
