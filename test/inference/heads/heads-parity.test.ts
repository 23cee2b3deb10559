// The default bundle's heads in the service's runtime against what the training code computed in float64.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { loadBundle } from '../../../src/inference/bundle/load.ts'
import { runnableHeads } from '../../../src/inference/bundle/manifest.ts'
import { openHead } from '../../../src/inference/runtime/session.ts'
import { golden, readJson } from '../support.ts'

const bundle = await loadBundle(fileURLToPath(new URL('../../../config/models/glioma-cascade-1mm', import.meta.url)))
const heads = runnableHeads(bundle)
const vectors: Record<string, { features: string[]; rows: (number | null)[][] } & Record<string, unknown>> = readJson(
  golden('heads.json'),
)

describe('the default bundle’s heads', () => {
  it('are those of the golden file', () => {
    expect(heads.length).toBeGreaterThan(0)
    expect(heads.map(({ name }) => name).sort()).toEqual(Object.keys(vectors).sort())
  })

  it.each(heads.map(({ name, head }) => [name, head] as const))('%s: same numbers to 1e-5', async (name, head) => {
    const want = vectors[name]!
    expect(head.features).toEqual(want.features)
    const session = await openHead(await readFile(`${bundle.folder}/${head.file}`), head, head.features.length)
    const rows = Float32Array.from(want.rows.flatMap((row) => row.map((value) => value ?? Number.NaN)))
    const { output, members } = await session.run(rows, want.rows.length, true)
    const flat = (value: unknown): number[] => (value as number[]).flat(Number.POSITIVE_INFINITY as 1)
    for (const [got, expected] of [
      [output, flat(want[head.output])],
      [members!, flat(want.members)],
    ] as const) {
      expect(got).toHaveLength(expected.length)
      for (const [n, value] of expected.entries())
        expect(Math.abs(got[n]! - value)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)))
    }
  })
})
