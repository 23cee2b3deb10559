// STOW-RS on the receiving side: every object of a request gets its outcome (PS3.18 Section 10.5 and Annex I.2).
import { dataset } from '../dicom/dataset.ts'
import { type AppError, asAppError } from '../domain/errors.ts'
import type { Kept } from '../domain/ports/received-images.ts'
import type { DicomJson, Uid } from '../domain/study.ts'
import { type DescribedObject, describeObject, nameObject } from './describe-object.ts'
import { parseMediaType } from './media-type.ts'
import { decodeMultipart } from './multipart.ts'

/** Failure reasons (PS3.18 Table I.2-2, PS3.7 Annex C); 0xc409 is one of the "cannot understand" codes, used for this by archives. */
export const FAILURE = {
  processing: 0x0110,
  duplicate: 0x0111,
  outOfResources: 0xa700,
  cannotUnderstand: 0xc000,
  otherStudy: 0xc409,
} as const

export interface StoreTarget {
  /** Resolves once each object is stored or refused, in order. */
  putAll(objects: readonly { instance: DescribedObject; bytes: Uint8Array }[]): Promise<PromiseSettledResult<Kept>[]>
  /** Where the object can be retrieved; empty if it cannot. */
  retrieveUrl?(object: DescribedObject): string
  /** Told why an object was not stored. */
  onFailure?(error: AppError): void
}

export interface StoreRequest {
  contentType: string | undefined
  body: AsyncIterable<Uint8Array>
  /** The study in the address, if it names one. */
  study: Uid | undefined
}

export interface StoreAnswer {
  status: 200 | 202 | 400 | 409 | 415 | 503
  body: DicomJson
}

/** This much is stored together, with a single wait for the disk. */
const MAX_TOGETHER = 64
const MAX_BYTES_TOGETHER = 32 * 1024 * 1024

/**
 * Stores the parts of a request, small ones together. If the body ends early the status is 400, and the complete parts are
 * stored and reported all the same.
 */
export async function storeRequest(target: StoreTarget, request: StoreRequest): Promise<StoreAnswer> {
  const { type, parameters } = parseMediaType(request.contentType)
  const objects = parseMediaType(parameters.type).type
  if (type !== 'multipart/related' || parameters.boundary === undefined || objects !== 'application/dicom')
    return { status: 415, body: {} }
  const sequences: Record<Outcome['sequence'], DicomJson[]> = {
    ReferencedSOPSequence: [],
    FailedSOPSequence: [],
    OtherFailuresSequence: [],
  }
  let isFull = false
  let isCut = false
  const together: Uint8Array[] = []
  const store = async () => {
    for (const outcome of await storeObjects(target, together.splice(0), request.study)) {
      sequences[outcome.sequence].push(outcome.item)
      isFull ||= outcome.reason === FAILURE.outOfResources
    }
  }
  try {
    try {
      let bytes = 0
      for await (const part of decodeMultipart(request.body, parameters.boundary)) {
        together.push(part.body)
        bytes += part.body.length
        if (together.length < MAX_TOGETHER && bytes < MAX_BYTES_TOGETHER) continue
        await store()
        bytes = 0
      }
    } finally {
      await store()
    }
  } catch (thrown) {
    const error = asAppError(thrown)
    if (error.code === 'INTERNAL') throw error
    target.onFailure?.(error)
    isCut = true
  }
  const stored = sequences.ReferencedSOPSequence.length
  const failed = sequences.FailedSOPSequence.length + sequences.OtherFailuresSequence.length
  const body = dataset(Object.fromEntries(Object.entries(sequences).filter(([, list]) => list.length > 0)))
  if (isCut || stored + failed === 0) return { status: 400, body }
  if (failed === 0) return { status: 200, body }
  if (stored > 0) return { status: 202, body }
  return { status: isFull ? 503 : 409, body }
}

interface Outcome {
  /** An object that cannot be identified is reported under Other Failures. */
  sequence: 'ReferencedSOPSequence' | 'FailedSOPSequence' | 'OtherFailuresSequence'
  item: DicomJson
  reason?: number
}

async function storeObjects(
  target: StoreTarget,
  parts: readonly Uint8Array[],
  study: Uid | undefined,
): Promise<Outcome[]> {
  const described = parts.map((bytes) => describe(target, bytes, study))
  const good = described.filter((one) => 'instance' in one)
  const kept = good.length === 0 ? [] : await target.putAll(good)
  return described.map((one) => {
    if (!('instance' in one)) return one
    const { instance, bytes } = one
    const outcome = kept[good.indexOf(one)]!
    if (outcome.status === 'rejected') return refused(target, bytes, outcome.reason)
    if (outcome.value === 'other') return failure(bytes, FAILURE.duplicate)
    const item = dataset({
      RetrieveURL: target.retrieveUrl?.(instance) ?? '',
      ReferencedSOPClassUID: instance.sopClassUid,
      ReferencedSOPInstanceUID: instance.sopInstanceUid,
    })
    return { sequence: 'ReferencedSOPSequence', item }
  })
}

/** What can be stored of a part, or why nothing can. */
function describe(target: StoreTarget, bytes: Uint8Array, study: Uid | undefined) {
  try {
    const instance = describeObject(bytes)
    if (study !== undefined && instance.studyInstanceUid !== study) return failure(bytes, FAILURE.otherStudy)
    return { instance, bytes }
  } catch (thrown) {
    return refused(target, bytes, thrown)
  }
}

function refused(target: StoreTarget, bytes: Uint8Array, thrown: unknown): Outcome {
  const error = asAppError(thrown)
  target.onFailure?.(error)
  return failure(bytes, reasonOf(error))
}

/** Why an object was not stored, as a failure reason; also the status of a C-STORE response (PS3.4 Annex B.2.3). */
export function reasonOf(error: AppError): number {
  if (error.code === 'DISK_FULL') return FAILURE.outOfResources
  return error.code === 'INSTANCE_INVALID' ? FAILURE.cannotUnderstand : FAILURE.processing
}

function failure(bytes: Uint8Array, reason: number): Outcome {
  const { sopClassUid, sopInstanceUid } = nameObject(bytes)
  if (sopClassUid === '' || sopInstanceUid === '')
    return { sequence: 'OtherFailuresSequence', reason, item: dataset({ FailureReason: reason }) }
  const item = dataset({
    ReferencedSOPClassUID: sopClassUid,
    ReferencedSOPInstanceUID: sopInstanceUid,
    FailureReason: reason,
  })
  return { sequence: 'FailedSOPSequence', reason, item }
}
