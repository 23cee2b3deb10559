// The demo archive's instances: one Part 10 file each, written whole or not at all, and an index in memory.
import { randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { has, tagOf, text } from '../../src/dicom/dataset.ts'
import { readPart10 } from '../../src/dicom/part10.ts'
import { uidSegment } from '../../src/dicomweb/query.ts'
import type { DicomJson, Uid } from '../../src/domain/study.ts'

export interface StoredInstance {
  studyInstanceUid: Uid
  seriesInstanceUid: Uid
  sopInstanceUid: Uid
  sopClassUid: Uid
  transferSyntaxUid: Uid
  /** All attributes; bulk data has its VR and a BulkDataURI relative to the instance. */
  metadata: DicomJson
  path: string
}

/** An object before it has its place. */
export type ReceivedInstance = Omit<StoredInstance, 'path'>

export interface InstanceStore {
  /** All instances, those of a study, of a series, or one; in the order they came. */
  find(study?: Uid, series?: Uid, instance?: Uid): StoredInstance[]
  read(instance: StoredInstance): Promise<Uint8Array>
  /** Keeps the first object of a UID: "same" when the bytes are those already held, "other" when they are not. */
  put(received: ReceivedInstance, bytes: Uint8Array): Promise<'stored' | 'same' | 'other'>
}

/** Base64 values longer than this are bulk data in metadata. */
const MAX_INLINE = 1024

/** Opens the folder and indexes what is in it. What was being written at a crash is removed. */
export async function openInstanceStore(folder: string): Promise<InstanceStore> {
  await mkdir(folder, { recursive: true })
  const index = await indexFolder(folder)
  let writing: Promise<unknown> = Promise.resolve()

  async function put(received: ReceivedInstance, bytes: Uint8Array): Promise<'stored' | 'same' | 'other'> {
    const known = index.get(received.sopInstanceUid)
    if (known !== undefined) return Buffer.compare(await readFile(known.path), bytes) === 0 ? 'same' : 'other'
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

/** What the index holds of an object. Throws INSTANCE_INVALID when it is damaged, NOT_FOUND when it lacks a UID. */
export function describeObject(bytes: Uint8Array): ReceivedInstance {
  const { dataset, transferSyntaxUid } = readPart10(bytes)
  const uid = (keyword: string) => uidSegment(text(dataset, keyword))
  const metadata = Object.fromEntries(
    Object.entries(dataset).map(([tag, element]) =>
      (element.InlineBinary?.length ?? 0) > MAX_INLINE
        ? [tag, { vr: element.vr, BulkDataURI: `bulkdata/${tag}` }]
        : [tag, element],
    ),
  )
  if (has(dataset, 'Rows')) metadata[tagOf('PixelData')] = { vr: 'OW', BulkDataURI: `bulkdata/${tagOf('PixelData')}` }
  return {
    studyInstanceUid: uid('StudyInstanceUID'),
    seriesInstanceUid: uid('SeriesInstanceUID'),
    sopInstanceUid: uid('SOPInstanceUID'),
    sopClassUid: uid('SOPClassUID'),
    transferSyntaxUid,
    metadata,
  }
}
