// The spool (IO): a folder for each analysis with its packed volumes; written completely or not at all, read brick by brick, removed by age.
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { ImageSpool, ImagesToKeep, KeptVolume } from '../domain/ports/image-spool.ts'
import type { ImageName, ShownImage } from '../domain/shown-images.ts'
import type { LabelVolume, Vec3, Volume } from '../domain/volume.ts'
import { type BrickIndex, bricksOfPlane, copyPlane, packBricks, unpackBrick, type Voxels } from './bricks.ts'
import { createCache } from './cache.ts'
import { type Manifest, parseManifest } from './manifest.ts'
import { placesOf } from './places.ts'
import { scaleOf, toStored } from './stored-values.ts'
import { upright, uprightGrid } from './upright.ts'

/** A volume is in a file of its name, except the one that is written more than once. */
const fileOf = ({ redrawn }: Manifest, volume: KeptVolume) => (volume === 'redrawn-labels' ? redrawn! : volume)

const MANIFEST_FILE = 'images.json'
const ID = /^[A-Za-z0-9-]{1,64}$/
/** Decoded bricks kept in memory, in bytes. */
const CACHE_BYTES = 256 * 1024 * 1024

export function createImageSpool(folder: string, clock: Clock, cacheBytes = CACHE_BYTES): ImageSpool {
  const bricks = createCache<Voxels>(cacheBytes)
  const manifests = new Map<string, Manifest>()

  const load = async (analysisId: string): Promise<Manifest | undefined> => {
    if (!ID.test(analysisId)) return undefined
    const text = await readFile(join(folder, analysisId, MANIFEST_FILE), 'utf8').catch(absent)
    if (text === undefined) {
      manifests.delete(analysisId)
      return undefined
    }
    const kept = parseManifest(analysisId, text)
    // It has been written again: what is in memory belongs to the previous one.
    const manifest = manifests.get(analysisId)
    if (manifest?.shown.keptAt !== kept.shown.keptAt || manifest.redrawn !== kept.redrawn)
      bricks.forget(`${analysisId}/`)
    manifests.set(analysisId, kept)
    return kept
  }

  const spool: ImageSpool = {
    async keep(analysisId, images) {
      if (!ID.test(analysisId)) throw new AppError('INTERNAL', `no analysis id: ${analysisId.slice(0, 80)}`)
      const part = join(folder, `${analysisId}.part`)
      try {
        await rm(part, { recursive: true, force: true })
        await mkdir(part, { recursive: true })
        const kept = await write(part, images, clock.now().toISOString())
        await writeFile(join(part, MANIFEST_FILE), JSON.stringify(kept), { flush: true })
        await rm(join(folder, analysisId), { recursive: true, force: true })
        await rename(part, join(folder, analysisId))
      } catch (error) {
        await rm(part, { recursive: true, force: true }).catch(() => undefined)
        throw unwritable(error)
      }
    },

    async redraw(analysisId, labels) {
      const kept = await load(analysisId)
      if (!kept) return
      try {
        const turned = upright(labels, Uint8Array)
        const { index, chunks } = await packBricks(turned.data, turned.grid.size)
        // A new file each time, so that anyone reading the old one meanwhile reads all of it.
        const file = `redrawn-labels-${clock.now().getTime()}`
        await writeFile(join(folder, analysisId, file), chunks, { flush: true })
        const shown = { ...kept.shown, ...placesOf(turned, kept.shown.segments), isRedrawn: true as const }
        const next: Manifest = { ...kept, shown, redrawn: file, volumes: { ...kept.volumes, 'redrawn-labels': index } }
        await writeFile(join(folder, analysisId, `${MANIFEST_FILE}.part`), JSON.stringify(next), { flush: true })
        await rename(join(folder, analysisId, `${MANIFEST_FILE}.part`), join(folder, analysisId, MANIFEST_FILE))
        if (kept.redrawn) await rm(join(folder, analysisId, kept.redrawn), { force: true })
      } catch (error) {
        throw unwritable(error)
      }
    },

    async describe(analysisId) {
      return (await load(analysisId))?.shown
    },

    async plane(analysisId, volume, axis, index) {
      const kept = manifests.get(analysisId) ?? (await load(analysisId))
      const packed = kept?.volumes[volume]
      if (!packed || index < 0 || index >= packed.size[axis])
        throw new AppError('NOT_FOUND', `no such slice of analysis ${analysisId} is kept`)
      const prefix = `${analysisId}/${volume}/`
      const bricksNeeded = bricksOfPlane(packed.size, axis, index)
      const missing = bricksNeeded.filter(({ number }) => !bricks.has(prefix + number))
      if (missing.length > 0) await readBricks(join(folder, analysisId, fileOf(kept, volume)), packed, missing, prefix)
      const [nu, nv] = packed.size.filter((_, one) => one !== axis) as [number, number]
      const into = new Uint16Array(nu * nv)
      for (const { number, at } of bricksNeeded) {
        const brick =
          bricks.get(prefix + number) ??
          (await readBrick(join(folder, analysisId, fileOf(kept, volume)), packed, number, at))
        copyPlane(brick, at, packed.size, { axis, index, into })
      }
      return into
    },

    async volume(analysisId, name) {
      const packed = (manifests.get(analysisId) ?? (await load(analysisId)))?.volumes[name]
      if (!packed) throw new AppError('NOT_FOUND', `no such volume of analysis ${analysisId} is kept`)
      const [nx, ny, nz] = packed.size
      const values = new Uint16Array(nx * ny * nz)
      for (let k = 0; k < nz; k++) values.set(await spool.plane(analysisId, name, 2, k), k * nx * ny)
      return values
    },

    async sequences(analysisId) {
      const kept = await load(analysisId)
      const own = kept?.shown.images.filter(({ isPrior }) => !isPrior) ?? []
      return Promise.all(
        own.map(async ({ name, sequence, slope, intercept }) => {
          const stored = await spool.volume(analysisId, name)
          const data = Float32Array.from(stored, (value) => value * slope + intercept)
          return { sequence, image: { grid: kept!.shown.grid, data } }
        }),
      )
    },

    async remove(analysisId) {
      if (!ID.test(analysisId)) return
      await drop(analysisId)
      await rm(join(folder, `${analysisId}.part`), { recursive: true, force: true })
    },

    async removeBefore(moment) {
      const names = (await readdir(folder).catch(absent)) ?? []
      let removed = 0
      for (const name of names) {
        // A folder with an unfinished name or without a manifest was left by a crash; a damaged one can be shown no more.
        const kept = await load(name).catch(() => undefined)
        const at = kept ? Date.parse(kept.shown.keptAt) : ((await stat(join(folder, name)).catch(absent))?.mtimeMs ?? 0)
        if (at >= moment.getTime() || !ID.test(name.replace(/\.part$/, ''))) continue
        await drop(name)
        removed += 1
      }
      return removed
    },
  }
  return spool

  async function drop(name: string): Promise<void> {
    await rm(join(folder, name), { recursive: true, force: true })
    manifests.delete(name)
    bricks.forget(`${name}/`)
  }

  /** Neighbours in the file are read in one go. */
  async function readBricks(
    path: string,
    packed: BrickIndex,
    missing: readonly { number: number; at: Vec3 }[],
    prefix: string,
  ): Promise<void> {
    const file = await openKept(path)
    try {
      const runs: { number: number; at: Vec3 }[][] = []
      for (const one of missing) {
        const run = runs.at(-1)
        if (run && run.at(-1)!.number === one.number - 1) run.push(one)
        else runs.push([one])
      }
      await Promise.all(
        runs.map(async (run) => {
          const from = packed.offsets[run[0]!.number]!
          const bytes = Buffer.alloc(packed.offsets[run.at(-1)!.number + 1]! - from)
          await file.read(bytes, 0, bytes.length, from)
          for (const { number, at } of run) {
            const chunk = bytes.subarray(packed.offsets[number]! - from, packed.offsets[number + 1]! - from)
            bricks.put(prefix + number, await unpackBrick(chunk, packed, at))
          }
        }),
      )
    } finally {
      await file.close()
    }
  }

  /** One that the cache has already evicted. */
  async function readBrick(path: string, packed: BrickIndex, number: number, at: Vec3): Promise<Voxels> {
    const file = await openKept(path)
    try {
      const from = packed.offsets[number]!
      const bytes = Buffer.alloc(packed.offsets[number + 1]! - from)
      await file.read(bytes, 0, bytes.length, from)
      return await unpackBrick(bytes, packed, at)
    } finally {
      await file.close()
    }
  }
}

async function write(
  folder: string,
  { images, labels, segments, prior }: ImagesToKeep,
  keptAt: string,
): Promise<Manifest> {
  const volumes: Manifest['volumes'] = {}
  const keep = async (name: KeptVolume, data: Voxels, size: Vec3) => {
    const { index, chunks } = await packBricks(data, size)
    await writeFile(join(folder, name), chunks, { flush: true })
    volumes[name] = index
  }
  const keepImage = async (name: ImageName, image: Volume<Float32Array>) => {
    const scale = scaleOf(image)
    const { grid, data } = upright(image, Uint16Array, toStored(scale))
    await keep(name, data, grid.size)
    return scale
  }
  const keepLabels = async (name: 'labels' | 'prior-labels', volume: LabelVolume) => {
    const turned = upright(volume, Uint8Array)
    await keep(name, turned.data, turned.grid.size)
    return turned
  }
  const shown: ShownImage[] = []
  for (const { sequence, image } of images)
    shown.push({ name: sequence, sequence, isPrior: false, ...(await keepImage(sequence, image)) })
  for (const { sequence, image } of prior?.images ?? []) {
    const name: ImageName = `prior-${sequence}`
    shown.push({ name, sequence, isPrior: true, ...(await keepImage(name, image)) })
  }
  const places = placesOf(await keepLabels('labels', labels), segments)
  if (prior?.labels) await keepLabels('prior-labels', prior.labels)
  return {
    version: 1,
    volumes,
    shown: {
      grid: uprightGrid(labels.grid),
      images: shown,
      segments: [...segments],
      ...places,
      ...(prior && {
        prior: { analysisId: prior.analysisId, studyDate: prior.studyDate, hasLabels: prior.labels !== undefined },
      }),
      keptAt,
    },
  }
}

/** Retention may have removed the folder since the manifest was read. */
async function openKept(path: string) {
  const file = await open(path).catch(absent)
  if (!file) throw new AppError('NOT_FOUND', 'these images are no longer kept')
  return file
}

function unwritable(error: unknown): AppError {
  const why = (error as NodeJS.ErrnoException).code ?? 'it failed'
  return new AppError('SPOOL_UNWRITABLE', `the images could not be kept for the pages (${why})`, { cause: error })
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
  throw error
}
