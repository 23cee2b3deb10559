// A real scanner series from the shared data folder, unpacked as it is: a study that lacks three sequences and must be held.
import { execFile } from 'node:child_process'
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const ARCHIVE = join('dicom', 'example-dicom-structural.tar.xz')

/**
 * Unpacks the series into `outDir` with `tar` and returns the folder that holds the DICOM files.
 * `source` is the archive itself or the data folder; default: the folder that GLIABRIDGE_DATA names.
 */
export async function unpackScannerStudy(input: { outDir: string; source?: string | undefined }): Promise<string> {
  const source = input.source ?? process.env.GLIABRIDGE_DATA
  if (source === undefined)
    throw new Error('give the path of example-dicom-structural.tar.xz, or set GLIABRIDGE_DATA to the data folder')
  const archive = (await stat(source)).isDirectory() ? join(source, ARCHIVE) : source
  await mkdir(input.outDir, { recursive: true })
  await promisify(execFile)('tar', ['-xf', archive, '-C', input.outDir])
  const entries = await readdir(input.outDir, { recursive: true, withFileTypes: true })
  const counts = new Map<string, number>()
  for (const entry of entries) if (entry.isFile()) counts.set(entry.parentPath, (counts.get(entry.parentPath) ?? 0) + 1)
  const [fullest] = [...counts].sort((a, b) => b[1] - a[1])
  if (fullest === undefined) throw new Error(`${archive} holds no files`)
  return fullest[0]
}
