// Several GPUs as slots: an inference process for each GPU of the settings, and each request on one that is free.
import { AppError } from '../../domain/errors.ts'
import { onGpu } from '../../domain/providers.ts'
import { createSlots } from '../../domain/slots.ts'
import { type Runner, type RunnerOptions, startRunner } from './runner.ts'

export interface GpuOptions extends Omit<RunnerOptions, 'onDevice'> {
  /** Indices; without them one process on the provider's own first GPU. */
  gpus?: readonly number[]
  /** As in RunnerOptions, for each GPU its own. */
  onDevice?: (gpu: number | undefined) => NonNullable<RunnerOptions['onDevice']>
}

/**
 * A GPU on which no network runs is left out if another one works: a study that got the CPU in its place would wait longer than for a GPU. If none
 * works, there is one process on what is left of `providers`. Throws what startRunner throws, INFERENCE_UNAVAILABLE with the reasons of every GPU.
 */
export async function startOnGpus(
  { gpus = [], onDevice, ...options }: GpuOptions,
  start: (options: RunnerOptions) => Promise<Runner> = startRunner,
): Promise<Runner> {
  const startOn = (gpu?: number) =>
    start({
      ...options,
      ...(gpu !== undefined && { providers: options.providers.map((provider) => onGpu(provider, gpu)) }),
      ...(onDevice && { onDevice: onDevice(gpu) }),
    })
  if (gpus.length === 0) return startOn()
  const started: Runner[] = []
  const refusals: AppError[] = []
  // One after the other: the log has the reasons of each together.
  for (const gpu of gpus) {
    try {
      started.push(await startOn(gpu))
    } catch (error) {
      if (error instanceof AppError && error.code === 'INFERENCE_UNAVAILABLE') refusals.push(error)
      else {
        await closeAll(started)
        throw error
      }
    }
  }
  if (started.length === 0) throw new AppError('INFERENCE_UNAVAILABLE', refusals.map((one) => one.message).join('; '))
  const working = started.filter(({ execution }) => execution.provider.includes(':'))
  const runners = working.length > 0 ? working : started.slice(0, 1)
  await closeAll(started.filter((one) => !runners.includes(one)))
  if (runners.length < gpus.length)
    options.log.warn({ provider: providersOf(runners) }, 'not every GPU of inference.gpus is used')
  const tried = started.map(({ execution }) => execution)
  return together(runners, tried)
}

const providersOf = (runners: readonly Runner[]) =>
  [...new Set(runners.map(({ execution }) => execution.provider))].join(', ')

/** Each request on a runner that is free, in order of arrival. */
function together(runners: readonly Runner[], tried: readonly Runner['execution'][]): Runner {
  const [first] = runners
  const free = [...runners]
  const slots = createSlots(runners.length)
  const onFree = <T>(work: (runner: Runner) => Promise<T>): Promise<T> =>
    slots.run(async () => {
      const runner = free.shift()!
      try {
        return await work(runner)
      } finally {
        free.push(runner)
      }
    })
  return {
    bundle: first!.bundle,
    get execution() {
      return {
        provider: providersOf(runners),
        requested: [...new Set(tried.flatMap(({ requested }) => requested))],
        declined: tried.flatMap(({ declined }) => declined),
        runtime: first!.execution.runtime,
      }
    },
    get pids() {
      return runners.flatMap(({ pids }) => pids)
    },
    segment: (request, onProgress) => onFree((runner) => runner.segment(request, onProgress)),
    runHead: (request) => onFree((runner) => runner.runHead(request)),
    encode: (window) => onFree((runner) => runner.encode(window)),
    close: () => closeAll(runners),
  }
}

async function closeAll(runners: readonly Runner[]): Promise<void> {
  await Promise.all(runners.map((runner) => runner.close()))
}
