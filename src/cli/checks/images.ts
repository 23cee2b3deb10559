// Whether there is a folder for the images of the pages: with PostgreSQL too they are files.
import { imagesFolder } from '../../compose-images.ts'
import type { Settings } from '../../settings/schema.ts'
import { checkFolder } from './folder.ts'

export async function checkImages(settings: Pick<Settings, 'viewer' | 'store'>): Promise<string[]> {
  const { keepDays } = settings.viewer
  if (keepDays === 0) return ['none are kept (viewer.keepDays is 0)']
  const folder = imagesFolder(settings)
  return [`kept in ${folder} for ${keepDays} days, ${await checkFolder('viewer.folder', folder)}`]
}
