// The spool of received images (IO): <study>/<series>_<SOP class>_<modality>/<instance>.dcm, so that names alone answer a search.
import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { readFileMeta } from '../dicom/file-meta.ts'
import { uidSegment } from '../dicomweb/query.ts'
import { AppError, asAppError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Kept, ReceivedImages, ReceivedInstance } from '../domain/ports/received-images.ts'
import type { Uid } from '../domain/study.ts'
import { createTurns } from '../domain/turns.ts'

export interface SpoolOptions {
  folder: string
  clock: Clock
  /** Rejects with DISK_FULL when there is too little room to begin. */
  expectRoom(folder: string): Promise<void>
}

/** Where objects are until they are whole; what a crash left behind there goes with the next removal. */
const INCOMING = '.incoming'
const STUDY = /^\d[\d.]*$/
const SERIES = /^(\d[\d.]*)_(\d[\d.]*)_([A-Z0-9]*)$/
const OBJECT = /^(\d[\d.]*)\.dcm$/
const ABANDONED_MS = 3_600_000
/** Folders of which it is known that they outlive a loss of power. */
const MAX_KNOWN = 10_000

export async function openReceivedImages({ folder, clock, expectRoom }: SpoolOptions): Promise<ReceivedImages> {
  await inFolder(() => mkdir(join(folder, INCOMING), { recursive: true, mode: 0o700 }))
  /** Two objects under one UID, or an object and a removal, must not meet. */
  const inTurn = createTurns()

  const seriesSeen = new Set<string>()

  async function put(instance: ReceivedInstance, bytes: Uint8Array): Promise<Kept> {
    const { studyInstanceUid, seriesInstanceUid, sopInstanceUid, sopClassUid, modality } = instance
    const study = join(folder, uidSegment(studyInstanceUid))
    const series = join(study, `${uidSegment(seriesInstanceUid)}_${uidSegment(sopClassUid)}_${modality}`)
    const path = join(series, `${uidSegment(sopInstanceUid)}.dcm`)
    const kept = await readFile(path).catch(absent)
    if (kept !== undefined) return isSameDataSet(kept, bytes) ? 'same' : 'other'
    await expectRoom(folder)
    const incoming = join(folder, INCOMING, randomUUID())
    try {
      await writeDurably(incoming, bytes)
      await makeFolders(study, series)
      await rename(incoming, path)
      await syncFolder(series)
    } catch (error) {
      seriesSeen.clear()
      await rm(incoming, { force: true }).catch(() => undefined)
      throw error
    }
    const now = clock.now()
    await utimes(study, now, now)
    return 'stored'
  }

  /** The entry of a new folder is in its parent, which must be on the disk too. */
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
    put: (instance, bytes) => inTurn(instance.studyInstanceUid, () => inFolder(() => put(instance, bytes))),

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
        // Out of sight at once: half a study must never be taken for the study.
        const removed = join(folder, INCOMING, randomUUID())
        seriesSeen.clear()
        await rename(path, removed)
        await rm(removed, { recursive: true, force: true })
        return true
      }),
  }
}

/** Another File Meta Information is no other object: each sender writes its own. */
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
