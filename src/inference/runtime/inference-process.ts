// The inference process: opened on the first provider that works, restarted when it has ended, and on the next one where memory runs out.

import { type ChildProcess, fork } from 'node:child_process'
import { AppError } from '../../domain/errors.ts'
import type { Log } from '../../domain/ports/log.ts'
import { trialOf } from '../bundle/graph.ts'
import { outputWidth } from '../bundle/heads.ts'
import type { LoadedBundle } from '../bundle/manifest.ts'
import { channelCount, runnableHeads } from '../bundle/manifest.ts'
import type { SegmentationRules } from '../segmentation/graph-state.ts'
import { OutOfMemory } from '../segmentation/out-of-memory.ts'
import { ask, end, hasEnded } from './child.ts'
import type { DeclinedProvider, EncoderFile, FromProcess, OpenMessage } from './messages.ts'
import { filesOf, modelFile } from './model-files.ts'

export interface ProcessOptions {
  bundle: LoadedBundle
  /** Where the bundle is, if not where it was loaded from. */
  folder?: string
  /** "cuda", "webgpu", "cpu" in the order in which to try them. */
  providers: string[]
  /** Threads of the CPU provider; if absent, the runtime decides. */
  threads?: number
  /** Time limit for opening the network on the providers; 3 minutes by default, since an accelerator may compile its kernels first. */
  openTimeoutMs?: number
  log: Log
}

export interface Opened {
  child: ChildProcess
  provider: string
  runtime: string
  declined: DeclinedProvider[]
}

export interface InferenceProcess {
  /** What was opened last, whether or not it still runs. */
  readonly last: Opened
  /** The process that runs, undefined between its end and the next request. */
  readonly running: ChildProcess | undefined
  /** The process, started again if it has ended. */
  ready(): Promise<Opened>
  /**
   * Where a provider has too little memory, the next one does the request, and the request after it finds all of them again. Throws
   * INFERENCE_OUT_OF_MEMORY when none is left.
   */
  whereMemorySuffices<T>(request: () => Promise<T>): Promise<T>
  stop(): Promise<void>
}

/** INFERENCE_UNAVAILABLE gives the reason for every provider. */
export async function startProcess(options: ProcessOptions): Promise<InferenceProcess> {
  const { bundle, log } = options
  let open: Opened | undefined = await openProcess(options)
  let last = open
  const running = () => (open && !hasEnded(open.child) ? open : undefined)

  async function stop(): Promise<void> {
    const child = open?.child
    open = undefined
    if (child) await end(child)
  }

  return {
    get last() {
      return last
    },
    get running() {
      return running()?.child
    },
    async ready() {
      const now = running()
      if (now) return now
      log.warn({ bundleId: bundle.id }, 'the inference process is restarted')
      open = last = await openProcess(options)
      return open
    },
    async whereMemorySuffices(request) {
      const exhausted: DeclinedProvider[] = []
      try {
        for (;;) {
          try {
            return await request()
          } catch (error) {
            if (!(error instanceof OutOfMemory)) throw error
            exhausted.push({ provider: error.provider, reason: error.message })
            log.warn({ provider: error.provider }, 'too little memory for the networks; the next provider is tried')
            await stop()
            open = last = await openWithout(options, exhausted)
          }
        }
      } finally {
        if (exhausted.length > 0) await stop()
      }
    },
    stop,
  }
}

/** Makes glibc give freed blocks from this size (bytes) on back to the system; by itself it raises the limit to the largest that was freed. */
const RETURNS_MEMORY = { MALLOC_MMAP_THRESHOLD_: '262144', MALLOC_TRIM_THRESHOLD_: '262144' }

/** Starts a process and opens the network; a provider that crashes the process is ruled out and the rest tried again. */
async function openProcess(options: ProcessOptions): Promise<Opened> {
  const { bundle, openTimeoutMs = 180_000, log } = options
  const folder = options.folder ?? bundle.folder
  const declined: DeclinedProvider[] = []
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
      networks: Object.entries(bundle.graph.networks).map(([name, network]) => ({
        name,
        ...filesOf(network, bundle, folder),
        input: network.input,
        output: network.output,
        trial: trialOf(name, bundle.graph, channelCount(bundle)),
      })),
      rules: segmentationRules(bundle),
      providers: untried,
      threads: options.threads,
      heads: runnableHeads(bundle).map(({ name, head }) => ({
        head: name,
        ...modelFile(head.file, bundle, folder),
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

/** On the providers that are left; INFERENCE_OUT_OF_MEMORY if none of them works. */
async function openWithout(options: ProcessOptions, exhausted: readonly DeclinedProvider[]): Promise<Opened> {
  const remaining = options.providers.filter((name) => !exhausted.some(({ provider }) => provider === name))
  const reasons = exhausted.map(({ provider, reason }) => `${provider}: ${reason}`)
  try {
    if (remaining.length > 0) {
      const opened = await openProcess({ ...options, providers: remaining })
      return { ...opened, declined: [...exhausted, ...opened.declined] }
    }
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'INFERENCE_UNAVAILABLE') throw error
    reasons.push(error.message)
  }
  throw new AppError('INFERENCE_OUT_OF_MEMORY', reasons.join('; '))
}

type Outcome = Extract<FromProcess, { type: 'opened' | 'unavailable' | 'unusable' }>

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
  const facts = { ...modelFile(file, bundle, folder), input, output, width, size }
  return { encoder: { ...facts, channels: channelCount(bundle), ...(embedding && { embedding }) } }
}
