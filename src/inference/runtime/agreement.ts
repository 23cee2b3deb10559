// Each network of a bundle on an accelerator, held against the same network on the CPU: whether it runs, and how far its answer is away.
import { trialOf } from '../bundle/graph.ts'
import { channelCount, type LoadedBundle } from '../bundle/manifest.ts'
import { fileFor, filesOf } from './model-files.ts'
import { checkedBytes } from './networks.ts'
import { openSession, reasonOf, type Session } from './session.ts'

/**
 * The largest difference of any output, as a share of the largest output on the CPU. A difference of this size moves a probability by less than one percent
 * where it moves it most, for outputs (logits) of up to 40.
 */
export const AGREEMENT_BOUND = 1e-3

export interface Agreement {
  network: string
  /** What it ran on, as the session says: "webgpu", "cuda (parts on cpu)". */
  ranOn: string
  /** As a share of the largest output on the CPU. */
  difference: number
  agrees: boolean
  /** Of a second run: the first one compiles. */
  milliseconds: number
  cpuMilliseconds: number
}

/** A network that the provider cannot open or run. */
export interface DeclinedNetwork {
  network: string
  reason: string
}

/** In the order of the bundle, one at a time; `only` names networks. Throws what opening on the CPU throws. */
export async function* compareWithCpu(
  bundle: LoadedBundle,
  provider: string,
  only?: readonly string[],
): AsyncGenerator<Agreement | DeclinedNetwork> {
  for (const [name, network] of Object.entries(bundle.graph.networks)) {
    if (only && !only.includes(name)) continue
    const files = filesOf(network, bundle, bundle.folder)
    const { dims } = trialOf(name, bundle.graph, channelCount(bundle))
    const input = pattern(dims.reduce((a, b) => a * b))
    const open = async (on: string) => openSession(await checkedBytes(fileFor(on, files)), on, network, undefined)
    const onCpu = await runTwice(await open('cpu'), input, dims)
    try {
      const there = await runTwice(await open(provider), input, dims)
      const difference = largestOf(onCpu.output, (value, at) => value - there.output[at]!) / largestOf(onCpu.output)
      yield {
        network: name,
        ranOn: there.ranOn,
        difference,
        agrees: difference <= AGREEMENT_BOUND,
        milliseconds: there.milliseconds,
        cpuMilliseconds: onCpu.milliseconds,
      }
    } catch (error) {
      yield { network: name, reason: reasonOf(error) }
    }
  }
}

/** Values about zero with a spread of one, as normalised images have, and the same on every machine. */
function pattern(length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(i * 12.9898) + Math.cos(i * 0.0037))
}

async function runTwice(session: Session, input: Float32Array, dims: readonly number[]) {
  try {
    await session.run(input, dims)
    const began = performance.now()
    const output = await session.run(input, dims)
    return { output, ranOn: session.provider, milliseconds: performance.now() - began }
  } finally {
    await session.close()
  }
}

function largestOf(values: Float32Array, of: (value: number, at: number) => number = (value) => value): number {
  return values.reduce((largest, value, at) => Math.max(largest, Math.abs(of(value, at))), 0)
}
