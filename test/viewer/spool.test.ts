// The spool: what is kept comes back voxel by voxel along every axis, is replaced whole, and leaves by its age.
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { ImagesToKeep } from '../../src/domain/ports/image-spool.ts'
import { keepRetention } from '../../src/domain/retention.ts'
import { type Grid, type Volume, voxelCount } from '../../src/domain/volume.ts'
import { createImageSpool } from '../../src/viewer/spool.ts'
import { upright } from '../../src/viewer/upright.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { createKeptLog } from '../support/quiet-log.ts'

/** No side is a multiple of a brick's edge. */
const GRID: Grid = {
  size: [37, 70, 33],
  spacing: [1, 1.5, 2],
  origin: [10, -20, 30],
  direction: [0, 0, -1, 1, 0, 0, 0, -1, 0],
}
const SEGMENTS = [{ label: 3, key: 'ET', name: 'Enhancing tumour', colour: '#e4572e' }]

function images(seed: number): ImagesToKeep {
  const image: Volume<Float32Array> = { grid: GRID, data: new Float32Array(voxelCount(GRID)) }
  const labels = { grid: GRID, data: new Uint8Array(voxelCount(GRID)) }
  for (let k = 0, at = 0; k < GRID.size[2]; k++)
    for (let j = 0; j < GRID.size[1]; j++)
      for (let i = 0; i < GRID.size[0]; i++, at++) {
        image.data[at] = seed + 3 * i + 11 * j + 29 * k + (i > 20 && j < 9 ? 400 : 0)
        if (i > 5 && i < 12 && j > 30 && k === 7) labels.data[at] = 3
      }
  return { images: [{ sequence: 'FLAIR', image }], labels, segments: SEGMENTS }
}

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-spool-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

it('gives back every voxel along every axis, also when no brick fits into memory', async () => {
  const kept = images(100)
  const expected = upright({ grid: kept.images[0]!.image.grid, data: Uint16Array.from(kept.images[0]!.image.data) })
  for (const cacheBytes of [0, 50_000_000]) {
    const spool = createImageSpool(folder, createManualClock(), cacheBytes)
    await spool.keep('a-1', kept)
    const shown = (await spool.describe('a-1'))!
    const [{ slope, intercept }] = shown.images as [(typeof shown.images)[0]]
    const [nx, ny, nz] = shown.grid.size
    expect([nx, ny, nz]).toEqual([33, 37, 70])
    for (const axis of [0, 1, 2] as const) {
      for (const index of [0, 31, 32, shown.grid.size[axis] - 1]) {
        const plane = await spool.plane('a-1', 'FLAIR', axis, index)
        const [u, v] = ([0, 1, 2] as const).filter((one) => one !== axis) as [0 | 1 | 2, 0 | 1 | 2]
        let worst = 0
        for (let b = 0, at = 0; b < shown.grid.size[v]; b++)
          for (let a = 0; a < shown.grid.size[u]; a++, at++) {
            const place = [0, 0, 0]
            place[axis] = index
            place[u] = a
            place[v] = b
            const value = expected.data[place[0]! + nx * (place[1]! + ny * place[2]!)]!
            // The brightest voxels are kept as white.
            const stored = Math.min(value, 4095 * slope + intercept)
            worst = Math.max(worst, Math.abs(plane[at]! * slope + intercept - stored))
          }
        expect(worst, `axis ${axis}, slice ${index}`).toBeLessThanOrEqual(slope / 2 + 0.5)
      }
    }
    await expect(spool.plane('a-1', 'FLAIR', 2, nz)).rejects.toThrow('no such slice')
    await expect(spool.plane('a-1', 'T2', 2, 0)).rejects.toThrow('no such slice')
  }
})

it('gives slices that are requested together what it gives each alone, and nothing of images that were replaced meanwhile', async () => {
  const spool = createImageSpool(folder, createManualClock())
  await spool.keep('a-1', images(100))
  const alone = createImageSpool(folder, createManualClock())
  const together = await Promise.all([29, 30, 31, 32].map((index) => spool.plane('a-1', 'FLAIR', 2, index)))
  for (const [n, plane] of together.entries()) expect(plane).toEqual(await alone.plane('a-1', 'FLAIR', 2, 29 + n))
  const clock = createManualClock()
  const other = createImageSpool(folder, clock)
  await other.describe('a-1')
  const underway = other.plane('a-1', 'labels', 2, 7)
  await other.remove('a-1')
  await underway.catch(() => undefined)
  await expect(other.plane('a-1', 'labels', 2, 7)).rejects.toThrow('no such slice')
})

it('begins where the tumour is largest, and says where each segment is', async () => {
  const spool = createImageSpool(folder, createManualClock())
  await spool.keep('a-1', images(0))
  const shown = (await spool.describe('a-1'))!
  const [i, j, k] = shown.start
  const slice = await spool.plane('a-1', 'labels', 2, k)
  expect(slice[i + shown.grid.size[0] * j]).toBe(3)
  expect(shown.largest).toEqual({ 3: shown.start })
})

it('replaces what was kept before, and reads the new voxels', async () => {
  const clock = createManualClock()
  const spool = createImageSpool(folder, clock)
  await spool.keep('a-1', images(0))
  const before = await spool.plane('a-1', 'labels', 2, 35)
  clock.advance(1)
  const none = images(0)
  none.labels.data.fill(0)
  await spool.keep('a-1', none)
  await spool.describe('a-1')
  expect(before.some((label) => label === 3)).toBe(true)
  expect((await spool.plane('a-1', 'labels', 2, 35)).some((label) => label === 3)).toBe(false)
  expect(await readdir(folder)).toEqual(['a-1'])
})

it('says that it cannot write, by a code of the catalogue', async () => {
  await writeFile(join(folder, 'file'), '')
  const spool = createImageSpool(join(folder, 'file'), createManualClock())
  await expect(spool.keep('a-1', images(0))).rejects.toMatchObject({ code: 'SPOOL_UNWRITABLE' })
})

it('lets images go by their age, with what a crash left behind, and nothing else', async () => {
  const clock = createManualClock('2096-03-01T03:00:00.000Z')
  const spool = createImageSpool(folder, clock)
  await spool.keep('a-old', images(0))
  await mkdir(join(folder, 'a-crash.part'))
  clock.advance(20 * 86_400)
  await spool.keep('a-new', images(0))
  await mkdir(join(folder, 'not ours'))
  clock.advance(11 * 86_400)
  const ending = new AbortController()
  const once = { ...clock, sleep: async () => ending.abort() }
  const aged = { name: 'images', removeBefore: spool.removeBefore }
  await keepRetention(aged, 30, { clock: once, log: createKeptLog() }, ending.signal)
  expect((await readdir(folder)).sort()).toEqual(['a-new', 'not ours'])
  expect(await spool.describe('a-old')).toBeUndefined()
  await expect(spool.plane('a-old', 'FLAIR', 2, 0)).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

it('lets go of one analysis, its unfinished part and what is in memory', async () => {
  const spool = createImageSpool(folder, createManualClock())
  for (const id of ['a-gone', 'a-other']) await spool.keep(id, images(7))
  await spool.plane('a-gone', 'FLAIR', 2, 0)
  await mkdir(join(folder, 'a-gone.part'))
  await spool.remove('a-gone')
  expect(await readdir(folder)).toEqual(['a-other'])
  await expect(spool.plane('a-gone', 'FLAIR', 2, 0)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await spool.remove('../a-other')
  expect(await spool.describe('a-other')).toBeDefined()
})

it('takes no path out of its folder', async () => {
  const spool = createImageSpool(folder, createManualClock())
  await expect(spool.keep('../a', images(0))).rejects.toThrow('no analysis id')
  expect(await spool.describe('..')).toBeUndefined()
})

it.each([
  ['half a file', (text: string) => text.slice(0, 200), 'at its beginning;'],
  ['a brick too few', (text: string) => text.replace('"offsets":[0,', '"offsets":['), 'at volumes.FLAIR'],
  ['a file beside its folder', (text: string) => text.replace('{', '{"redrawn":"../secret",'), 'at redrawn;'],
])('names a damaged manifest (%s), and lets the folder go by its age', async (_, damage, where) => {
  const clock = createManualClock('2096-03-01T03:00:00.000Z')
  await createImageSpool(folder, clock).keep('a-1', images(0))
  const path = join(folder, 'a-1', 'images.json')
  await writeFile(path, damage(await readFile(path, 'utf8')))
  const spool = createImageSpool(folder, clock)
  const damaged = { code: 'INTERNAL', message: expect.stringContaining(where) }
  await expect(spool.describe('a-1')).rejects.toMatchObject(damaged)
  await expect(spool.plane('a-1', 'FLAIR', 2, 0)).rejects.toMatchObject(damaged)
  await expect(spool.sequences('a-1')).rejects.toMatchObject(damaged)
  await utimes(join(folder, 'a-1'), clock.now(), clock.now())
  expect(await spool.removeBefore(clock.now())).toBe(0)
  expect(await spool.removeBefore(new Date(clock.now().getTime() + 1000))).toBe(1)
  expect(await readdir(folder)).toEqual([])
})
