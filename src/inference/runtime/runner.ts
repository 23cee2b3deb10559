// The model runner: one inference process at a time, with a deadline, restarted after a crash.

import type { ChildProcess } from 'node:child_process'
import { AppError } from '../../domain/errors.ts'
import type { ExecutionRecord } from '../../domain/finding.ts'
import type { EncodeResponse, HeadResponse } from '../../domain/head-run.ts'
import type { ModelRunner, SegmentRequest, SegmentResponse } from '../../domain/ports/model-runner.ts'
import { NO_TRACING, type Tracing } from '../../domain/ports/tracing.ts'
import { createTurns } from '../../domain/turns.ts'
import { type Grid, voxelCount } from '../../domain/volume.ts'
import { channelCount } from '../bundle/manifest.ts'
import { OutOfMemory } from '../segmentation/out-of-memory.ts'
import { ask } from './child.ts'
import { collectGarbage } from './collect-garbage.ts'
import { type ProcessOptions, startProcess } from './inference-process.ts'
import type {
  EncodedMessage,
  EncodeMessage,
  FromProcess,
  HeadMessage,
  HeadResultMessage,
  ImagesMessage,
  ResultMessage,
  SegmentMessage,
} from './messages.ts'

export interface RunnerOptions extends ProcessOptions {
  /** Time limit for each request. */
  timeoutMs: number
  tracing?: Tracing
  /** Runs one request once its device is free of other processes' requests; at once when left out. */
  onDevice?: <T>(work: () => Promise<T>) => Promise<T>
}

export interface Runner extends ModelRunner {
  /** Which provider is open now, and why others are not. */
  readonly execution: Pick<ExecutionRecord, 'provider' | 'requested' | 'declined' | 'runtime'>
  /** Process ids of the inference processes that run: none between a crash and the next request. */
  readonly pids: readonly number[]
}

/** Opens the bundle's networks; INFERENCE_UNAVAILABLE gives the reason for every provider. */
export async function startRunner(options: RunnerOptions): Promise<Runner> {
  const { bundle, providers, timeoutMs, tracing = NO_TRACING, onDevice = (work) => work() } = options
  const inference = await startProcess(options)
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
    const used = await inference.ready()
    const trace = tracing.current()
    const traced = trace === undefined ? message : { ...message, trace }
    const read = (from: FromProcess): Extract<FromProcess, { type: T }> | undefined => {
      if (!('id' in from) || from.id !== message.id) return undefined
      if (from.type === answer) return from as Extract<FromProcess, { type: T }>
      if (from.type === 'span') tracing.record('inference', from.trace, from.span)
      if (from.type === 'progress') onProgress(from.fraction)
      if (from.type === 'wanted') sendImages(used.child, from, imagesOn)
      if (from.type === 'failed' && from.implausible) throw new AppError('INPUT_IMPLAUSIBLE', from.reason)
      if (from.type === 'failed' && from.outOfMemory) throw new OutOfMemory(from.outOfMemory, from.reason)
      if (from.type === 'failed')
        throw new AppError('INFERENCE_FAILED', `${doing} failed on ${used.provider}: ${from.reason}`)
      return undefined
    }
    return { reply: await ask(used.child, traced, { timeoutMs, doing, read }), used }
  }

  /** Requests run one after the other. */
  const inTurn = <T>(work: () => Promise<T>) => turns('process', () => onDevice(work))

  return {
    bundle: bundle.identity,
    get execution() {
      const { provider, declined, runtime } = inference.last
      return { provider, requested: [...providers], declined, runtime }
    },
    get pids() {
      const pid = inference.running?.pid
      return pid === undefined ? [] : [pid]
    },
    segment: (request, onProgress) =>
      inTurn(async (): Promise<SegmentResponse> => {
        const { reply, used } = await inference.whereMemorySuffices(() =>
          exchange(
            toMessage(request, channelCount(bundle), nextId++),
            'result',
            'segmenting',
            onProgress,
            request.imagesOn,
          ),
        )
        setImmediate(() => void collectGarbage())
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
      await inference.stop()
    },
  }
}

/** Gives a later stage of the graph the sequences on its own grid. */
function sendImages(
  child: ChildProcess,
  { id, grid }: Extract<FromProcess, { type: 'wanted' }>,
  imagesOn: SegmentRequest['imagesOn'],
): void {
  if (!imagesOn) throw new AppError('INFERENCE_FAILED', 'the request gives no images on the grid of a later stage')
  const images = imagesOn(grid).map((volume) => volume?.data ?? null)
  child.send({ type: 'images', id, images } satisfies ImagesMessage, () => setImmediate(() => void collectGarbage()))
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
