// The model runner: one inference process at a time, with a deadline, restarted after a crash.

import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { AppError } from '../../domain/errors.ts'
import type { ExecutionRecord } from '../../domain/finding.ts'
import type { EncodeResponse, HeadResponse } from '../../domain/head-run.ts'
import type { Log } from '../../domain/ports/log.ts'
import type { ModelRunner, SegmentRequest, SegmentResponse } from '../../domain/ports/model-runner.ts'
import { NO_TRACING, type Tracing } from '../../domain/ports/tracing.ts'
import { createTurns } from '../../domain/turns.ts'
import { type Grid, voxelCount } from '../../domain/volume.ts'
import { trialOf } from '../bundle/graph.ts'
import { outputWidth } from '../bundle/heads.ts'
import type { LoadedBundle } from '../bundle/manifest.ts'
import { channelCount, runnableHeads } from '../bundle/manifest.ts'
import type { SegmentationRules } from '../segmentation/graph-state.ts'
import { ask, end, hasEnded } from './child.ts'
import type {
  Declined,
  EncodedMessage,
  EncodeMessage,
  EncoderFile,
  FromProcess,
  HeadMessage,
  HeadResultMessage,
  ImagesMessage,
  OpenMessage,
  ResultMessage,
  SegmentMessage,
} from './messages.ts'

export interface RunnerOptions {
  bundle: LoadedBundle
  /** Where the bundle is, if not where it was loaded from. */
  folder?: string
  /** "cuda", "webgpu", "cpu" in the order in which to try them. */
  providers: string[]
  /** Threads of the CPU provider; if absent, the runtime decides. */
  threads?: number
  /** Time limit for each request. */
  timeoutMs: number
  /** Time limit for opening the network on the providers; 3 minutes by default, since an accelerator may compile its kernels first. */
  openTimeoutMs?: number
  log: Log
  tracing?: Tracing
  /** Runs one request once its device is free of other processes' requests; at once when left out. */
  onDevice?: <T>(work: () => Promise<T>) => Promise<T>
}

export interface Runner extends ModelRunner {
  /** Which provider is open now, and why others are not. */
  readonly execution: Pick<ExecutionRecord, 'provider' | 'requested' | 'declined' | 'runtime'>
  /** Process id of the inference process, undefined between a crash and the next request. */
  readonly pid: number | undefined
}

interface Opened {
  child: ChildProcess
  provider: string
  runtime: string
  declined: Declined[]
}

/** Opens the bundle's networks; INFERENCE_UNAVAILABLE gives the reason for every provider. */
export async function startRunner(options: RunnerOptions): Promise<Runner> {
  const { bundle, providers, timeoutMs, log, tracing = NO_TRACING, onDevice = (work) => work() } = options
  let open: Opened | undefined = await openProcess(options)
  let last = open
  const turns = createTurns()
  let closed = false
  let nextId = 1

  /** One request to the process, which is restarted if it has ended. */
  async function exchange<T extends FromProcess['type']>(
    message: SegmentMessage | HeadMessage | EncodeMessage,
    answer: T,
    doing: string,
    onProgress: (fraction: number) => void = () => {},
    imagesOn: SegmentRequest['imagesOn'] = undefined,
  ) {
    if (closed) throw new AppError('INFERENCE_FAILED', 'the inference process was closed')
    if (!open || hasEnded(open.child)) {
      log.warn({ bundleId: bundle.id }, 'the inference process is restarted')
      open = await openProcess(options)
      last = open
    }
    const used = open
    const trace = tracing.current()
    const traced = trace === undefined ? message : { ...message, trace }
    const read = (from: FromProcess): Extract<FromProcess, { type: T }> | undefined => {
      if (!('id' in from) || from.id !== message.id) return undefined
      if (from.type === answer) return from as Extract<FromProcess, { type: T }>
      if (from.type === 'span') tracing.record('inference', from.trace, from.span)
      if (from.type === 'progress') onProgress(from.fraction)
      if (from.type === 'wanted') sendImages(used.child, from, imagesOn)
      if (from.type === 'failed' && from.implausible) throw new AppError('INPUT_IMPLAUSIBLE', from.reason)
      if (from.type === 'failed')
        throw new AppError('INFERENCE_FAILED', `${doing} failed on ${used.provider}: ${from.reason}`)
      return undefined
    }
    try {
      return { reply: await ask(used.child, traced, { timeoutMs, doing, read }), used }
    } finally {
      if (hasEnded(used.child)) open = undefined
    }
  }

  /** Requests run one after the other. */
  const inTurn = <T>(work: () => Promise<T>) => turns('process', () => onDevice(work))

  return {
    bundle: bundle.identity,
    get execution() {
      return { provider: last.provider, requested: [...providers], declined: last.declined, runtime: last.runtime }
    },
    get pid() {
      return open && !hasEnded(open.child) ? open.child.pid : undefined
    },
    segment: (request, onProgress) =>
      inTurn(async (): Promise<SegmentResponse> => {
        const message = toMessage(request, channelCount(bundle), nextId++)
        const { reply, used } = await exchange(message, 'result', 'segmenting', onProgress, request.imagesOn)
        const { grid, probabilities, samples, deviation, stages, seconds, peakRssMb }: ResultMessage = reply
        const { provider, declined, runtime } = used
        const several = stages.length > 1 && { stages }
        const execution = { provider, requested: [...providers], declined, runtime, seconds, peakRssMb, ...several }
        return { grid, probabilities, samples, ...(deviation && { deviation }), execution }
      }),
    runHead: (request) =>
      inTurn(async (): Promise<HeadResponse> => {
        const message: HeadMessage = { type: 'head', id: nextId++, ...request }
        const { reply } = await exchange(message, 'head-result', `running the head ${request.head}`)
        const { output, members }: HeadResultMessage = reply
        return members ? { output, members } : { output }
      }),
    encode: (window) =>
      inTurn(async (): Promise<EncodeResponse> => {
        const message: EncodeMessage = { type: 'encode', id: nextId++, window }
        const { reply } = await exchange(message, 'encoded', 'encoding the image')
        const { features, embedding }: EncodedMessage = reply
        return embedding ? { features, embedding } : { features }
      }),
    async close() {
      closed = true
      const child = open?.child
      open = undefined
      if (child) await end(child)
    },
  }
}

/** Makes glibc give freed blocks from this size (bytes) on back to the system; by itself it raises the limit to the largest that was freed. */
const RETURNS_MEMORY = { MALLOC_MMAP_THRESHOLD_: '262144', MALLOC_TRIM_THRESHOLD_: '262144' }

/** Starts a process and opens the network; a provider that crashes the process is ruled out and the rest tried again. */
async function openProcess(options: RunnerOptions): Promise<Opened> {
  const { bundle, openTimeoutMs = 180_000, log } = options
  const folder = options.folder ?? bundle.folder
  const declined: Declined[] = []
  let untried = [...options.providers]
  while (untried.length > 0) {
    const child = fork(new URL('./process.ts', import.meta.url), {
      execPath: process.execPath,
      execArgv: ['--disable-warning=ExperimentalWarning'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: { ...RETURNS_MEMORY, ...process.env },
    })
    // Without a listener, an error between requests would end the service; the next request notices that the process is gone.
    child.on('error', () => {})
    const message: OpenMessage = {
      type: 'open',
      networks: Object.entries(bundle.graph.networks).map(([name, { file, input, output }]) => ({
        name,
        modelPath: join(folder, file),
        sha256: bundle.files[file]!.sha256,
        input,
        output,
        ...(Object.keys(bundle.graph.networks).length > 1 && {
          trial: trialOf(name, bundle.graph, channelCount(bundle)),
        }),
      })),
      rules: segmentationRules(bundle),
      providers: untried,
      threads: options.threads,
      heads: runnableHeads(bundle).map(({ name, head }) => ({
        head: name,
        modelPath: join(folder, head.file),
        sha256: bundle.files[head.file]!.sha256,
        input: head.input,
        output: head.output,
        members: head.members,
        reference: head.reference,
        width: outputWidth(head),
      })),
      ...encoderFile(bundle, folder),
    }
    let trying = untried[0]!
    const read = (reply: FromProcess): Outcome | undefined => {
      if (reply.type === 'trying') trying = reply.provider
      if (reply.type === 'declined') declined.push({ provider: reply.provider, reason: reply.reason })
      return reply.type === 'opened' || reply.type === 'unavailable' || reply.type === 'unusable' ? reply : undefined
    }
    try {
      const outcome = await ask(child, message, { timeoutMs: openTimeoutMs, doing: 'opening the network', read })
      if (outcome.type === 'opened') {
        const { provider, runtime } = outcome
        for (const { provider, reason } of declined) log.warn({ provider, reason }, 'execution provider declined')
        log.info({ provider, runtime }, 'inference process ready')
        return { child, provider, runtime, declined }
      }
      await end(child)
      if (outcome.type === 'unusable')
        throw new AppError('BUNDLE_INVALID', `bundle ${bundle.id}: ${outcome.part}: ${outcome.reason}`)
      break
    } catch (error) {
      if (error instanceof AppError && error.code === 'BUNDLE_INVALID') throw error
      await end(child)
      declined.push({
        provider: trying,
        reason: error instanceof Error ? error.message : 'the inference process ended',
      })
      untried = untried.slice(untried.indexOf(trying) + 1)
    }
  }
  const reasons = declined.map(({ provider, reason }) => `${provider}: ${reason}`).join('; ')
  throw new AppError('INFERENCE_UNAVAILABLE', reasons || 'inference.providers names no execution provider')
}

type Outcome = Extract<FromProcess, { type: 'opened' | 'unavailable' | 'unusable' }>

/** Gives a later stage of the graph the sequences on its own grid. */
function sendImages(
  child: ChildProcess,
  { id, grid }: Extract<FromProcess, { type: 'wanted' }>,
  imagesOn: SegmentRequest['imagesOn'],
): void {
  if (!imagesOn) throw new AppError('INFERENCE_FAILED', 'the request gives no images on the grid of a later stage')
  const images = imagesOn(grid).map((volume) => volume?.data ?? null)
  child.send({ type: 'images', id, images } satisfies ImagesMessage)
}

/** What the process needs of the bundle; the rest stays here. */
function segmentationRules(bundle: LoadedBundle): SegmentationRules {
  const { graph, labels, anatomy, regions, postprocess, sequences, needs } = bundle
  return { graph, labels, anatomy, regions, postprocess, sequences, needs }
}

function encoderFile(bundle: LoadedBundle, folder: string): { encoder?: EncoderFile } {
  const { encoder, library } = bundle
  if (!encoder) return {}
  const { file, input, output, width, size } = encoder
  const embedding = encoder.library && library && { output: encoder.library.output, width: library.facts.key_width }
  const facts = { modelPath: join(folder, file), sha256: bundle.files[file]!.sha256, input, output, width, size }
  return { encoder: { ...facts, channels: channelCount(bundle), ...(embedding && { embedding }) } }
}

function toMessage({ channels }: SegmentRequest, expected: number, id: number): SegmentMessage {
  if (channels.length !== expected) {
    throw new AppError('INFERENCE_FAILED', `the request has ${channels.length} channels, the bundle takes ${expected}`)
  }
  const grid: Grid | undefined = channels.find((channel) => channel !== null)?.grid
  if (!grid) throw new AppError('INFERENCE_FAILED', 'the request has no image')
  if (channels.some((channel) => channel && channel.data.length !== voxelCount(grid)))
    throw new AppError('INFERENCE_FAILED', 'the channels are not on one grid')
  return { type: 'segment', id, grid, channels: channels.map((channel) => channel?.data ?? null) }
}
