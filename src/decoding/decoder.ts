// Reads the files of a series in a separate process, with a deadline per file and a memory limit; a process that failed is not used again.

import { type ChildProcess, fork } from 'node:child_process'
import { readFileMeta } from '../dicom/file-meta.ts'
import type { ReadVolume, SeriesPlan, VolumeReader } from '../dicom/series-volume.ts'
import { instanceName } from '../dicom/uid.ts'
import { AppError } from '../domain/errors.ts'
import { exchange, NoAnswer } from '../domain/exchange.ts'
import { LIMITS } from '../domain/limits.ts'
import type { FromDecoder, ToDecoder } from './messages.ts'

export interface DecoderOptions {
  /** Time limit for one file. */
  timeoutMs?: number
  /** How long a process waits for the next series before it ends: each keeps 120 MB of its decoders, and starts in half a second. */
  idleMs?: number
  /** Limit for the heap and for WebAssembly memory, each. */
  memoryBytes?: number
  /** The entry point of the process; tests pass one that misbehaves. */
  entry?: URL
}

export interface Decoder {
  readVolume: VolumeReader
  /** Starts a process ahead of time, so that the first series does not have to wait for it. */
  warm(): void
  close(): Promise<void>
}

const PAGE_OF_WASM = 65_536
const KEPT_IDLE = 1
/** Number of files after which a process is replaced, so that memory leaked by decoders does not accumulate. */
const RENEWED_AFTER = 20_000

/**
 * Starts processes on demand, and keeps one idle for the next series for a while. Series that are read at the same time get a
 * process each.
 */
export function createDecoder(options: DecoderOptions = {}): Decoder {
  const timeoutMs = options.timeoutMs ?? LIMITS.decodeSeconds * 1000
  const { idleMs = 10_000 } = options
  const memoryBytes = options.memoryBytes ?? LIMITS.decoderBytes
  const entry = options.entry ?? new URL('./process.ts', import.meta.url)
  const all = new Set<ChildProcess>()
  const idle: ChildProcess[] = []
  let resting: NodeJS.Timeout | undefined
  const filesRead = new WeakMap<ChildProcess, number>()
  let closed = false

  function start(): ChildProcess {
    const child = fork(entry, {
      execPath: process.execPath,
      execArgv: [
        '--disable-warning=ExperimentalWarning',
        `--max-old-space-size=${Math.ceil(memoryBytes / 2 ** 20)}`,
        `--wasm-max-mem-pages=${Math.ceil(memoryBytes / PAGE_OF_WASM)}`,
      ],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    // An error between two series must not end the service; the next series finds the process gone.
    child.on('error', () => {})
    child.on('exit', () => {
      all.delete(child)
      if (idle.includes(child)) idle.splice(idle.indexOf(child), 1)
    })
    all.add(child)
    return child
  }

  function rest(child: ChildProcess): void {
    idle.push(child)
    clearTimeout(resting)
    resting = setTimeout(endIdle, idleMs).unref()
  }

  function endIdle(): void {
    for (const child of idle.splice(0)) child.kill('SIGKILL')
  }

  async function ask(child: ChildProcess, message: ToDecoder, about: string): Promise<FromDecoder> {
    const send = () => child.send(message)
    const answer = await exchange<FromDecoder, FromDecoder>(child, { send, read: (reply) => reply, timeoutMs }).catch(
      (error: unknown) => {
        if (!(error instanceof NoAnswer)) throw error
        throw new AppError('DECODING_FAILED', `the process that decodes images ${error.message} over ${about}`)
      },
    )
    if (answer.type !== 'failed') return answer
    throw new AppError(answer.code ?? 'DECODING_FAILED', answer.code ? answer.message : `${about}: ${answer.message}`)
  }

  return {
    async readVolume(plan, files): Promise<ReadVolume> {
      if (closed) throw new AppError('DECODING_FAILED', 'the process that decodes images was closed')
      const child = idle.pop() ?? start()
      const series = `series ${plan.seriesInstanceUid}`
      try {
        await ask(child, { type: 'plan', plan: withoutInstances(plan) }, series)
        // The next file is fetched from the archive while this one is decoded.
        let decoded: Promise<unknown> = Promise.resolve()
        let count = filesRead.get(child) ?? 0
        for await (const bytes of files) {
          await decoded
          decoded = ask(child, { type: 'file', bytes }, nameOf(bytes, series))
          // Handled where it is awaited; the archive may be slow to deliver the next file.
          decoded.catch(() => {})
          count += 1
        }
        await decoded
        filesRead.set(child, count)
        const answer = await ask(child, { type: 'finish' }, series)
        if (answer.type !== 'volume') throw new AppError('DECODING_FAILED', `${series}: no volume came`)
        if (idle.length < KEPT_IDLE && !closed && count < RENEWED_AFTER) rest(child)
        else child.kill('SIGKILL')
        return { volume: answer.volume, notes: answer.notes }
      } catch (error) {
        // There is no telling what state a damaged object left the process in.
        child.kill('SIGKILL')
        throw error
      }
    },
    warm() {
      if (idle.length < KEPT_IDLE && !closed) rest(start())
    },
    async close() {
      closed = true
      clearTimeout(resting)
      idle.length = 0
      await Promise.all([...all].map(ended))
    },
  }
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })
}

function withoutInstances(plan: SeriesPlan): SeriesPlan {
  return { ...plan, instances: [] }
}

function nameOf(bytes: Uint8Array, series: string): string {
  const uid = readFileMeta(bytes)?.sopInstanceUid
  return uid ? instanceName(uid) : `an instance of ${series}`
}
