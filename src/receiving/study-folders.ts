// Studies in folders, one folder each, read into the spool, and an archive that holds only them.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describeObject } from '../dicomweb/describe-object.ts'
import { AppError } from '../domain/errors.ts'
import type { ImageArchive } from '../domain/ports/image-archive.ts'
import type { ReceivedImages } from '../domain/ports/received-images.ts'
import type { Uid } from '../domain/study.ts'
import { withReceived } from './with-received.ts'

export interface StudyFolder {
  name: string
  study: Uid
  folder: string
}

/** Every folder is one study; files that are not DICOM objects, such as an expert's outline, are left out. */
export async function readStudyFolders(folder: string, received: ReceivedImages): Promise<StudyFolder[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new AppError('NOT_FOUND', `the folder of studies cannot be read: ${folder}`, { cause })
  })
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  const studies: StudyFolder[] = []
  for (const name of names.sort()) studies.push(await readStudyFolder(name, join(folder, name), received))
  return studies
}

async function readStudyFolder(name: string, folder: string, received: ReceivedImages): Promise<StudyFolder> {
  const uids = new Set<Uid>()
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  for (const entry of entries.filter((one) => one.isFile())) {
    const bytes = await readFile(join(entry.parentPath, entry.name))
    if (bytes.toString('latin1', 128, 132) !== 'DICM') continue
    const instance = describeObject(bytes)
    uids.add(instance.studyInstanceUid)
    await received.put(instance, bytes)
  }
  const [study, other] = [...uids]
  if (study === undefined) throw new AppError('NOT_FOUND', `the folder ${name} holds no DICOM files`)
  if (other !== undefined)
    throw new AppError('INSTANCE_INVALID', `the folder ${name} holds several studies; give each a folder of its own`)
  return { name, study, folder }
}

const notThere = async (): Promise<never> => {
  throw new AppError('NOT_FOUND', 'the folder has no such images')
}

/** There is nothing beyond what was read from the folders. */
export const archiveOf = (received: ReceivedImages): ImageArchive =>
  withReceived(
    {
      searchStudies: async () => [],
      searchInstances: async () => [],
      retrieveMetadata: notThere,
      async *retrieveSeries() {
        yield await notThere()
      },
      store: notThere,
      retrieveInstance: notThere,
    },
    received,
  )
