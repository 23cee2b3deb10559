// Storage Commitment: what was requested, and what can be confirmed (PS3.4 Annex J.3).
import { isUidInUse } from '../dicom/uid.ts'
import { AppError } from '../domain/errors.ts'
import type { Uid } from '../domain/study.ts'

/** The data set of N-ACTION, by keyword. */
export interface CommitmentRequest {
  elements: Record<string, unknown>
  callingAeTitle: string
}

export interface Referenced {
  ReferencedSOPClassUID: Uid
  ReferencedSOPInstanceUID: Uid
}

export interface Commitment {
  transactionUid: Uid
  objects: Referenced[]
}

export interface CommitmentReport {
  /** 1: all are stored. 2: some are not. */
  eventTypeId: 1 | 2
  elements: {
    TransactionUID: Uid
    ReferencedSOPSequence?: Referenced[]
    FailedSOPSequence?: (Referenced & { FailureReason: number })[]
  }
}

/** A single study has at most thousands. */
const MAX_OBJECTS = 50_000
const NO_SUCH_OBJECT = 0x0112

/** Throws INSTANCE_INVALID. */
export function readCommitment({ elements }: CommitmentRequest): Commitment {
  const { TransactionUID: transactionUid, ReferencedSOPSequence: sequence } = elements
  const items: unknown[] = Array.isArray(sequence) ? sequence : sequence === undefined ? [] : [sequence]
  const objects = items.map(referenced)
  if (typeof transactionUid !== 'string' || !isUidInUse(transactionUid) || objects.length === 0)
    throw invalid('has no valid TransactionUID or no ReferencedSOPSequence')
  if (objects.length > MAX_OBJECTS) throw invalid(`names over ${MAX_OBJECTS} objects`)
  return { transactionUid, objects }
}

function referenced(item: unknown): Referenced {
  const { ReferencedSOPClassUID, ReferencedSOPInstanceUID } = (item ?? {}) as Partial<Record<keyof Referenced, unknown>>
  if (typeof ReferencedSOPClassUID !== 'string' || typeof ReferencedSOPInstanceUID !== 'string')
    throw invalid('has an item without ReferencedSOPClassUID or ReferencedSOPInstanceUID')
  return { ReferencedSOPClassUID, ReferencedSOPInstanceUID }
}

export function reportOn({ transactionUid, objects }: Commitment, kept: ReadonlySet<Uid>): CommitmentReport {
  const good = objects.filter((one) => kept.has(one.ReferencedSOPInstanceUID))
  const failed = objects
    .filter((one) => !kept.has(one.ReferencedSOPInstanceUID))
    .map((one) => ({ ...one, FailureReason: NO_SUCH_OBJECT }))
  return {
    eventTypeId: failed.length === 0 ? 1 : 2,
    elements: {
      TransactionUID: transactionUid,
      ...(good.length > 0 && { ReferencedSOPSequence: good }),
      ...(failed.length > 0 && { FailedSOPSequence: failed }),
    },
  }
}

function invalid(why: string): AppError {
  return new AppError('INSTANCE_INVALID', `a request for storage commitment ${why}`)
}
