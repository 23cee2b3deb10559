// Inputs that once were not refused by name, each by the parser that it broke; and that damaged inputs are made again from their seed.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { createDecoder } from '../../src/decoding/decoder.ts'
import { readPart10, writePart10 } from '../../src/dicom/part10.ts'
import { planSeries } from '../../src/dicom/series-volume.ts'
import { classicSeries, OBLIQUE } from '../dicom/support.ts'
import { inputOf } from './inputs.ts'
import { createTargets, isForeseen, type Target } from './targets.ts'

const folder = fileURLToPath(new URL('corpus', import.meta.url))
const MAX_MS = 20_000
let targets: Target[]
beforeAll(async () => {
  targets = await createTargets()
})

/** A compressed frame as the service reads it: in a file, by the process that decodes images, which may be ended over it. */
async function decoded(frame: Uint8Array, transferSyntaxUid: string): Promise<unknown> {
  const { series, files } = await classicSeries({ grid: { ...OBLIQUE, size: [38, 23, 3] } })
  const { dataset } = readPart10(files[0]!)
  async function* file() {
    yield writePart10({ dataset, transferSyntaxUid, pixelData: [frame] })
    yield* files.slice(1)
  }
  const decoder = createDecoder({ timeoutMs: 5000 })
  try {
    return await decoder.readVolume(planSeries(series), file())
  } finally {
    await decoder.close()
  }
}

/** How a parser ended: nothing when it took the input, or the error when it was not foreseen. */
async function outcomeOf({ run, compressed }: Target, bytes: Uint8Array): Promise<unknown> {
  try {
    await (compressed ? decoded(bytes, compressed) : run(bytes))
    return undefined
  } catch (error) {
    return isForeseen(error) ? undefined : error
  }
}

describe('the corpus', () => {
  it.each(readdirSync(folder).filter((name) => name !== 'README.md'))('%s', async (name) => {
    const target = targets.find((one) => one.name === name.split('.')[0])
    expect(target, 'a parser of this name').toBeDefined()
    const started = performance.now()
    expect(await outcomeOf(target!, readFileSync(join(folder, name)))).toBeUndefined()
    expect(performance.now() - started).toBeLessThan(MAX_MS)
  })

  it('starts from inputs that are good: each parser takes one at least', async () => {
    for (const { name, seeds, run } of targets) {
      const ended = await Promise.allSettled(seeds.map(async (seed) => run(seed)))
      expect(
        ended.map(({ status }) => status),
        name,
      ).toContain('fulfilled')
    }
  })
})

describe('damaged inputs', () => {
  it('are the same for the same seed and number, and others for others', async () => {
    const hex = (seed: number, input: number) => {
      const { target, bytes } = inputOf(seed, input, targets)
      return `${target.name} ${Buffer.from(bytes).toString('hex')}`
    }
    expect(hex(7, 11)).toBe(hex(7, 11))
    expect(new Set([hex(7, 11), hex(7, 12), hex(8, 11)]).size).toBe(3)
  })

  it('are refused by name, of the first hundred of seed 1 those that are no codestreams', async () => {
    for (let input = 0; input < 100; input += 1) {
      const { target, bytes } = inputOf(1, input, targets)
      if (target.compressed) continue
      expect(await outcomeOf(target, bytes), `${target.name}.1-${input}`).toBeUndefined()
    }
  })
})
