// Entry point of the inference process: opens the networks, each on the first provider that works, and the tabular heads; runs what it is sent.
import { AppError } from '../../domain/errors.ts'
import type { Head } from '../../domain/finding.ts'
import type { EncodeResponse } from '../../domain/head-run.ts'
import type { FinishedSpan, SpanFields } from '../../domain/ports/tracing.ts'
import type { SegmentationRules } from '../segmentation/graph-state.ts'
import { OutOfMemory } from '../segmentation/out-of-memory.ts'
import { type Images, runGraph, type StageRecord } from '../segmentation/run-graph.ts'
import { collectGarbage } from './collect-garbage.ts'
import type {
  EncodeMessage,
  EncoderFile,
  FromProcess,
  HeadFile,
  HeadMessage,
  ImagesMessage,
  OpenMessage,
  SegmentMessage,
  ToProcess,
} from './messages.ts'
import { checkedBytes, type Networks, openNetworks } from './networks.ts'
import { type HeadSession, openEncoder, openHead, RUNTIME, reasonOf } from './session.ts'

/** Reports what it took, if spans were requested. */
function tellSpan(
  { id, trace, type }: SegmentMessage | HeadMessage | EncodeMessage,
  startedAt: number,
  more: { fields?: SpanFields; stages?: readonly StageRecord[] } = {},
): void {
  if (trace === undefined) return
  const endedAt = Date.now()
  const span = {
    name: type,
    startedAt,
    endedAt,
    fields: { pid: process.pid, ...more.fields },
    parts: stageSpans(more.stages ?? [], startedAt),
  }
  say({ type: 'span', id, trace, span })
}

let opened: { networks: Networks; rules: SegmentationRules } | undefined
/** The request that waits for images on another grid. */
let awaited: { id: number; resolve: (images: Images) => void } | undefined
const heads = new Map<Head, HeadSession>()
let encode: ((window: Float32Array) => Promise<EncodeResponse>) | undefined

// The service decides when this process ends: by its own signal, or by disconnecting.
process.on('disconnect', () => process.exit(0))
process.on('SIGINT', () => {})
process.on('message', (message: ToProcess) => {
  start(message).catch((error: unknown) => {
    if (message.type === 'open') process.exit(1)
    else {
      const implausible = error instanceof AppError && error.code === 'INPUT_IMPLAUSIBLE'
      const outOfMemory = error instanceof OutOfMemory && { outOfMemory: error.provider }
      say({
        type: 'failed',
        id: message.id,
        reason: reasonOf(error),
        ...(implausible && { implausible }),
        ...outOfMemory,
      })
    }
  })
})

function start(message: ToProcess): Promise<void> {
  switch (message.type) {
    case 'open':
      return open(message)
    case 'head':
      return runHead(message)
    case 'encode':
      return runEncoder(message)
    case 'segment':
      return segment(message)
    case 'images':
      return takeImages(message)
  }
}

async function open(message: OpenMessage): Promise<void> {
  let part = 'encoder'
  try {
    if (message.encoder) encode = await openCheckedEncoder(message.encoder, message.threads)
    for (const head of message.heads) {
      part = `heads.${head.head}`
      heads.set(head.head, await openChecked(head))
    }
  } catch (error) {
    say({ type: 'unusable', part, reason: reasonOf(error) })
    return
  }
  const networks = await openNetworks(message, {
    trying: (provider) => say({ type: 'trying', provider }),
    declined: (provider, reason) => say({ type: 'declined', provider, reason }),
  })
  if (!networks) return say({ type: 'unavailable' })
  opened = { networks, rules: message.rules }
  say({ type: 'opened', provider: networks.providers.join(', '), runtime: RUNTIME })
}

/** Each head is run once on its own reference, so that a graph of the wrong shape is found at start and not with a patient. */
async function openChecked(head: HeadFile): Promise<HeadSession> {
  const session = await openHead(await checkedBytes(head), head, head.reference.length)
  const { output, members } = await session.run(Float32Array.from(head.reference), 1, true)
  if (output.length !== head.width)
    throw new Error(`output "${head.output}" has ${output.length} numbers a row, not ${head.width}`)
  if (!members || members.length < head.width || members.length % head.width !== 0)
    throw new Error(`output "${head.members}" is no ensemble of ${head.width} number(s) a row`)
  return session
}

/** The encoder is run once on an empty image. */
async function openCheckedEncoder(encoder: EncoderFile, threads: number | undefined) {
  const run = await openEncoder(await checkedBytes(encoder), encoder, threads)
  const [z, y, x] = encoder.size
  const { features, embedding } = await run(new Float32Array(encoder.channels * z * y * x))
  if (features.length !== encoder.width)
    throw new Error(`output "${encoder.output}" has ${features.length} numbers, not ${encoder.width}`)
  if (encoder.embedding && embedding?.length !== encoder.embedding.width)
    throw new Error(
      `output "${encoder.embedding.output}" has ${embedding?.length} numbers, not ${encoder.embedding.width}`,
    )
  return run
}

async function runEncoder(message: EncodeMessage): Promise<void> {
  const { id, window } = message
  if (!encode) throw new Error('no encoder is open')
  const startedAt = Date.now()
  const encoded = await encode(window)
  tellSpan(message, startedAt)
  say({ type: 'encoded', id, ...encoded })
}

async function runHead(message: HeadMessage): Promise<void> {
  const { id, head, rows, count, members } = message
  const session = heads.get(head)
  if (!session) throw new Error(`the head ${head} is not open`)
  const startedAt = Date.now()
  const result = await session.run(rows, count, members)
  tellSpan(message, startedAt, { fields: { step: head } })
  say({ type: 'head-result', id, ...result })
}

async function segment(message: SegmentMessage): Promise<void> {
  const { id, grid, channels } = message
  if (!opened) throw new Error('no network is open')
  const { networks, rules } = opened
  const startedAt = Date.now()
  const started = performance.now()
  const answer = await runGraph(
    rules,
    { grid, channels },
    {
      run: networks.run,
      imagesOn: (target) =>
        new Promise((resolve) => {
          awaited = { id, resolve }
          say({ type: 'wanted', id, grid: target })
        }),
      now: () => performance.now(),
      onProgress: (fraction) => say({ type: 'progress', id, fraction }),
    },
  )
  const seconds = (performance.now() - started) / 1000
  // maxRSS is in KiB on every platform that libuv knows.
  const peakRssMb = Math.round(process.resourceUsage().maxRSS / 1024)
  tellSpan(message, startedAt, { fields: { provider: networks.providers.join('+') }, stages: answer.stages })
  // Sending copies the answer: neither that copy nor what the stages left may stand beside the other.
  await collectGarbage()
  say({ type: 'result', id, ...answer, seconds, peakRssMb }, () => setImmediate(() => void collectGarbage()))
}

async function takeImages({ id, images }: ImagesMessage): Promise<void> {
  if (awaited?.id !== id) return
  const { resolve } = awaited
  // Nothing may hold on to the images once the stage has normalised them.
  awaited = undefined
  resolve(images)
}

function say(message: FromProcess, onSent = () => {}): void {
  if (process.connected) process.send?.(message, onSent)
}

/** The stages run one after the other. */
function stageSpans(stages: readonly StageRecord[], from: number): FinishedSpan[] {
  let startedAt = from
  return stages.flatMap(({ stage, seconds, skipped }) => {
    if (skipped !== undefined) return []
    const endedAt = startedAt + seconds * 1000
    const span = { name: 'stage', startedAt, endedAt, fields: { step: stage }, parts: [] }
    startedAt = endedAt
    return [span]
  })
}
