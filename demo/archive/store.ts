// The demo archive's instances: one Part 10 file each, written whole or not at all, and an index in memory.
import { randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type DescribedObject, describeObject } from '../../src/dicomweb/describe-object.ts'
import type { Kept } from '../../src/domain/ports/received-images.ts'
import type { Uid } from '../../src/domain/study.ts'

export interface StoredInstance extends DescribedObject {
  path: string
}

export interface InstanceStore {
  /** All instances, those of a study, those of a series, or one; in order of arrival. */
  find(study?: Uid, series?: Uid, instance?: Uid): StoredInstance[]
  read(instance: StoredInstance): Promise<Uint8Array>
  /** Keeps the first object with a UID: "same" if the bytes equal those already held, "other" if they differ. */
  put(received: DescribedObject, bytes: Uint8Array): Promise<Kept>
}

/** Opens the folder and indexes what is in it. What was being written at a crash is removed. */
export async function openInstanceStore(folder: string): Promise<InstanceStore> {
  await mkdir(folder, { recursive: true })
  const index = await indexFolder(folder)
  let writing: Promise<unknown> = Promise.resolve()

  async function put(received: DescribedObject, bytes: Uint8Array): Promise<Kept> {
    const stored = index.get(received.sopInstanceUid)
    if (stored !== undefined) return Buffer.compare(await readFile(stored.path), bytes) === 0 ? 'same' : 'other'
    const { studyInstanceUid, seriesInstanceUid, sopInstanceUid } = received
    const path = join(folder, studyInstanceUid, seriesInstanceUid, `${sopInstanceUid}.dcm`)
    const draft = `${path}.${randomUUID()}.part`
    await mkdir(dirname(path), { recursive: true })
    await writeFile(draft, bytes)
    await rename(draft, path)
    index.set(sopInstanceUid, { ...received, path })
    return 'stored'
  }

  return {
    find: (study, series, instance) =>
      [...index.values()].filter(
        (one) =>
          (study === undefined || one.studyInstanceUid === study) &&
          (series === undefined || one.seriesInstanceUid === series) &&
          (instance === undefined || one.sopInstanceUid === instance),
      ),
    read: (instance) => readFile(instance.path),
    put(received, bytes) {
      // One write at a time: two requests with the same UID must not both find it absent.
      const mine = writing.then(() => put(received, bytes))
      writing = mine.catch(() => undefined)
      return mine
    },
  }
}

async function indexFolder(folder: string): Promise<Map<Uid, StoredInstance>> {
  const index = new Map<Uid, StoredInstance>()
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && entry.name.endsWith('.part')) await rm(path)
    if (!entry.isFile() || !entry.name.endsWith('.dcm')) continue
    const received = describeObject(await readFile(path))
    index.set(received.sopInstanceUid, { ...received, path })
  }
  return index
}
