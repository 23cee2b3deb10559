// Several GPUs: the choice by index down to what ONNX Runtime is given, and the sharing out of studies. No test has a GPU: what a GPU answers is stated here.
import { afterEach, expect, it } from 'vitest'
import { AppError } from '../../../src/domain/errors.ts'
import type { SegmentResponse } from '../../../src/domain/ports/model-runner.ts'
import { loadBundle } from '../../../src/inference/bundle/load.ts'
import { startOnGpus } from '../../../src/inference/runtime/on-gpus.ts'
import type { Runner, RunnerOptions } from '../../../src/inference/runtime/runner.ts'
import { executionProvider, openSession } from '../../../src/inference/runtime/session.ts'
import { axial, paint, rejection, silent, tinyBundle } from '../support.ts'

const open: Runner[] = []
afterEach(async () => {
  for (const runner of open.splice(0)) await runner.close()
})

const base = async (providers: string[]) => ({
  bundle: await loadBundle(tinyBundle),
  providers,
  threads: 1,
  timeoutMs: 60_000,
  log: silent,
})

/** Machines as their processes answer: `answers` gives the provider for the first one that is asked for; each segmentation lasts until it is let go. */
function machine(answers: Record<string, string | undefined>) {
  const closed: string[] = []
  const running: { on: string; end: () => void }[] = []
  const start = async ({ providers, bundle }: RunnerOptions): Promise<Runner> => {
    const [first = ''] = providers
    const provider = answers[first]
    if (provider === undefined) throw new AppError('INFERENCE_UNAVAILABLE', `${first}: no such device`)
    return {
      bundle: bundle.identity,
      execution: { provider, requested: providers, declined: [], runtime: 'stated' },
      pids: [providers.length],
      segment: () =>
        new Promise((resolve) => {
          running.push({ on: provider, end: () => resolve({ execution: { provider } } as SegmentResponse) })
        }),
      runHead: async () => ({ output: new Float32Array() }),
      encode: async () => ({ features: new Float32Array() }),
      close: async () => void closed.push(first),
    }
  }
  return { start, closed, running }
}

it('gives ONNX Runtime the index as deviceId, and looks up the provider without it', async () => {
  expect(executionProvider('cuda:3')).toEqual({ name: 'cuda', deviceId: 3 })
  expect(executionProvider('tensorrt:0')).toEqual({ name: 'tensorrt', deviceId: 0 })
  expect(executionProvider('webgpu')).toEqual({ name: 'webgpu' })
  const error = await rejection(openSession(new Uint8Array(8), 'warp:1', { input: 'a', output: 'b' }, 1))
  expect(error.message).toContain('this ONNX Runtime offers cpu')
})

it('segments as many studies at once as there are GPUs, each on its own, the next one on the first that is free', async () => {
  const { start, running } = machine({ 'cuda:0': 'cuda:0', 'cuda:2': 'cuda:2' })
  const runner = await startOnGpus({ ...(await base(['cuda', 'cpu'])), gpus: [0, 2] }, start)
  const answers = [1, 2, 3].map(() => runner.segment({ channels: [] }))
  await expect.poll(() => running.map(({ on }) => on)).toEqual(['cuda:0', 'cuda:2'])
  running[1]!.end()
  expect((await answers[1]!).execution.provider).toBe('cuda:2')
  await expect.poll(() => running.map(({ on }) => on)).toEqual(['cuda:0', 'cuda:2', 'cuda:2'])
  for (const { end } of running) end()
  await Promise.all(answers)
  expect(runner.execution).toMatchObject({ provider: 'cuda:0, cuda:2', requested: ['cuda:0', 'cpu', 'cuda:2'] })
  expect(runner.pids).toHaveLength(2)
})

it('leaves out a GPU that does not work where another one does, and refuses with every reason where none does', async () => {
  const { start, closed } = machine({ 'cuda:0': 'cpu', 'cuda:1': 'cuda:1' })
  const runner = await startOnGpus({ ...(await base(['cuda', 'cpu'])), gpus: [0, 1, 2] }, start)
  expect(runner.execution.provider).toBe('cuda:1')
  expect(closed).toEqual(['cuda:0'])
  const refused = await rejection(startOnGpus({ ...(await base(['cuda'])), gpus: [4, 5] }, machine({}).start))
  expect(refused).toMatchObject({ code: 'INFERENCE_UNAVAILABLE' })
  expect(refused.message).toBe('cuda:4: no such device; cuda:5: no such device')
})

it('gives each GPU its own slots, and closes what it opened when one cannot be opened at all', async () => {
  const shared: unknown[] = []
  const onDevice = (gpu: number | undefined) => {
    shared.push(gpu)
    return <T>(work: () => Promise<T>) => work()
  }
  const { start, closed } = machine({ 'cuda:0': 'cuda:0' })
  const invalid = async (options: RunnerOptions) => {
    if (options.providers[0] === 'cuda:1') throw new AppError('BUNDLE_INVALID', 'no such head')
    return start(options)
  }
  const error = await rejection(startOnGpus({ ...(await base(['cuda'])), gpus: [0, 1], onDevice }, invalid))
  expect(error).toMatchObject({ code: 'BUNDLE_INVALID' })
  expect([shared, closed]).toEqual([[0, 1], ['cuda:0']])
})

it('runs one process on the CPU of a machine without a GPU, and records which GPUs declined and why', async () => {
  const runner = await startOnGpus({ ...(await base(['cuda', 'cpu'])), gpus: [0, 1] })
  open.push(runner)
  expect(runner.pids).toHaveLength(1)
  expect(runner.execution.declined.map(({ provider }) => provider)).toEqual(['cuda:0', 'cuda:1'])
  expect(runner.execution.declined.every(({ reason }) => reason !== '')).toBe(true)
  const image = paint(axial([12, 12, 12], [2, 2, 2]), ([x]) => Math.sin(x))
  const { execution } = await runner.segment({ channels: [image, image, null, image] })
  expect(execution).toMatchObject({ provider: 'cpu', requested: ['cuda:0', 'cpu'] })
})
