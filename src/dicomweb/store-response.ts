// The outcome per instance of a STOW-RS answer, whatever its status (PS3.18 Section 10.5.3 and Annex I.2).
import { items, number, text } from '../dicom/dataset.ts'
import type { StoreOutcome } from '../domain/ports/image-archive.ts'
import type { DicomJson, Uid } from '../domain/study.ts'

/** What kind of body an answer has. "empty" and "foreign" (XML, text) name no instances; "html" is not a DICOMweb answer. */
export type StoreBody = { kind: 'dataset'; dataset: DicomJson } | { kind: 'empty' | 'foreign' | 'html' }

/** Recognises the kind of body by its content, since archives label them wrongly. */
export function readStoreBody(body: string): StoreBody {
  const trimmed = body.trim()
  if (trimmed === '') return { kind: 'empty' }
  if (/^<(!doctype\s+html|html|head|body)/i.test(trimmed)) return { kind: 'html' }
  try {
    const parsed: unknown = JSON.parse(trimmed)
    // Some archives wrap the data set in a list, as in all other DICOM JSON answers.
    const dataset: unknown = Array.isArray(parsed) ? parsed[0] : parsed
    if (dataset !== null && typeof dataset === 'object') return { kind: 'dataset', dataset: dataset as DicomJson }
  } catch {
    return { kind: 'foreign' }
  }
  return { kind: 'foreign' }
}

/** The named instances, and those of `sent` that the answer does not name: these count as failures until they are looked for. */
export interface StoreAnswer {
  outcomes: Map<Uid, StoreOutcome>
  unnamed: Uid[]
}

/**
 * Reads the sequences, not the status: some archives answer 400 where the standard says 202, and still list successes. A
 * sequence counts by its items: an empty Failed SOP Sequence is not a failure. An instance in both counts as failed.
 */
export function readStoreAnswer(dataset: DicomJson, sent: readonly Uid[]): StoreAnswer {
  const outcomes = new Map<Uid, StoreOutcome>()
  const read = (sequence: string, stored: boolean, reasonKeyword: string) => {
    for (const item of items(dataset, sequence)) {
      const sopInstanceUid = text(item, 'ReferencedSOPInstanceUID')
      const reason = number(item, reasonKeyword)
      outcomes.set(sopInstanceUid, {
        sopInstanceUid,
        stored,
        ...(reason === undefined ? {} : { reason: reason.toString(16).toUpperCase().padStart(4, '0') }),
      })
    }
  }
  read('ReferencedSOPSequence', true, 'WarningReason')
  read('FailedSOPSequence', false, 'FailureReason')
  return { outcomes, unnamed: sent.filter((uid) => !outcomes.has(uid)) }
}

/** Splits a list into requests below a number of objects and of bytes; an object over the limit is sent alone. */
export function batches<T extends { bytes: Uint8Array }>(
  objects: readonly T[],
  most: { count: number; bytes: number },
): T[][] {
  const cut: T[][] = []
  let size = 0
  for (const object of objects) {
    const last = cut.at(-1)
    if (last === undefined || last.length >= most.count || size + object.bytes.length > most.bytes) {
      cut.push([object])
      size = object.bytes.length
    } else {
      last.push(object)
      size += object.bytes.length
    }
  }
  return cut
}
