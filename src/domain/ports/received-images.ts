// Images sent to the service itself, kept until their study is decided and for some days after that.
import type { Uid } from '../study.ts'

export interface ReceivedInstance {
  studyInstanceUid: Uid
  seriesInstanceUid: Uid
  sopInstanceUid: Uid
  sopClassUid: Uid
  /** DICOM CS; '' if the object states no valid one. */
  modality: string
}

export interface ReceivedStudy {
  studyInstanceUid: Uid
  /** When an object of it last arrived. */
  changedAt: Date
}

/** same: this very object is already kept. other: a different object is kept under this UID, and stays. */
export type Kept = 'stored' | 'same' | 'other'

export interface ReceivedObject {
  instance: ReceivedInstance
  bytes: Uint8Array
}

export interface ReceivedImages {
  /**
   * The same as put for many objects, each with its own outcome, in order; flushes to disk once, not once per object. Resolves when
   * each would survive a power failure, or was refused.
   */
  putAll(objects: readonly ReceivedObject[]): Promise<PromiseSettledResult<Kept>[]>
  /** Resolves once the object would survive a power failure. Throws DISK_FULL and RECEIVED_UNWRITABLE; nothing of it is then kept. */
  put(instance: ReceivedInstance, bytes: Uint8Array): Promise<Kept>
  /** The latest first. */
  studies(): Promise<ReceivedStudy[]>
  instances(studyInstanceUid: Uid): Promise<ReceivedInstance[]>
  /** Which of these are kept, in any study. */
  whichAreKept(sopInstanceUids: readonly Uid[]): Promise<Set<Uid>>
  /** Part 10 bytes as received; undefined if there are none. */
  read(
    instance: Pick<ReceivedInstance, 'studyInstanceUid' | 'seriesInstanceUid' | 'sopInstanceUid'>,
  ): Promise<Uint8Array | undefined>
  /** Removes a study unless an object of it arrived after that moment; returns whether it was removed. */
  remove(studyInstanceUid: Uid, unlessAfter: Date): Promise<boolean>
}
