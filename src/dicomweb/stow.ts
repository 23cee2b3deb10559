// STOW-RS with an outcome per object; if an answer is lost, the archive is asked what it has before anything is sent again.
import { isSameObject } from '../dicom/same-object.ts'
import { AppError, asAppError } from '../domain/errors.ts'
import type { ImageArchive, StoreOutcome } from '../domain/ports/image-archive.ts'
import type { Log } from '../domain/ports/log.ts'
import type { Uid } from '../domain/study.ts'
import type { Connection } from './connection.ts'
import { errorOfStatus, wasNotSent } from './errors.ts'
import { encodeMultipart, multipartLength } from './multipart.ts'
import { resourcePath } from './query.ts'
import { batches, readStoreAnswer, readStoreBody } from './store-response.ts'
import { JSON_WAYS, type Ways } from './ways.ts'

interface Outgoing {
  sopInstanceUid: Uid
  bytes: Uint8Array
}

export interface StorerOptions extends Pick<ImageArchive, 'searchInstances' | 'retrieveInstance'> {
  connection: Connection
  ways: Ways
  log: Log
  /** A boundary that occurs in no object. */
  newBoundary(): string
}

const BATCH = { count: 64, bytes: 64 * 1024 * 1024 }
const SEND_ATTEMPTS = 3
/** Duplicate SOP instance: the code of PS3.7 C.5.9, and that of Azure's DICOM service (45070). */
const DUPLICATE = new Set(['0111', 'B00E'])

export function createStorer(options: StorerOptions): ImageArchive['store'] {
  const { connection, log } = options

  return async function store(study, instances) {
    const outcomes = new Map<Uid, StoreOutcome>()
    for (const batch of batches(instances, BATCH)) {
      for (const outcome of await storeBatch(study, batch)) outcomes.set(outcome.sopInstanceUid, outcome)
    }
    return instances.map(({ sopInstanceUid }) => outcomes.get(sopInstanceUid) ?? { sopInstanceUid, stored: false })
  }

  async function storeBatch(study: Uid, batch: Outgoing[]): Promise<StoreOutcome[]> {
    const done: StoreOutcome[] = []
    let pending = batch
    for (let attempt = 1; pending.length > 0; attempt += 1) {
      try {
        return [...done, ...(await sendOnce(study, pending))]
      } catch (thrown) {
        const error = asAppError(thrown)
        if (attempt >= SEND_ATTEMPTS || !answerWasLost(error)) throw error
        log.warn(
          { studyInstanceUid: study, code: error.code, objects: pending.length },
          'the answer to a store was lost; looking what arrived',
        )
        const there = await whichAreThere(study)
        done.push(
          ...pending
            .filter((one) => there.has(one.sopInstanceUid))
            .map(({ sopInstanceUid }) => ({ sopInstanceUid, stored: true })),
        )
        pending = pending.filter((one) => !there.has(one.sopInstanceUid))
      }
    }
    return done
  }

  async function sendOnce(study: Uid, batch: Outgoing[]): Promise<StoreOutcome[]> {
    const path = resourcePath(study)
    const what = `store of ${batch.length} objects to study ${study}`
    const boundary = options.newBoundary()
    const parts = batch.map(({ bytes }) => ({ contentType: 'application/dicom', bytes }))
    const type = `multipart/related; type="application/dicom"; boundary=${boundary}`
    const answer = await options.ways.ask('store', JSON_WAYS, async ({ accept }) => {
      const slices = encodeMultipart(parts, boundary)
      const upload = { contentType: type, length: multipartLength(parts, boundary), slices }
      const answered = await connection.post(path, what, accept, upload)
      if (answered.status !== 406) return answered
      throw refused(errorOfStatus(answered.status, answered.headers, connection.describe(path, what)))
    })
    if (answer.status === 413 && batch.length > 1) {
      const half = Math.ceil(batch.length / 2)
      return [...(await storeBatch(study, batch.slice(0, half))), ...(await storeBatch(study, batch.slice(half)))]
    }
    const succeeded = answer.status >= 200 && answer.status < 300
    if (!succeeded && answer.status !== 400 && answer.status !== 409) {
      throw refused(errorOfStatus(answer.status, answer.headers, connection.describe(path, what)))
    }
    const body = readStoreBody(answer.text)
    if (body.kind === 'html') {
      throw new AppError(
        'ARCHIVE_NOT_DICOMWEB',
        `the answer to ${what} is a page (${connection.describe(path, what).target})`,
      )
    }
    const sent = batch.map((one) => one.sopInstanceUid)
    const { outcomes, unnamed } = readStoreAnswer(body.kind === 'dataset' ? body.dataset : {}, sent)
    // A success that names no instance proves nothing; a refusal that names none refuses all.
    const there = succeeded && unnamed.length > 0 ? await whichAreThere(study) : new Set<Uid>()
    for (const sopInstanceUid of unnamed)
      outcomes.set(sopInstanceUid, { sopInstanceUid, stored: there.has(sopInstanceUid) })
    await settleDuplicates(study, batch, outcomes)
    return sent.map((uid) => outcomes.get(uid)!)
  }

  async function whichAreThere(study: Uid): Promise<Set<Uid>> {
    return new Set((await options.searchInstances(study)).map((instance) => instance.sopInstanceUid))
  }

  /**
   * An object refused as a duplicate counts as stored only if the archive holds the same result, whenever it was made;
   * otherwise the two conflict.
   */
  async function settleDuplicates(study: Uid, batch: Outgoing[], outcomes: Map<Uid, StoreOutcome>): Promise<void> {
    const isDuplicate = ({ sopInstanceUid }: Outgoing) => DUPLICATE.has(outcomes.get(sopInstanceUid)?.reason ?? '')
    const duplicates = batch.filter((one) => isDuplicate(one) && outcomes.get(one.sopInstanceUid)?.stored === false)
    if (duplicates.length === 0) return
    const series = new Map(
      (await options.searchInstances(study)).map((one) => [one.sopInstanceUid, one.seriesInstanceUid]),
    )
    for (const { sopInstanceUid, bytes } of duplicates) {
      const seriesInstanceUid = series.get(sopInstanceUid)
      const stored =
        seriesInstanceUid !== undefined &&
        isSameObject(bytes, await options.retrieveInstance(study, seriesInstanceUid, sopInstanceUid))
      outcomes.set(sopInstanceUid, { ...outcomes.get(sopInstanceUid)!, ...(stored ? { stored } : { conflict: true }) })
    }
  }
}

/** The archive may have stored what we sent although no answer came. */
function answerWasLost(error: AppError): boolean {
  if (error.code === 'ARCHIVE_TIMEOUT' || error.code === 'ARCHIVE_TRUNCATED') return true
  return error.code === 'ARCHIVE_UNREACHABLE' && !wasNotSent(error)
}

/** "Not found" in answer to a store means that the archive takes none at this address. */
function refused(error: AppError): AppError {
  return error.code === 'NOT_FOUND' ? new AppError('ARCHIVE_REJECTED', error.message, { cause: error }) : error
}
