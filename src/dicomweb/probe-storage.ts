// Tries the right to store, with a picture of nobody: stores it, reads it back and removes it, or rejects it with a note if it cannot be removed.
import { buildCheckObject, buildCheckRejection } from '../dicom/check-object.ts'
import { AppError, asAppError } from '../domain/errors.ts'
import type { ImageArchive } from '../domain/ports/image-archive.ts'
import type { Connection } from './connection.ts'

/** What was done, line by line. Throws the archive's answer to the store: ARCHIVE_FORBIDDEN, STORE_FAILED … */
export async function probeStorage(
  connection: Pick<Connection, 'remove'>,
  archive: Pick<ImageArchive, 'store' | 'retrieveInstance'>,
  site: string,
): Promise<string[]> {
  const picture = buildCheckObject(site)
  const { studyInstanceUid, seriesInstanceUid, sopInstanceUid } = picture
  await storeOne(archive, picture)
  await archive.retrieveInstance(studyInstanceUid, seriesInstanceUid, sopInstanceUid)
  try {
    await connection.remove(`/studies/${studyInstanceUid}`, 'removal of the check object')
    return ['the right to store: a picture of nobody was stored, read back and removed']
  } catch (thrown) {
    const { code } = asAppError(thrown)
    await storeOne(archive, buildCheckRejection(site, picture))
    return [
      'the right to store: a picture of nobody was stored and read back',
      `it cannot be removed (${code}); a note rejects it: study ${studyInstanceUid}, patient GLIABRIDGE-CHECK`,
    ]
  }
}

async function storeOne(
  archive: Pick<ImageArchive, 'store'>,
  object: ReturnType<typeof buildCheckObject>,
): Promise<void> {
  const [outcome] = await archive.store(object.studyInstanceUid, [object])
  if (outcome?.stored) return
  const reason = outcome?.reason === undefined ? '' : ` (failure reason ${outcome.reason})`
  throw new AppError('STORE_FAILED', `the archive did not store the check object ${object.sopInstanceUid}${reason}`)
}
