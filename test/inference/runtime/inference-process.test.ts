import { expect, it } from 'vitest'
import { loadBundle } from '../../../src/inference/bundle/load.ts'
import { startProcess } from '../../../src/inference/runtime/inference-process.ts'
import { OutOfMemory } from '../../../src/inference/segmentation/out-of-memory.ts'
import { silent, tinyBundle } from '../support.ts'

it('does a request on the next provider where memory runs out, says so, and finds all of them again for the next', async () => {
  const bundle = await loadBundle(tinyBundle)
  const inference = await startProcess({ bundle, providers: ['cuda', 'cpu'], threads: 1, log: silent })
  const first = inference.running!.pid
  const pids: (number | undefined)[] = []
  const done = await inference.whereMemorySuffices(async () => {
    const { child, declined, provider } = await inference.ready()
    pids.push(child.pid)
    // As if CUDA had been opened; none of the machines that test this has it.
    if (pids.length === 1) throw new OutOfMemory('cuda', 'CUDA failure 2: out of memory')
    return { declined, provider }
  })
  expect(done).toEqual({ provider: 'cpu', declined: [{ provider: 'cuda', reason: 'CUDA failure 2: out of memory' }] })
  expect(pids[0]).toBe(first)
  expect(pids[1]).not.toBe(first)
  expect(inference.running).toBeUndefined()
  const { declined } = await inference.ready()
  expect(declined).toHaveLength(1)
  expect(declined[0]!.reason).not.toContain('out of memory')
  await inference.stop()
})

it('passes other failures on, and keeps the process', async () => {
  const inference = await startProcess({
    bundle: await loadBundle(tinyBundle),
    providers: ['cpu'],
    threads: 1,
    log: silent,
  })
  await expect(inference.whereMemorySuffices(() => Promise.reject(new Error('something else')))).rejects.toThrow(
    'something else',
  )
  expect(inference.running).toBeDefined()
  await inference.stop()
})
