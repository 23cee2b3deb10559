// What a storage provider needs to know of a Part 10 object: its identifiers, and its metadata as WADO-RS returns them (PS3.18 Section 10.4.1.1.2).
import { has, tagOf, text } from '../dicom/dataset.ts'
import { readFileMeta } from '../dicom/file-meta.ts'
import { walkInstance } from '../dicom/instance-walk.ts'
import { readPart10 } from '../dicom/part10.ts'
import { isUidInUse } from '../dicom/uid.ts'
import { AppError } from '../domain/errors.ts'
import type { DicomJson, Uid } from '../domain/study.ts'

export interface DescribedObject {
  studyInstanceUid: Uid
  seriesInstanceUid: Uid
  sopInstanceUid: Uid
  sopClassUid: Uid
  /** '' if it is not stated in a valid form. */
  modality: string
  transferSyntaxUid: Uid
  /** All attributes; bulk data has its VR and a BulkDataURI relative to the instance. */
  metadata: DicomJson
}

/** Base64 values longer than this are bulk data in metadata. */
const MAX_INLINE = 1024

/** Throws INSTANCE_INVALID if the object is damaged, or lacks a UID needed to store it. */
export function describeObject(bytes: Uint8Array): DescribedObject {
  const { dataset, transferSyntaxUid } = readPart10(bytes)
  const sopInstanceUid = text(dataset, 'SOPInstanceUID')
  const invalid = (why: string) => new AppError('INSTANCE_INVALID', `instance ${named(sopInstanceUid)} ${why}`)
  const truncation = truncationOf(bytes)
  if (truncation !== undefined) throw invalid(`is damaged: ${truncation}`)
  const uid = (keyword: string) => {
    const value = text(dataset, keyword)
    if (!isUidInUse(value)) throw invalid(`has no valid ${keyword}`)
    return value
  }
  const modality = text(dataset, 'Modality')
  return {
    studyInstanceUid: uid('StudyInstanceUID'),
    seriesInstanceUid: uid('SeriesInstanceUID'),
    sopInstanceUid: uid('SOPInstanceUID'),
    sopClassUid: uid('SOPClassUID'),
    modality: /^[A-Z0-9]{1,16}$/.test(modality) ? modality : '',
    transferSyntaxUid,
    metadata: metadataOf(dataset),
  }
}

/** SOP class and instance as far as they can be read, otherwise ''. */
export function nameObject(bytes: Uint8Array): { sopClassUid: Uid; sopInstanceUid: Uid } {
  const meta = readFileMeta(bytes)
  if (meta === undefined) return { sopClassUid: '', sopInstanceUid: '' }
  const uid = (value: string) => (isUidInUse(value) ? value : '')
  return { sopClassUid: uid(meta.sopClassUid), sopInstanceUid: uid(walkInstance(bytes, meta).sopInstanceUid) }
}

function truncationOf(bytes: Uint8Array): string | undefined {
  const meta = readFileMeta(bytes)
  return meta && walkInstance(bytes, meta).truncation
}

function metadataOf(dataset: DicomJson): DicomJson {
  const metadata = Object.fromEntries(
    Object.entries(dataset).map(([tag, element]) =>
      (element.InlineBinary?.length ?? 0) > MAX_INLINE
        ? [tag, { vr: element.vr, BulkDataURI: `bulkdata/${tag}` }]
        : [tag, element],
    ),
  )
  if (has(dataset, 'Rows')) metadata[tagOf('PixelData')] = { vr: 'OW', BulkDataURI: `bulkdata/${tagOf('PixelData')}` }
  return metadata
}

function named(sopInstanceUid: string): string {
  return isUidInUse(sopInstanceUid) ? sopInstanceUid : 'without a valid SOPInstanceUID'
}
