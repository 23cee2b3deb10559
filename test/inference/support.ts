// What several inference tests share: the tiny bundle, deterministic noise, small grids.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { Log } from '../../src/domain/ports/log.ts'
import { type Grid, toPatient, type Vec3, type Volume, voxelCount } from '../../src/domain/volume.ts'
import { parseBundle } from '../../src/inference/bundle/manifest.ts'

export const golden = (name: string) => fileURLToPath(new URL(`../golden/inference/${name}`, import.meta.url))
export const tinyBundle = golden('tiny-bundle')
export const readJson = (path: string) => JSON.parse(readFileSync(path, 'utf8'))
export const silent: Log = { info: () => {}, warn: () => {}, error: () => {} }

export const bytesOf = (base64: string) => {
  const buffer = Buffer.from(base64, 'base64')
  return buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength)
}

/** Deterministic numbers in [0, 1) (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

export const axial = (size: Vec3, spacing: Vec3, origin: Vec3 = [0, 0, 0]): Grid => ({
  size,
  spacing,
  origin,
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
})

/** A volume whose voxels are f at their patient coordinates. */
export function paint(grid: Grid, f: (point: Vec3) => number): Volume<Float32Array> {
  const data = new Float32Array(voxelCount(grid))
  let at = 0
  for (let k = 0; k < grid.size[2]; k++) {
    for (let j = 0; j < grid.size[1]; j++)
      for (let i = 0; i < grid.size[0]; i++) data[at++] = f(toPatient(grid, [i, j, k]))
  }
  return { grid, data }
}

/** What is said of a manifest after the change; fails when it is accepted. */
export function bundleProblems<T>(manifest: T, change: (m: T) => void): string {
  const raw = structuredClone(manifest)
  change(raw)
  try {
    parseBundle(raw)
  } catch (error) {
    expect(error).toMatchObject({ code: 'BUNDLE_INVALID' })
    return (error as Error).message
  }
  throw new Error('it was accepted')
}

export async function rejection(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error('it did not reject')
}
