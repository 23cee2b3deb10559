// What a Part 10 file states about itself before its data set (PS3.10 Section 7.1).
import type { Uid } from '../domain/study.ts'
import { text } from './dataset.ts'
import { DataSetFault, ElementReader } from './element-reader.ts'

export interface FileMeta {
  /** These three are '' if the file does not state them. */
  sopClassUid: Uid
  sopInstanceUid: Uid
  transferSyntaxUid: Uid
  /** Where the data set starts. */
  dataSetOffset: number
}

/** Throws DataSetFault if it is not a Part 10 file or ends within its File Meta Information. */
export function requireFileMeta(bytes: Uint8Array): FileMeta {
  if (bytes.length < 132 || Buffer.from(bytes.subarray(128, 132)).toString('latin1') !== 'DICM')
    throw new DataSetFault('it is no DICOM Part 10 file')
  const reader = new ElementReader(bytes, 132)
  const meta = reader.readFileMeta()
  return {
    sopClassUid: text(meta, 'MediaStorageSOPClassUID'),
    sopInstanceUid: text(meta, 'MediaStorageSOPInstanceUID'),
    transferSyntaxUid: text(meta, 'TransferSyntaxUID'),
    dataSetOffset: reader.at,
  }
}

/** The same for callers to whom a fault is not an error; also undefined if it does not name the object or its transfer syntax. */
export function readFileMeta(bytes: Uint8Array): FileMeta | undefined {
  try {
    const meta = requireFileMeta(bytes)
    return meta.sopInstanceUid && meta.transferSyntaxUid ? meta : undefined
  } catch (error) {
    if (error instanceof DataSetFault) return undefined
    throw error
  }
}
