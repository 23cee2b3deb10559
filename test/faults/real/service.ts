// The service of the campaign on real parts, as a process that is killed and started again.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url))

export interface Service {
  /** Takes a message as a router sends it, or loses it while it is down. */
  tell(message: unknown): void
  /** SIGKILL, and a new process. */
  kill(): Promise<void>
  /** SIGKILL to its inference process; false while there is none. */
  killInference(): boolean
  /** What it complained of, the latest last, and how often it ended by itself. */
  complaints: string[]
  endedByItself(): number
  close(): Promise<void>
}

/** Started once it says that it is up. */
export async function startService(settings: unknown, env: Record<string, string>): Promise<Service> {
  const complaints: string[] = []
  let child: ChildProcess
  let inference = 0
  let ended = 0
  let isWanted = false

  async function start(): Promise<void> {
    const started = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', WORKER, JSON.stringify(settings)],
      { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } },
    )
    child = started
    isWanted = true
    started.stdin!.on('error', () => undefined)
    const up = Promise.withResolvers<void>()
    started.once('exit', () => {
      if (isWanted) ended += 1
      up.reject(new Error(`the service ended before it was up: ${complaints.at(-1)}`))
    })
    let rest = ''
    started.stdout!.on('data', (chunk: Buffer) => {
      const lines = `${rest}${chunk}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const said = JSON.parse(line) as { inference?: number }
        if (said.inference === undefined) complaints.push(line)
        else {
          inference = said.inference
          up.resolve()
        }
      }
    })
    await up.promise
  }

  async function end(): Promise<void> {
    isWanted = false
    inference = 0
    if (child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    await exit
  }

  await start()
  return {
    complaints,
    endedByItself: () => ended,
    tell: (message) => void child.stdin?.write(`${JSON.stringify(message)}\n`),
    async kill() {
      await end()
      await start()
    },
    killInference() {
      if (inference === 0) return false
      try {
        process.kill(inference, 'SIGKILL')
      } catch {
        return false
      } finally {
        inference = 0
      }
      return true
    },
    close: end,
  }
}
