// ONNX Runtime really refuses: the networks of test/golden/inference/out-of-memory need a buffer that no machine has.
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { openSession } from '../../../src/inference/runtime/session.ts'
import { OutOfMemory } from '../../../src/inference/segmentation/out-of-memory.ts'
import { sliceInference } from '../../../src/inference/segmentation/slices.ts'

const SIZE = [40, 3, 4] as const
const image = Float32Array.from({ length: 40 * 3 * 4 }, (_, v) => Math.sin(v * 0.7))

async function run(network: 'hungry' | 'insatiable') {
  const model = await readFile(new URL(`../../golden/inference/out-of-memory/${network}.onnx`, import.meta.url))
  const session = await openSession(model, 'cpu', { input: 'image', output: 'logits' }, 1)
  const depths: number[] = []
  const progress: number[] = []
  const answer = sliceInference({
    channels: [image],
    size: [...SIZE],
    outputs: 1,
    rules: {
      name: 'SliceInferer',
      context: 0,
      divisible_pad: 1,
      slab_voxels: 1e6,
      view: 'axial',
      activation: 'sigmoid',
      tta_flips: [[]],
    },
    predict: (slab, dims) => {
      depths.push(dims[0])
      return session.run(slab, dims)
    },
    onProgress: (fraction) => progress.push(fraction),
  }).finally(() => session.close())
  return { answer: await answer.catch((error: unknown) => error), depths, progress }
}

it('goes on in smaller slabs where a run finds too little memory, with the same answer', async () => {
  const { answer, depths, progress } = await run('hungry')
  expect(depths).toEqual([40, 20, 20])
  expect(progress).toEqual([0.5, 1])
  const expected = image.map((value) => 1 / (1 + Math.exp(-(2 * value + 1))))
  const [probabilities] = answer as Float32Array[]
  expect(Math.max(...expected.map((p, v) => Math.abs(p - probabilities![v]!)))).toBeLessThan(1e-6)
})

it('gives up, and says so, when a single slice is too much', async () => {
  const { answer, depths } = await run('insatiable')
  expect(depths).toEqual([40, 20, 10, 5, 3, 2, 1])
  expect(answer).toBeInstanceOf(OutOfMemory)
  expect(answer).toMatchObject({ provider: 'cpu', message: expect.stringContaining('allocate memory') })
})
