// The spool of received images (IO): <study>/<series>_<SOP class>_<modality>/<instance>.dcm, so that file names alone can answer a search.
import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { readFileMeta } from '../dicom/file-meta.ts'
import { uidSegment } from '../dicomweb/query.ts'
import { HOUR_MS } from '../domain/durations.ts'
import { AppError, asAppError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Kept, ReceivedImages, ReceivedInstance, ReceivedObject } from '../domain/ports/received-images.ts'
import { createSlots } from '../domain/slots.ts'
import type { Uid } from '../domain/study.ts'
import { createTurns } from '../domain/turns.ts'

export interface SpoolOptions {
  folder: string
  clock: Clock
  /** Rejects with DISK_FULL if there is too little room to begin. */
  expectRoom(folder: string): Promise<void>
}

/** Where objects are until they are complete; what a crash leaves there is deleted at the next removal. */
const INCOMING = '.incoming'
const STUDY = /^\d[\d.]*$/
const SERIES = /^(\d[\d.]*)_(\d[\d.]*)_([A-Z0-9]*)$/
const OBJECT = /^(\d[\d.]*)\.dcm$/
const ABANDONED_MS = HOUR_MS
/** How many files are written and synced at the same time. */
const WRITING_AT_ONCE = 8
/** Folders known to survive a loss of power. */
const MAX_KNOWN = 10_000

/** One object in progress: complete and synced under `incoming`, or found to be stored already. */
interface Written {
  place: { study: string; series: string; path: string }
  incoming: string
  kept: Kept
}

export async function openReceivedImages({ folder, clock, expectRoom }: SpoolOptions): Promise<ReceivedImages> {
  await inFolder(() => mkdir(join(folder, INCOMING), { recursive: true, mode: 0o700 }))
  /** Two objects with one UID, or an object and a removal, must not collide. */
  const inTurn = createTurns()

  const seriesSeen = new Set<string>()

  function placeOf({ studyInstanceUid, seriesInstanceUid, sopInstanceUid, sopClassUid, modality }: ReceivedInstance) {
    const study = join(folder, uidSegment(studyInstanceUid))
    const series = join(study, `${uidSegment(seriesInstanceUid)}_${uidSegment(sopClassUid)}_${modality}`)
    return { study, series, path: join(series, `${uidSegment(sopInstanceUid)}.dcm`) }
  }

  /** Objects of one study. Of two with one UID, the second is compared with the first once that is stored. */
  async function putStudy(objects: readonly ReceivedObject[]): Promise<PromiseSettledResult<Kept>[]> {
    const paths = objects.map(({ instance }) => placeOf(instance).path)
    const isRepeated = (n: number) => paths.indexOf(paths[n]!) < n
    const first = await putEach(objects.filter((_, n) => !isRepeated(n)))
    const outcomes: PromiseSettledResult<Kept>[] = []
    for (const [n, object] of objects.entries())
      outcomes.push(isRepeated(n) ? (await putEach([object]))[0]! : first.shift()!)
    return outcomes
  }

  /** Each has its own UID. All are written and synced in parallel, then renamed, then the folders with their names are synced, once each. */
  async function putEach(objects: readonly ReceivedObject[]): Promise<PromiseSettledResult<Kept>[]> {
    const inSlot = createSlots(WRITING_AT_ONCE).run
    const written = await Promise.allSettled(objects.map((object) => inSlot(() => inFolder(() => writeNew(object)))))
    const named = await settleInOrder(written, async (one) => {
      if (one.kept === 'stored') await inFolder(() => giveName(one))
      return one
    })
    const folders = new Set(named.flatMap((one) => (one.status === 'fulfilled' ? one.value.place.series : [])))
    const synced = new Map<string, PromiseSettledResult<void>>()
    for (const series of folders)
      synced.set(series, (await Promise.allSettled([inFolder(() => syncFolder(series))]))[0]!)
    const outcomes = await settleInOrder(named, async ({ kept, place }) => {
      const sync = synced.get(place.series)!
      if (sync.status === 'fulfilled') return kept
      // Nothing is kept of what was not acknowledged.
      seriesSeen.clear()
      if (kept === 'stored') await rm(place.path, { force: true }).catch(() => undefined)
      throw sync.reason
    })
    if (outcomes.some((one) => one.status === 'fulfilled' && one.value === 'stored')) {
      const now = clock.now()
      await utimes(placeOf(objects[0]!.instance).study, now, now)
    }
    return outcomes
  }

  async function writeNew({ instance, bytes }: ReceivedObject): Promise<Written> {
    const place = placeOf(instance)
    const incoming = join(folder, INCOMING, randomUUID())
    const kept = await readFile(place.path).catch(absent)
    if (kept !== undefined) return { place, incoming, kept: isSameDataSet(kept, bytes) ? 'same' : 'other' }
    await expectRoom(folder)
    try {
      await writeDurably(incoming, bytes)
    } catch (error) {
      await rm(incoming, { force: true }).catch(() => undefined)
      throw error
    }
    return { place, incoming, kept: 'stored' }
  }

  async function giveName({ place: { study, series, path }, incoming }: Written): Promise<void> {
    try {
      await makeFolders(study, series)
      await rename(incoming, path)
    } catch (error) {
      seriesSeen.clear()
      await rm(incoming, { force: true }).catch(() => undefined)
      throw error
    }
  }

  /** The entry of a new folder is in its parent, which must be on disk too. */
  async function makeFolders(study: string, series: string): Promise<void> {
    if (seriesSeen.has(series)) return
    await mkdir(series, { recursive: true, mode: 0o700 })
    await syncFolder(study)
    await syncFolder(folder)
    if (seriesSeen.size >= MAX_KNOWN) seriesSeen.clear()
    seriesSeen.add(series)
  }

  async function* instancesOf(study: Uid): AsyncGenerator<ReceivedInstance, void> {
    const root = join(folder, uidSegment(study))
    for (const name of await namesIn(root)) {
      const [, seriesInstanceUid, sopClassUid, modality] = SERIES.exec(name) ?? []
      if (seriesInstanceUid === undefined) continue
      for (const file of await namesIn(join(root, name))) {
        const sopInstanceUid = OBJECT.exec(file)?.[1]
        if (sopInstanceUid === undefined) continue
        yield {
          studyInstanceUid: study,
          seriesInstanceUid,
          sopInstanceUid,
          sopClassUid: sopClassUid!,
          modality: modality!,
        }
      }
    }
  }

  const studyUids = async () => (await namesIn(folder)).filter((name) => STUDY.test(name))

  return {
    async put(instance, bytes) {
      const [outcome] = await inTurn(instance.studyInstanceUid, () => putStudy([{ instance, bytes }]))
      if (outcome!.status === 'rejected') throw outcome!.reason
      return outcome!.value
    },

    async putAll(objects) {
      const outcomes = new Map<ReceivedObject, PromiseSettledResult<Kept>>()
      for (const [study, ofStudy] of Map.groupBy(objects, ({ instance }) => instance.studyInstanceUid)) {
        const settled = await inTurn(study, () => putStudy(ofStudy))
        for (const [n, object] of ofStudy.entries()) outcomes.set(object, settled[n]!)
      }
      return objects.map((object) => outcomes.get(object)!)
    },

    async studies() {
      const studies = await Promise.all(
        (await studyUids()).map(async (studyInstanceUid) => {
          const status = await stat(join(folder, studyInstanceUid)).catch(absent)
          return status && { studyInstanceUid, changedAt: status.mtime }
        }),
      )
      return studies.filter((one) => one !== undefined).sort((a, b) => b.changedAt.getTime() - a.changedAt.getTime())
    },

    async instances(study) {
      const instances: ReceivedInstance[] = []
      for await (const instance of instancesOf(study)) instances.push(instance)
      return instances
    },

    async whichAreKept(sopInstanceUids) {
      const uids = new Set(sopInstanceUids)
      const kept = new Set<Uid>()
      for (const study of await studyUids())
        for await (const { sopInstanceUid } of instancesOf(study))
          if (uids.has(sopInstanceUid)) kept.add(sopInstanceUid)
      return kept
    },

    async read({ studyInstanceUid, seriesInstanceUid, sopInstanceUid }) {
      const study = join(folder, uidSegment(studyInstanceUid))
      for (const series of await namesIn(study)) {
        if (SERIES.exec(series)?.[1] !== seriesInstanceUid) continue
        const bytes = await readFile(join(study, series, `${uidSegment(sopInstanceUid)}.dcm`)).catch(absent)
        if (bytes !== undefined) return bytes
      }
      return undefined
    },

    remove: (study, unlessAfter) =>
      inTurn(study, async () => {
        await removeAbandoned(join(folder, INCOMING), clock)
        const path = join(folder, uidSegment(study))
        const status = await stat(path).catch(absent)
        if (status === undefined || status.mtime > unlessAfter) return false
        // Out of sight at once: half a study must never pass for the study.
        const removed = join(folder, INCOMING, randomUUID())
        seriesSeen.clear()
        await rename(path, removed)
        await rm(removed, { recursive: true, force: true })
        return true
      }),
  }
}

/** One after the other; an earlier failure does not affect the next. */
async function settleInOrder<A, B>(
  results: readonly PromiseSettledResult<A>[],
  next: (value: A) => Promise<B>,
): Promise<PromiseSettledResult<B>[]> {
  const settled: PromiseSettledResult<B>[] = []
  for (const one of results)
    settled.push(one.status === 'rejected' ? one : (await Promise.allSettled([next(one.value)]))[0]!)
  return settled
}

/** Different File Meta Information does not make another object: each sender writes its own. */
function isSameDataSet(a: Uint8Array, b: Uint8Array): boolean {
  const [ours, theirs] = [readFileMeta(a), readFileMeta(b)]
  if (ours === undefined || theirs === undefined || ours.transferSyntaxUid !== theirs.transferSyntaxUid) return false
  return Buffer.compare(a.subarray(ours.dataSetOffset), b.subarray(theirs.dataSetOffset)) === 0
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function removeAbandoned(incoming: string, clock: Clock): Promise<void> {
  for (const name of await namesIn(incoming)) {
    const status = await stat(join(incoming, name)).catch(absent)
    if (status && status.mtimeMs < clock.now().getTime() - ABANDONED_MS)
      await rm(join(incoming, name), { recursive: true, force: true })
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(absent)) ?? []
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
  throw error
}

async function inFolder<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    if (asAppError(thrown).code !== 'INTERNAL') throw thrown
    const { code = 'it failed' } = thrown as NodeJS.ErrnoException
    if (code === 'ENOSPC' || code === 'EDQUOT')
      throw new AppError('DISK_FULL', `the disk of receive.folder is full (${code})`, { cause: thrown })
    throw new AppError('RECEIVED_UNWRITABLE', `an object could not be kept in receive.folder (${code})`, {
      cause: thrown,
    })
  }
}
