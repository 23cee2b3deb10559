// The only file that knows ONNX Runtime: one session on one named execution provider, never silently on another.
import { env, InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node'
import type { EncodeResponse } from '../../domain/head-run.ts'
import { OutOfMemory } from '../segmentation/out-of-memory.ts'
import type { EncoderFile } from './messages.ts'

// CUDA would count the fastest GPU first; this way indices are those of nvidia-smi.
process.env.CUDA_DEVICE_ORDER ??= 'PCI_BUS_ID'

/** The names of the input and output in use. */
export interface NetworkNames {
  input: string
  output: string
}

export interface Session {
  /** What it ran on, for example "cuda" or "cuda (parts on cpu)". */
  provider: string
  /** The network's output for one input of the shape `dims`. */
  run(input: Float32Array, dims: readonly number[]): Promise<Float32Array>
  /** Releases its memory. */
  close(): Promise<void>
}

/** An open tabular head. */
export interface HeadSession {
  /** `rows` is [count, features]; answers are row-major, whatever their rank. */
  run(rows: Float32Array, count: number, members: boolean): Promise<{ output: Float32Array; members?: Float32Array }>
}

/** Threads that spin while waiting for each other starve everything else on the machine. */
const NO_SPINNING = { intra_op: { allow_spinning: '0' } }

/** "onnxruntime-node 1.30.0" */
export const RUNTIME = `onnxruntime-node ${env.versions.node ?? env.versions.common}`

/**
 * Opens the network on exactly one provider, or throws with the reason. ONNX Runtime may silently run nodes that a provider
 * lacks on the CPU; a session on an accelerator is therefore first opened with that fallback forbidden, and only if this is the
 * sole obstacle, opened again under a provider name that says so. Of the accelerators, only the refusal on a machine without
 * one has been tested here: a run on CUDA is untried.
 */
export async function openSession(
  model: Uint8Array,
  provider: string,
  network: NetworkNames,
  threads: number | undefined,
): Promise<Session> {
  const offered = listSupportedBackends().map((backend) => backend.name)
  const chosen = executionProvider(provider)
  if (!offered.includes(chosen.name)) throw new Error(`this ONNX Runtime offers ${offered.join(', ')}`)
  const open = (session: Record<string, unknown>) =>
    InferenceSession.create(model, {
      executionProviders: [chosen],
      graphOptimizationLevel: 'all',
      logSeverityLevel: 4,
      // A memory plan for one shape takes a third more memory, and slabs differ in shape.
      enableMemPattern: false,
      ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
      extra: { session: { ...session, ...NO_SPINNING } },
    })
  if (provider === 'cpu') return wrap(await open({}), network, provider)
  try {
    return wrap(await open({ disable_cpu_ep_fallback: '1' }), network, provider)
  } catch (error) {
    if (!/fallback/i.test(error instanceof Error ? error.message : '')) throw error
    return wrap(await open({}), network, provider, ' (parts on cpu)')
  }
}

/** "cuda:1" is the GPU with the index 1; without an index the provider takes its first one. */
export function executionProvider(provider: string): { name: string; deviceId?: number } {
  const [name = '', index] = provider.split(':')
  return index === undefined ? { name } : { name, deviceId: Number(index) }
}

/** Opens a tabular head; always on the CPU, since it is tiny and its numbers must not depend on the machine. */
export async function openHead(
  model: Uint8Array,
  names: { input: string; output: string; members: string },
  features: number,
): Promise<HeadSession> {
  const session = await InferenceSession.create(model, {
    executionProviders: ['cpu'],
    logSeverityLevel: 4,
    intraOpNumThreads: 1,
  })
  checkNames(session, names.input, [names.output, names.members])
  return {
    async run(rows, count, members) {
      const outputs = members ? [names.output, names.members] : [names.output]
      const results = await session.run({ [names.input]: new Tensor('float32', rows, [count, features]) }, outputs)
      const output = floats(results[names.output]!, names.output)
      return members ? { output, members: floats(results[names.members]!, names.members) } : { output }
    },
  }
}

/** Opens the encoder; on the CPU, like the heads that use its numbers. */
export async function openEncoder(
  model: Uint8Array,
  { input, output, embedding, channels, size }: Omit<EncoderFile, 'modelPath' | 'sha256'>,
  threads: number | undefined,
): Promise<(window: Float32Array) => Promise<EncodeResponse>> {
  const session = await InferenceSession.create(model, {
    executionProviders: ['cpu'],
    logSeverityLevel: 4,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    extra: { session: NO_SPINNING },
  })
  const outputs = [output, ...(embedding ? [embedding.output] : [])]
  checkNames(session, input, outputs)
  return async (window) => {
    const results = await session.run({ [input]: new Tensor('float32', window, [1, channels, ...size]) }, outputs)
    const features = floats(results[output]!, output)
    return embedding ? { features, embedding: floats(results[embedding.output]!, embedding.output) } : { features }
  }
}

function checkNames(session: InferenceSession, input: string, outputs: string[]): void {
  if (!session.inputNames.includes(input))
    throw new Error(`the network has no input "${input}" (it has ${session.inputNames.join(', ')})`)
  for (const output of outputs) {
    if (!session.outputNames.includes(output))
      throw new Error(`the network has no output "${output}" (it has ${session.outputNames.join(', ')})`)
  }
}

function floats(tensor: Tensor, name: string): Float32Array {
  if (!(tensor.data instanceof Float32Array)) throw new Error(`output "${name}" is ${tensor.type}, not float32`)
  return tensor.data
}

/** In the words of ONNX Runtime's arena, of CUDA and of the C++ library. */
function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && /failed to allocate memory|out of memory|bad_?alloc/i.test(error.message)
}

/** First line of a runtime's message, shortened: it contains paths and node names of the model, nothing about a patient. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return (text.split('\n')[0] ?? '').slice(0, 300)
}

function wrap(session: InferenceSession, { input, output }: NetworkNames, provider: string, shared = ''): Session {
  checkNames(session, input, [output])
  return {
    provider: `${provider}${shared}`,
    async run(values, dims) {
      const feeds = { [input]: new Tensor('float32', values, dims) }
      const results = await session.run(feeds, [output]).catch((error: unknown) => {
        throw isOutOfMemory(error) ? new OutOfMemory(provider, reasonOf(error)) : error
      })
      return floats(results[output]!, output)
    },
    close: () => session.release(),
  }
}
