// The service as a process of its own, to be killed: settings in a file, state in a folder, its API as the only window.
import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { AnalysisEvent, AnalysisRecord } from '../../src/domain/analysis.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export interface ServiceProcess {
  url: string
  pid: number
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
  get<T>(path: string): Promise<T | undefined>
  analyses(): Promise<AnalysisRecord[]>
  events(analysisId: string): Promise<AnalysisEvent[]>
}

/** Starts `gliabridge serve`, with these options, and waits until its API answers. */
export async function startServiceProcess(
  folder: string,
  settings: Record<string, unknown>,
  ...options: string[]
): Promise<ServiceProcess> {
  const file = join(folder, 'settings.json')
  await writeFile(file, JSON.stringify(settings))
  const child: ChildProcess = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', MAIN, '--config', file, 'serve', ...options],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  let said = ''
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout!.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      const found = /serves its pages at (\S+)/.exec(said)
      if (found) resolve(found[1]!)
    })
    child.stderr!.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    ended.then((code) => reject(new Error(`the service ended with ${code} before it was up: ${said}`)))
  })
  const get = async <T>(path: string): Promise<T | undefined> => {
    const response = await fetch(`${url}${path}`).catch(() => undefined)
    return response?.ok ? ((await response.json()) as T) : undefined
  }
  return {
    url,
    pid: child.pid!,
    get,
    async kill(signal) {
      child.kill(signal)
      await ended
    },
    analyses: async () => (await get<{ analyses: AnalysisRecord[] }>('/api/analyses'))?.analyses ?? [],
    events: async (id) => (await get<{ events: AnalysisEvent[] }>(`/api/analyses/${id}/events`))?.events ?? [],
  }
}

/** Looks every few milliseconds until `look` gives something; fails with `what` after the limit. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined>,
  limitMs = 300_000,
  everyMs = 20,
): Promise<T> {
  const started = performance.now()
  for (;;) {
    const seen = await look()
    if (seen !== undefined) return seen
    if (performance.now() - started > limitMs) throw new Error(`never seen: ${what}`)
    await wait(everyMs)
  }
}
