// Hints from outside that a study may be new, sent by a router or a FHIR server, and the queue in which they wait. The search of the archive remains
// decisive, so a hint may be wrong, repeated or lost.
import { isUidInUse } from '../dicom/uid.ts'
import { asAppError } from '../domain/errors.ts'
import type { Log } from '../domain/ports/log.ts'
import type { Uid } from '../domain/study.ts'

/** Study Instance UIDs in a router's message, under the names used by DICOM JSON, DICOM keywords and mercure; none in any other JSON. */
export function studiesOfMessage(body: unknown): Uid[] {
  if (!isObject(body)) return []
  const named = [body.StudyInstanceUID, body.studyInstanceUid, body.study_uid, body['0020000D']]
  return unique(named.flatMap(valuesOf))
}

/**
 * The studies that a notification is about: an ImagingStudy, or a Bundle of a topic-based subscription (R5 backport) that
 * contains some. A notification without content, a handshake and a ServiceRequest name none: then a search tells what is new.
 */
export function studiesOfNotification(body: unknown): Uid[] {
  if (!isObject(body)) return []
  if (body.resourceType === 'Bundle') {
    const entries: unknown[] = Array.isArray(body.entry) ? body.entry : []
    return unique(entries.flatMap((entry) => (isObject(entry) ? studiesOfNotification(entry.resource) : [])))
  }
  if (body.resourceType !== 'ImagingStudy' || !Array.isArray(body.identifier)) return []
  const uids = body.identifier.flatMap((one: unknown) =>
    isObject(one) && one.system === 'urn:dicom:uid' && typeof one.value === 'string'
      ? [one.value.replace(/^urn:oid:/, '')]
      : [],
  )
  return unique(uids)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A string, a list of strings, or an element of DICOM JSON. */
function valuesOf(value: unknown): string[] {
  const inner = isObject(value) ? value.Value : value
  return (Array.isArray(inner) ? inner : [inner]).filter((one): one is string => typeof one === 'string')
}

const unique = (uids: readonly string[]): Uid[] => [...new Set(uids)].filter(isUidInUse)

export interface HintLineOptions {
  /** Looks at one study. */
  hint(studyInstanceUid: Uid): Promise<void>
  /** Searches for new studies now instead of at the next scheduled time. */
  lookNow(): void
  log: Log
}

export interface HintLine {
  /** Takes hints and returns at once; an empty list means that something is new. */
  take(studies: readonly Uid[]): void
  /** Resolves when nothing is waiting. */
  idle(): Promise<void>
}

/** No more than this wait: the search finds the rest. */
export const MAX_HINTS = 1000

/** One study after the other, each once however often it is hinted at while it waits. */
export function createHintLine({ hint, lookNow, log }: HintLineOptions): HintLine {
  const waiting = new Set<Uid>()
  let running: Promise<void> | undefined

  async function work(): Promise<void> {
    for (const uid of waiting) {
      waiting.delete(uid)
      try {
        await hint(uid)
      } catch (thrown) {
        const error = asAppError(thrown)
        log.warn({ studyInstanceUid: uid, code: error.code, error: error.message }, 'a hint could not be followed')
      }
    }
    running = undefined
  }

  return {
    take(studies) {
      if (studies.length === 0) return lookNow()
      for (const uid of studies) if (waiting.size < MAX_HINTS) waiting.add(uid)
      running ??= Promise.resolve().then(work)
    },
    async idle() {
      await running
    },
  }
}
