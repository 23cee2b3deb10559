// Entry of the inference process: opens the network on the first provider that works, and the tabular heads; runs what it is sent.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Head } from '../../domain/finding.ts'
import type { EncodeResponse } from '../../domain/head-run.ts'
import { SpreadGatherer } from '../segmentation/sample-spread.ts'
import { slidingWindow } from '../segmentation/sliding-window.ts'
import type {
  EncodeMessage,
  EncoderFile,
  FromProcess,
  HeadFile,
  HeadMessage,
  OpenMessage,
  SegmentMessage,
  ToProcess,
} from './messages.ts'
import { type HeadSession, openEncoder, openHead, openSession, RUNTIME, type Session } from './session.ts'

let opened: { session: Session; message: OpenMessage } | undefined
const heads = new Map<Head, HeadSession>()
let encode: ((window: Float32Array) => Promise<EncodeResponse>) | undefined

// The service decides when this process ends: by its own signal, or by going away.
process.on('disconnect', () => process.exit(0))
process.on('SIGINT', () => {})
process.on('message', (message: ToProcess) => {
  start(message).catch((error: unknown) => {
    if (message.type === 'open') process.exit(1)
    else say({ type: 'failed', id: message.id, reason: reasonOf(error) })
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
  const model = await readFile(message.modelPath)
  const digest = sha256(model)
  for (const provider of message.providers) {
    say({ type: 'trying', provider })
    try {
      if (digest !== message.sha256) throw new Error(CHANGED)
      const session = await openSession(model, provider, message.network, message.threads)
      opened = { session, message }
      say({ type: 'opened', provider: session.provider, runtime: RUNTIME })
      return
    } catch (error) {
      say({ type: 'declined', provider, reason: reasonOf(error) })
    }
  }
  say({ type: 'unavailable' })
}

const CHANGED = 'the model file changed since the bundle was checked'
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** A head is tried once on its own reference, so that a graph of another shape is found at start and not at a patient. */
async function openChecked(head: HeadFile): Promise<HeadSession> {
  const model = await readFile(head.modelPath)
  if (sha256(model) !== head.sha256) throw new Error(CHANGED)
  const session = await openHead(model, head, head.reference.length)
  const { output, members } = await session.run(Float32Array.from(head.reference), 1, true)
  if (output.length !== head.width)
    throw new Error(`output "${head.output}" has ${output.length} numbers a row, not ${head.width}`)
  if (!members || members.length < head.width || members.length % head.width !== 0)
    throw new Error(`output "${head.members}" is no ensemble of ${head.width} number(s) a row`)
  return session
}

/** The encoder is tried once on an empty image. */
async function openCheckedEncoder(encoder: EncoderFile, threads: number | undefined) {
  const model = await readFile(encoder.modelPath)
  if (sha256(model) !== encoder.sha256) throw new Error(CHANGED)
  const run = await openEncoder(model, encoder, threads)
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

async function runEncoder({ id, window }: EncodeMessage): Promise<void> {
  if (!encode) throw new Error('no encoder is open')
  say({ type: 'encoded', id, ...(await encode(window)) })
}

async function runHead({ id, head, rows, count, members }: HeadMessage): Promise<void> {
  const session = heads.get(head)
  if (!session) throw new Error(`the head ${head} is not open`)
  say({ type: 'head-result', id, ...(await session.run(rows, count, members)) })
}

async function segment({ id, channels, size }: SegmentMessage): Promise<void> {
  if (!opened) throw new Error('no network is open')
  const { session, message } = opened
  const started = performance.now()
  const spread = new SpreadGatherer(message.labelCount, message.decision)
  const probabilities = await slidingWindow(
    channels,
    size,
    message.classes,
    message.inference,
    (window) => session.run(window, message.inference.roi_size),
    {
      onProgress: (fraction) => say({ type: 'progress', id, fraction }),
      onSample: (sample) => spread.add(sample),
    },
    message.network.members,
  )
  const seconds = (performance.now() - started) / 1000
  // maxRSS is in KiB on every platform that libuv knows.
  const peakRssMb = Math.round(process.resourceUsage().maxRSS / 1024)
  const found = spread.finish()
  say({ type: 'result', id, probabilities, ...(found && { spread: found }), seconds, peakRssMb })
}

function say(message: FromProcess): void {
  if (process.connected) process.send?.(message)
}

/** First line of a runtime's message, short: it holds paths and node names of the model, nothing of a patient. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return (text.split('\n')[0] ?? '').slice(0, 300)
}
