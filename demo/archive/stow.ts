// STOW-RS of the demo archive: every object of a request gets its outcome (PS3.18 Section 10.5).
import { dataset } from '../../src/dicom/dataset.ts'
import { readFileMeta } from '../../src/dicom/file-meta.ts'
import { walkInstance } from '../../src/dicom/instance-walk.ts'
import { parseMediaType } from '../../src/dicomweb/media-type.ts'
import { decodeMultipart } from '../../src/dicomweb/multipart.ts'
import { AppError } from '../../src/domain/errors.ts'
import type { DicomJson, Uid } from '../../src/domain/study.ts'
import { describeObject, type InstanceStore } from './store.ts'

/** Failure reasons (PS3.18 Section 10.5.3.2, PS3.7 Annex C). */
const REASONS = { cannotUnderstand: 0xc000, otherStudy: 0xc409, duplicate: 0x0111, processing: 0x0110 }

export interface StowAnswer {
  status: 200 | 202 | 400 | 409 | 415
  body: DicomJson
}

/** Stores the parts of a request; `study` is the study of the address, when it names one. */
export async function storeRequest(
  store: InstanceStore,
  request: { contentType: string | undefined; body: AsyncIterable<Uint8Array>; url: string },
  study: Uid | undefined,
): Promise<StowAnswer> {
  const { type, parameters } = parseMediaType(request.contentType)
  const boundary = parameters.boundary
  const objects = parseMediaType(parameters.type).type
  if (type !== 'multipart/related' || boundary === undefined || objects !== 'application/dicom')
    return { status: 415, body: {} }
  const stored: DicomJson[] = []
  const failed: DicomJson[] = []
  let cut = false
  try {
    for await (const part of decodeMultipart(request.body, boundary)) {
      const outcome = await storeObject(store, part.body, study, request.url)
      ;(outcome.stored ? stored : failed).push(outcome.item)
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    cut = true
  }
  const body = dataset({
    RetrieveURL: study === undefined ? undefined : request.url,
    ReferencedSOPSequence: stored,
    FailedSOPSequence: failed,
  })
  if (cut) return { status: 400, body }
  if (failed.length === 0) return { status: stored.length === 0 ? 400 : 200, body }
  return { status: stored.length === 0 ? 409 : 202, body }
}

async function storeObject(store: InstanceStore, bytes: Uint8Array, study: Uid | undefined, url: string) {
  const meta = readFileMeta(bytes)
  const name = { sopClassUid: meta?.sopClassUid ?? '', sopInstanceUid: '' }
  if (meta !== undefined) name.sopInstanceUid = walkInstance(bytes, meta).sopInstanceUid
  const item = (extra: Parameters<typeof dataset>[0]) =>
    dataset({ ReferencedSOPClassUID: name.sopClassUid, ReferencedSOPInstanceUID: name.sopInstanceUid, ...extra })
  const failure = (reason: number) => ({ stored: false, item: item({ FailureReason: reason }) })
  try {
    const received = describeObject(bytes)
    if (study !== undefined && received.studyInstanceUid !== study) return failure(REASONS.otherStudy)
    if ((await store.put(received, bytes)) === 'other') return failure(REASONS.duplicate)
    const root = study === undefined ? `${url}/${received.studyInstanceUid}` : url
    return {
      stored: true,
      item: item({ RetrieveURL: `${root}/series/${received.seriesInstanceUid}/instances/${received.sopInstanceUid}` }),
    }
  } catch (error) {
    return failure(error instanceof AppError ? REASONS.cannotUnderstand : REASONS.processing)
  }
}
