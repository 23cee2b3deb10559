// The PACS, over DICOMweb.

import type { Study, Uid } from '../study.ts'
import type { StudyQuery, StudySummary } from '../study-search.ts'

export interface StoreOutcome {
  sopInstanceUid: Uid
  stored: boolean
  /** Failure or warning reason (0008,1197 / 0008,1196) in hexadecimal, if given. */
  reason?: string
  /** Not stored, because the archive holds a different object under this UID. */
  conflict?: boolean
}

/** NumberOfSeriesRelatedInstances (0020,1209) of a series. */
export interface StatedCount {
  seriesInstanceUid: Uid
  modality: string
  instances: number
}

export interface ImageArchive {
  /** Request → the form in which this archive accepts it, if not that of the standard; absent if the adapter does not find out. */
  ways?(): Promise<Readonly<Record<string, string>>>
  /** Studies with StudyDate in [from, to] (DICOM DA), all pages. */
  searchStudies(query: StudyQuery): Promise<StudySummary[]>
  /** The UIDs of all instances of a study, by QIDO-RS, with series UID and modality. */
  searchInstances(
    studyInstanceUid: Uid,
  ): Promise<{ seriesInstanceUid: Uid; sopInstanceUid: Uid; sopClassUid: Uid; modality: string }[]>
  /** How many instances each series has according to the archive, if it says so; absent if the adapter does not ask. */
  statedCounts?(studyInstanceUid: Uid): Promise<StatedCount[]>
  /** Metadata of the whole study, grouped by series. */
  retrieveMetadata(studyInstanceUid: Uid): Promise<Study>
  /**
   * Streams the instances of a series as Part 10 bytes in their stored transfer syntax, in any order. Complete, or it throws:
   * instances missing from the multipart answer are fetched one by one; if any are still missing, ARCHIVE_TRUNCATED.
   */
  retrieveSeries(studyInstanceUid: Uid, seriesInstanceUid: Uid, expected: Uid[]): AsyncIterable<Uint8Array>
  /** Stores Part 10 objects; resolves with one outcome per object, whatever the status was. */
  store(studyInstanceUid: Uid, instances: { sopInstanceUid: Uid; bytes: Uint8Array }[]): Promise<StoreOutcome[]>
  /** One instance as Part 10 bytes. Throws NOT_FOUND if the archive does not have it, INSTANCE_INVALID if its copy is damaged. */
  retrieveInstance(studyInstanceUid: Uid, seriesInstanceUid: Uid, sopInstanceUid: Uid): Promise<Uint8Array>
}
