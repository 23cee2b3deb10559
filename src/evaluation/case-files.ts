// The files of cases in BraTS layout: one folder per case with the sequences and, if there is one, the expert's outline.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../domain/errors.ts'
import { SEQUENCES, type Sequence } from '../domain/study.ts'
import type { LabelVolume, Volume } from '../domain/volume.ts'
import type { SequenceVolume } from '../inference/segmentation/sequence-volume.ts'
import { readNifti } from './nifti.ts'
import { isXz, unpackXz } from './xz.ts'

export const SUFFIXES: Record<Sequence, string> = {
  T1: 't1',
  T1c: 't1ce',
  T2: 't2',
  FLAIR: 'flair',
  ADC: 'adc',
  rCBV: 'rcbv',
}

export interface CaseFiles {
  images: SequenceVolume[]
  /** <case>_seg: BraTS codes. */
  labels?: Volume<Float32Array>
  /** <case>_mask: non-zero in the whole tumour, without its parts. */
  mask?: Volume<Float32Array>
}

/** Names of the folders inside, sorted; only those in `only` if given. NOT_FOUND names the missing ones. */
export async function caseNames(folder: string, only: readonly string[] | undefined): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new AppError('NOT_FOUND', `the folder of cases cannot be read: ${folder}`, { cause })
  })
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
  const unknown = (only ?? []).filter((name) => !names.includes(name))
  if (unknown.length > 0) throw new AppError('NOT_FOUND', `no such case in ${folder}: ${unknown.join(', ')}`)
  if (names.length === 0) throw new AppError('NOT_FOUND', `${folder} holds no case folders`)
  return only ? [...only] : names
}

/** Each file is <case>_<part> or just <part>, as .nii, .nii.gz or .nii.xz. */
export async function readCaseFiles(folder: string): Promise<CaseFiles> {
  const files = await readdir(folder)
  const read = async (part: string): Promise<Volume<Float32Array> | undefined> => {
    const file = files.find((name) => new RegExp(`(^|_)${part}\\.nii(\\.gz|\\.xz)?$`).test(name))
    if (!file) return undefined
    const bytes = await readFile(join(folder, file))
    return readNifti(isXz(bytes) ? await unpackXz(bytes, file) : bytes, file)
  }
  const images: SequenceVolume[] = []
  for (const sequence of SEQUENCES) {
    const volume = await read(SUFFIXES[sequence])
    if (volume) images.push({ sequence, volume })
  }
  const [labels, mask] = [await read('seg'), await read('mask')]
  return { images, ...(labels && { labels }), ...(mask && { mask }) }
}

/** Whether two label volumes share one grid, within the precision of NIfTI's float32 affine. */
export function sameGrid(a: LabelVolume, b: LabelVolume): boolean {
  const close = (x: readonly number[], y: readonly number[], by: number) =>
    x.every((value, n) => Math.abs(value - y[n]!) < by)
  return (
    close(a.grid.size, b.grid.size, 0.5) &&
    close(a.grid.spacing, b.grid.spacing, 1e-3) &&
    close(a.grid.origin, b.grid.origin, 0.1) &&
    close(a.grid.direction, b.grid.direction, 1e-3)
  )
}
