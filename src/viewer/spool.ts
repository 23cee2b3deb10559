// The spool (IO): a folder for each analysis with its packed volumes; written completely or not at all, removed by age.
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { ImageSpool } from '../domain/ports/image-spool.ts'
import { ANALYSIS_ID, absent, createKeptVolumes, MANIFEST_FILE } from './kept-volumes.ts'
import { withPacker } from './packer.ts'
import { redrawLabels, writeVolumes } from './volume-writing.ts'

/** Decoded bricks kept in memory, in bytes. */
const CACHE_BYTES = 256 * 1024 * 1024

export function createImageSpool(folder: string, clock: Clock, cacheBytes = CACHE_BYTES): ImageSpool {
  const kept = createKeptVolumes(folder, cacheBytes)
  const spool: ImageSpool = {
    async keep(analysisId, images) {
      if (!ANALYSIS_ID.test(analysisId)) throw new AppError('INTERNAL', `no analysis id: ${analysisId.slice(0, 80)}`)
      const part = join(folder, `${analysisId}.part`)
      try {
        await rm(part, { recursive: true, force: true })
        await mkdir(part, { recursive: true })
        const manifest = await withPacker((pack) => writeVolumes(part, images, clock.now().toISOString(), pack))
        await writeFile(join(part, MANIFEST_FILE), JSON.stringify(manifest), { flush: true })
        await rm(join(folder, analysisId), { recursive: true, force: true })
        await rename(part, join(folder, analysisId))
      } catch (error) {
        await rm(part, { recursive: true, force: true }).catch(() => undefined)
        throw unwritable(error)
      }
    },

    async redraw(analysisId, labels) {
      const manifest = await kept.load(analysisId)
      if (!manifest) return
      await redrawLabels(join(folder, analysisId), manifest, labels, clock.now()).catch((error) => {
        throw unwritable(error)
      })
    },

    async describe(analysisId) {
      return (await kept.load(analysisId))?.shown
    },

    plane: kept.plane,

    async volume(analysisId, name) {
      const packed = (await kept.manifest(analysisId))?.volumes[name]
      if (!packed) throw new AppError('NOT_FOUND', `no such volume of analysis ${analysisId} is kept`)
      const [nx, ny, nz] = packed.size
      const values = new Uint16Array(nx * ny * nz)
      for (let k = 0; k < nz; k++) values.set(await spool.plane(analysisId, name, 2, k), k * nx * ny)
      return values
    },

    async sequences(analysisId) {
      const shown = (await kept.load(analysisId))?.shown
      const own = shown?.images.filter(({ isPrior }) => !isPrior) ?? []
      return Promise.all(
        own.map(async ({ name, sequence, slope, intercept }) => {
          const stored = await spool.volume(analysisId, name)
          const data = Float32Array.from(stored, (value) => value * slope + intercept)
          return { sequence, image: { grid: shown!.grid, data } }
        }),
      )
    },

    async remove(analysisId) {
      if (!ANALYSIS_ID.test(analysisId)) return
      await drop(analysisId)
      await rm(join(folder, `${analysisId}.part`), { recursive: true, force: true })
    },

    async removeBefore(moment) {
      const names = (await readdir(folder).catch(absent)) ?? []
      let removed = 0
      for (const name of names) {
        // A folder with an unfinished name or without a manifest was left by a crash; a damaged one can be shown no more.
        const manifest = await kept.load(name).catch(() => undefined)
        const at = manifest
          ? Date.parse(manifest.shown.keptAt)
          : ((await stat(join(folder, name)).catch(absent))?.mtimeMs ?? 0)
        if (at >= moment.getTime() || !ANALYSIS_ID.test(name.replace(/\.part$/, ''))) continue
        await drop(name)
        removed += 1
      }
      return removed
    },
  }
  return spool

  async function drop(name: string): Promise<void> {
    await rm(join(folder, name), { recursive: true, force: true })
    kept.forget(name)
  }
}

function unwritable(error: unknown): AppError {
  const why = (error as NodeJS.ErrnoException).code ?? 'it failed'
  return new AppError('SPOOL_UNWRITABLE', `the images could not be kept for the pages (${why})`, { cause: error })
}
