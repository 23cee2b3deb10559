// Reading kept volumes (IO): the manifest of an analysis, and planes out of bricks, of which those last used stay in memory.
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../domain/errors.ts'
import type { KeptVolume } from '../domain/ports/image-spool.ts'
import type { Vec3 } from '../domain/volume.ts'
import { type Brick, type BrickIndex, bricksOfPlane, copyPlane, unpackBrick } from './bricks.ts'
import { createCache } from './cache.ts'
import { type Manifest, parseManifest } from './manifest.ts'

/** File of the manifest in the folder of an analysis. */
export const MANIFEST_FILE = 'images.json'
export const ANALYSIS_ID = /^[A-Za-z0-9-]{1,64}$/

export interface KeptVolumes {
  /** The manifest as it is on disk now; undefined if nothing is kept. Throws INTERNAL if it is damaged. */
  load(analysisId: string): Promise<Manifest | undefined>
  /** The manifest as it was read last. */
  manifest(analysisId: string): Promise<Manifest | undefined>
  /** Stored values, the first remaining axis fastest. Throws NOT_FOUND. */
  plane(analysisId: string, volume: KeptVolume, axis: 0 | 1 | 2, index: number): Promise<Uint16Array>
  forget(analysisId: string): void
}

/** A brick by its number in the file and its place in the volume. */
interface NumberedBrick {
  number: number
  at: Vec3
}

/** A volume is in a file of its name, except the one that is written more than once. */
const fileOf = ({ redrawn }: Manifest, volume: KeptVolume) => (volume === 'redrawn-labels' ? redrawn! : volume)

/** `cacheBytes`: how much the decoded bricks in memory may take. */
export function createKeptVolumes(folder: string, cacheBytes: number): KeptVolumes {
  const bricks = createCache<Brick>(cacheBytes)
  /** Those being read now: neighbouring slices are requested together and lie in the same bricks. */
  const reading = new Map<string, Promise<Brick>>()
  const manifests = new Map<string, Manifest>()

  const load = async (analysisId: string): Promise<Manifest | undefined> => {
    if (!ANALYSIS_ID.test(analysisId)) return undefined
    const text = await readFile(join(folder, analysisId, MANIFEST_FILE), 'utf8').catch(absent)
    if (text === undefined) {
      manifests.delete(analysisId)
      return undefined
    }
    const kept = parseManifest(analysisId, text)
    // It has been written again: what is in memory belongs to the previous one.
    const manifest = manifests.get(analysisId)
    if (manifest?.shown.keptAt !== kept.shown.keptAt || manifest.redrawn !== kept.redrawn) forgetBricks(analysisId)
    manifests.set(analysisId, kept)
    return kept
  }
  const forgetBricks = (analysisId: string) => {
    const prefix = `${analysisId}/`
    bricks.forget(prefix)
    for (const key of [...reading.keys()]) if (key.startsWith(prefix)) reading.delete(key)
  }
  /** In the cache once it has been read, unless it was forgotten meanwhile. */
  const remember = (key: string, brick: Promise<Brick>) => {
    reading.set(key, brick)
    const done = (bytes?: Brick) => {
      if (reading.get(key) !== brick) return
      reading.delete(key)
      if (bytes) bricks.put(key, bytes)
    }
    brick.then(done, () => done())
  }
  const manifest = async (analysisId: string) => manifests.get(analysisId) ?? (await load(analysisId))

  return {
    load,
    manifest,
    forget(analysisId) {
      manifests.delete(analysisId)
      forgetBricks(analysisId)
    },

    async plane(analysisId, volume, axis, index) {
      const kept = await manifest(analysisId)
      const packed = kept?.volumes[volume]
      if (!packed || index < 0 || index >= packed.size[axis])
        throw new AppError('NOT_FOUND', `no such slice of analysis ${analysisId} is kept`)
      const keyOf = (number: number) => `${analysisId}/${volume}/${number}`
      const needed = bricksOfPlane(packed.size, axis, index)
      const missing = needed.filter(({ number }) => !bricks.has(keyOf(number)) && !reading.has(keyOf(number)))
      if (missing.length > 0) {
        const batch = readBricks(join(folder, analysisId, fileOf(kept, volume)), packed, missing)
        for (const { number } of missing) remember(keyOf(number), numbered(batch, number))
      }
      const pieces = await Promise.all(
        needed.map(({ number }) => bricks.get(keyOf(number)) ?? reading.get(keyOf(number))!),
      )
      const [nu, nv] = packed.size.filter((_, one) => one !== axis) as [number, number]
      const into = new Uint16Array(nu * nv)
      for (const [n, { at }] of needed.entries()) copyPlane(pieces[n]!, at, packed, { axis, index, into })
      return into
    },
  }
}

/** By number. Neighbours in the file are read in one go. */
async function readBricks(
  path: string,
  packed: BrickIndex,
  bricks: readonly NumberedBrick[],
): Promise<ReadonlyMap<number, Brick>> {
  const runs: NumberedBrick[][] = []
  for (const one of bricks) {
    const run = runs.at(-1)
    if (run && run.at(-1)!.number === one.number - 1) run.push(one)
    else runs.push([one])
  }
  const file = await openKept(path)
  try {
    const unpacked = runs.map(async (run) => {
      const from = packed.offsets[run[0]!.number]!
      const bytes = Buffer.alloc(packed.offsets[run.at(-1)!.number + 1]! - from)
      await file.read(bytes, 0, bytes.length, from)
      return Promise.all(
        run.map(async ({ number, at }) => {
          const chunk = bytes.subarray(packed.offsets[number]! - from, packed.offsets[number + 1]! - from)
          return [number, await unpackBrick(chunk, packed, at)] as const
        }),
      )
    })
    return new Map((await Promise.all(unpacked)).flat())
  } finally {
    await file.close()
  }
}

const numbered = async (batch: Promise<ReadonlyMap<number, Brick>>, number: number) => (await batch).get(number)!

/** Retention may have removed the folder since the manifest was read. */
async function openKept(path: string) {
  const file = await open(path).catch(absent)
  if (!file) throw new AppError('NOT_FOUND', 'these images are no longer kept')
  return file
}

/** For `.catch`: undefined where there is no such file or folder. */
export function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
  throw error
}
