// Each network of the shipped bundle answers alike in its two forms, with every sequence and without FLAIR, which its whole tumour's networks estimate.
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { loadBundle } from '../../../src/inference/bundle/load.ts'
import { AGREEMENT_BOUND } from '../../../src/inference/runtime/agreement.ts'
import { modelFile } from '../../../src/inference/runtime/model-files.ts'
import { checkedBytes } from '../../../src/inference/runtime/networks.ts'
import { openSession } from '../../../src/inference/runtime/session.ts'

const bundle = await loadBundle(fileURLToPath(new URL('../../../config/models/glioma-cascade-1mm', import.meta.url)))
const two = Object.entries(bundle.graph.networks).filter(([, { cpu_file }]) => cpu_file !== undefined)
const [SLICES, CHANNELS, ROWS, COLUMNS] = [13, 4, 24, 20] as const
const DIMS = [SLICES, CHANNELS, ROWS, COLUMNS]
const PLANE = ROWS * COLUMNS
const FLAIR = 3

const complete = Float32Array.from({ length: SLICES * CHANNELS * PLANE }, (_, v) => Math.sin(v * 12.9898) * 1.5)
const withoutFlair = complete.map((value, v) => (Math.floor(v / PLANE) % CHANNELS === FLAIR ? 0 : value))

it('has both forms of every network over slices', () => {
  const overSlices = Object.values(bundle.graph.networks).filter(({ inferer }) => inferer.name === 'SliceInferer')
  expect(overSlices).toHaveLength(12)
  expect(two.map(([, network]) => network)).toEqual(overSlices)
})

it.each(two)('%s', async (_, network) => {
  const answers = [network.file, network.cpu_file!].map(async (name) => {
    const session = await openSession(await checkedBytes(modelFile(name, bundle, bundle.folder)), 'cpu', network, 1)
    const both = [await session.run(complete, DIMS), await session.run(withoutFlair, DIMS)]
    await session.close()
    return both
  })
  const [batch, oneByOne] = await Promise.all(answers)
  for (const [n, expected] of batch!.entries()) {
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    expect(oneByOne![n]).toHaveLength(expected.length)
    const difference = expected.reduce((most, value, v) => Math.max(most, Math.abs(value - oneByOne![n]![v]!)), 0)
    expect(difference).toBeLessThan(AGREEMENT_BOUND * largest)
  }
  // The two images differ where FLAIR does, so neither answer is an empty one.
  expect(batch![0]).not.toEqual(batch![1])
})
