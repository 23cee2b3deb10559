// Rigid registration by elastix in worker threads: deadline, restart after a crash, and a check that the result is plausible.
import { Worker } from 'node:worker_threads'
import { AppError } from '../../domain/errors.ts'
import { exchange, NoAnswer } from '../../domain/exchange.ts'
import type { Volume } from '../../domain/volume.ts'
import { centreOf } from './grids.ts'
import { type MutualInformation, mutualInformation } from './mutual-information.ts'
import type { RegisterReply, RegisterRequest } from './register-worker.ts'
import {
  displacement,
  IDENTITY,
  type Registrar,
  type Registration,
  type Rigid,
  rigidFromEuler,
  rotationDegrees,
} from './rigid.ts'

export type { Registrar, Registration } from './rigid.ts'

/**
 * Two series of one session cannot be farther apart; a result beyond these limits is a failed registration. The limit of mutual
 * information was set on BraTS cases and the generated study: sequences of one head have 1.06 to 1.16 in register and 1.01 when
 * 10 mm out of register; the heads of two patients have 1.02.
 */
export const LIMITS = { translationMm: 80, rotationDegrees: 45, information: 1.03, overlap: 0.5 } as const

export interface RegistrarOptions {
  /** Registrations that may run at the same time. */
  workers?: number
  /** Time limit for one registration. */
  timeoutMs?: number
  /** How long a thread waits for the next registration before it ends: each holds 250 MB, and starts in a second. */
  idleMs?: number
  /** The worker's entry point; tests pass one that misbehaves. */
  workerUrl?: URL
}

/** Starts threads on demand; `close` ends them all. Intended for images of about 2 mm: 1 s to 3 s per pair. */
export function createRegistrar(options: RegistrarOptions = {}): Registrar {
  const { workers = 2, timeoutMs = 120_000, idleMs = 2000 } = options
  const { workerUrl = new URL('./register-worker.ts', import.meta.url) } = options
  const idle: Worker[] = []
  let resting: NodeJS.Timeout | undefined
  const all = new Set<Worker>()
  const waiting: ((worker: Worker) => void)[] = []
  let nextId = 1
  let closed = false

  function start(): Worker {
    // Elastix prints to the thread's standard output, which is read and discarded.
    const worker = new Worker(workerUrl, {
      stdout: true,
      stderr: true,
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    worker.stdout.resume()
    worker.stderr.resume()
    // A worker that ends while idle must neither take the service down nor be handed out again.
    worker.on('error', () => {})
    worker.on('exit', () => {
      all.delete(worker)
      if (idle.includes(worker)) idle.splice(idle.indexOf(worker), 1)
    })
    worker.unref()
    all.add(worker)
    return worker
  }

  function acquire(): Promise<Worker> {
    clearTimeout(resting)
    const free = idle.pop()
    if (free) return Promise.resolve(free)
    if (all.size < workers) return Promise.resolve(start())
    return new Promise((resolve) => waiting.push(resolve))
  }

  function release(worker: Worker | undefined): void {
    const next = waiting.shift()
    if (next) next(worker ?? start())
    else if (worker) idle.push(worker)
    if (idle.length === all.size) resting = setTimeout(endIdle, idleMs).unref()
  }

  function endIdle(): void {
    for (const worker of idle.splice(0)) {
      all.delete(worker)
      void worker.terminate()
    }
  }

  async function run(
    fixed: Volume<Float32Array>,
    moving: Volume<Float32Array>,
    fromCentres: boolean,
    name: string,
  ): Promise<Rigid | undefined> {
    if (closed) throw new AppError('INFERENCE_FAILED', 'registration was closed')
    const worker = await acquire()
    const request: RegisterRequest = { id: nextId++, fixed, moving, fromCentres }
    const answer = await ask(worker, request, timeoutMs).catch(async (error: unknown) => {
      all.delete(worker)
      await worker.terminate()
      release(undefined)
      if (!(error instanceof NoAnswer)) throw error
      throw new AppError('INFERENCE_FAILED', `registration of ${name}: the worker thread ${error.message}`)
    })
    release(worker)
    return 'failure' in answer ? undefined : rigidFromEuler(answer.angles, answer.translation, answer.centre)
  }

  return {
    async register(fixed, moving, name) {
      const before = mutualInformation(fixed, moving, IDENTITY)
      let best = judge(fixed, moving, IDENTITY, before)
      const consider = (transform: Rigid | undefined) => {
        if (!transform) return
        const verdict = judge(fixed, moving, transform, before)
        // The positions in the headers stand unless the images agree better elsewhere.
        if (isPlausible(verdict) && (!isPlausible(best) || verdict.information > best.information)) best = verdict
      }
      consider(await run(fixed, moving, false, name))
      if (!isPlausible(best)) consider(await run(fixed, moving, true, name))
      if (!isPlausible(best))
        throw new AppError(
          'INPUT_IMPLAUSIBLE',
          `${name} could not be aligned with the reference series: ${describe(best)}`,
        )
      const { transform, translationMm, rotationDegrees: degrees } = best
      return {
        transform,
        translationMm,
        rotationDegrees: degrees,
        agreementBefore: before.information,
        agreementAfter: best.information,
      }
    },
    async close() {
      closed = true
      clearTimeout(resting)
      await Promise.all([...all].map((worker) => worker.terminate()))
      all.clear()
      idle.length = 0
    },
  }
}

type Judged = Pick<Registration, 'transform' | 'translationMm' | 'rotationDegrees'> & MutualInformation

function judge(
  fixed: Volume<Float32Array>,
  moving: Volume<Float32Array>,
  transform: Rigid,
  before: MutualInformation,
): Judged {
  const measured = transform === IDENTITY ? before : mutualInformation(fixed, moving, transform)
  const motion = {
    translationMm: displacement(transform, centreOf(fixed.grid)),
    rotationDegrees: rotationDegrees(transform),
  }
  return { transform, ...motion, ...measured }
}

function isPlausible({ translationMm, rotationDegrees: degrees, information, overlap }: Judged): boolean {
  return (
    translationMm <= LIMITS.translationMm &&
    degrees <= LIMITS.rotationDegrees &&
    information >= LIMITS.information &&
    overlap >= LIMITS.overlap
  )
}

function describe({ translationMm, rotationDegrees: degrees, information, overlap }: Judged): string {
  return (
    `best result ${translationMm.toFixed(1)} mm and ${degrees.toFixed(1)} degrees of motion, ` +
    `${Math.round(100 * overlap)} % common field of view, image agreement ${information.toFixed(3)} ` +
    `(limits ${LIMITS.translationMm} mm, ${LIMITS.rotationDegrees} degrees, ${100 * LIMITS.overlap} %, ${LIMITS.information})`
  )
}

/** The service may exit while the thread is idle, but not while it works. */
async function ask(worker: Worker, request: RegisterRequest, timeoutMs: number): Promise<RegisterReply> {
  worker.ref()
  try {
    return await exchange<RegisterReply, RegisterReply>(worker, {
      send: () => worker.postMessage(request),
      read: (reply) => (reply.id === request.id ? reply : undefined),
      timeoutMs,
    })
  } finally {
    worker.unref()
  }
}
