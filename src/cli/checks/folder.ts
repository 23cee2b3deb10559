// Whether we can write to a folder named in the settings, and how much space it has.
import { access, constants, mkdir, statfs } from 'node:fs/promises'
import { AppError } from '../../domain/errors.ts'

/** Creates the folder, as the service would. "12.3 GiB free" */
export async function checkFolder(setting: string, folder: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    const { code = 'no code' } = error as NodeJS.ErrnoException
    throw new AppError(
      'SETTINGS_INVALID',
      `${setting} ${folder} cannot be written (${code}) by user ${process.getuid?.() ?? '?'}`,
    )
  }
  const { bavail, bsize } = await statfs(folder)
  return `${((bavail * bsize) / 2 ** 30).toFixed(1)} GiB free`
}
