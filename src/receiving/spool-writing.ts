// Writing into the spool of received images (IO): an object is acknowledged once it, its name and its folders survive a loss of power.
import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { readFileMeta } from '../dicom/file-meta.ts'
import { uidSegment } from '../dicomweb/query.ts'
import { AppError, asAppError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Kept, ReceivedInstance, ReceivedObject } from '../domain/ports/received-images.ts'
import { createSlots } from '../domain/slots.ts'

export interface SpoolOptions {
  folder: string
  clock: Clock
  /** Rejects with DISK_FULL if there is too little room to begin. */
  expectRoom(folder: string): Promise<void>
}

/** Where objects are until they are complete; what a crash leaves there is deleted at the next removal. */
export const INCOMING = '.incoming'
/** How many files are written and synced at the same time. */
const WRITING_AT_ONCE = 8
/** Folders known to survive a loss of power. */
const MAX_KNOWN = 10_000

/** The folders of its study and series, and the path of the object. */
interface Place {
  study: string
  series: string
  path: string
}

/** One object in progress: complete and synced under `incoming`, or there already. */
interface Written {
  place: Place
  incoming: string
  kept: Kept
}

type Outcome = PromiseSettledResult<Kept>

export interface SpoolWriter {
  /** Objects of one study. Of two with one UID, the second is compared with the first once that is stored. */
  putStudy(objects: readonly ReceivedObject[]): Promise<Outcome[]>
  /** Folders may have gone since: they are made and synced anew. */
  forgetFolders(): void
}

export async function createSpoolWriter(options: SpoolOptions): Promise<SpoolWriter> {
  const { folder, clock } = options
  await inFolder(() => mkdir(join(folder, INCOMING), { recursive: true, mode: 0o700 }))
  const folders = createDurableFolders(folder)

  /** Each has its own UID. All are written and synced in parallel, then renamed, then the folders with their names are synced, once each. */
  async function putEach(objects: readonly ReceivedObject[]): Promise<Outcome[]> {
    const inSlot = createSlots(WRITING_AT_ONCE).run
    const written = await Promise.allSettled(
      objects.map((object) => inSlot(() => inFolder(() => writeNew(options, object)))),
    )
    const named = await settleInOrder(written, async (one) => {
      if (one.kept === 'stored') await inFolder(() => giveName(one))
      return one
    })
    const synced = await syncEach(named.flatMap((one) => (one.status === 'fulfilled' ? one.value.place.series : [])))
    const outcomes = await settleInOrder(named, async ({ kept, place }) => {
      const sync = synced.get(place.series)!
      if (sync.status === 'fulfilled') return kept
      // Nothing is kept of what was not acknowledged.
      folders.forget()
      if (kept === 'stored') await rm(place.path, { force: true }).catch(() => undefined)
      throw sync.reason
    })
    if (outcomes.some((one) => one.status === 'fulfilled' && one.value === 'stored')) {
      const now = clock.now()
      await utimes(placeOf(folder, objects[0]!.instance).study, now, now)
    }
    return outcomes
  }

  async function giveName({ place: { study, series, path }, incoming }: Written): Promise<void> {
    try {
      await folders.make(study, series)
      await rename(incoming, path)
    } catch (error) {
      folders.forget()
      await rm(incoming, { force: true }).catch(() => undefined)
      throw error
    }
  }

  return {
    forgetFolders: () => folders.forget(),
    async putStudy(objects) {
      const paths = objects.map(({ instance }) => placeOf(folder, instance).path)
      const isRepeated = (n: number) => paths.indexOf(paths[n]!) < n
      const first = await putEach(objects.filter((_, n) => !isRepeated(n)))
      const outcomes: Outcome[] = []
      for (const [n, object] of objects.entries())
        outcomes.push(isRepeated(n) ? (await putEach([object]))[0]! : first.shift()!)
      return outcomes
    },
  }
}

function placeOf(folder: string, instance: ReceivedInstance): Place {
  const { studyInstanceUid, seriesInstanceUid, sopInstanceUid, sopClassUid, modality } = instance
  const study = join(folder, uidSegment(studyInstanceUid))
  const series = join(study, `${uidSegment(seriesInstanceUid)}_${uidSegment(sopClassUid)}_${modality}`)
  return { study, series, path: join(series, `${uidSegment(sopInstanceUid)}.dcm`) }
}

/** The entry of a new folder is in its parent, which must be on disk too. */
function createDurableFolders(root: string) {
  const seriesSeen = new Set<string>()
  return {
    forget: () => seriesSeen.clear(),
    async make(study: string, series: string): Promise<void> {
      if (seriesSeen.has(series)) return
      await mkdir(series, { recursive: true, mode: 0o700 })
      await syncFolder(study)
      await syncFolder(root)
      if (seriesSeen.size >= MAX_KNOWN) seriesSeen.clear()
      seriesSeen.add(series)
    },
  }
}

async function writeNew({ folder, expectRoom }: SpoolOptions, { instance, bytes }: ReceivedObject): Promise<Written> {
  const place = placeOf(folder, instance)
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

/** Each folder once. */
async function syncEach(folders: readonly string[]): Promise<Map<string, PromiseSettledResult<void>>> {
  const synced = new Map<string, PromiseSettledResult<void>>()
  for (const folder of new Set(folders))
    synced.set(folder, (await Promise.allSettled([inFolder(() => syncFolder(folder))]))[0]!)
  return synced
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

/** For `.catch`: undefined where there is no such file or folder. */
export function absent(error: NodeJS.ErrnoException): undefined {
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
