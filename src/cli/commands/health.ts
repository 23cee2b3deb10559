// gliabridge health: exit code 0 if the service on this machine is fully working; with alive, if it is running at all.
import { readSettings } from '../../settings/read.ts'
import { fetchOwn } from '../service-api.ts'

interface Part {
  peer: string
  up: boolean | null
  code?: string
  since?: string
}

export async function healthCommand(config: string | undefined, options: { alive?: boolean }): Promise<void> {
  const { http } = await readSettings(config, process.env)
  const path = options.alive ? '/healthz' : '/readyz'
  const response = await fetchOwn(http, path, { signal: AbortSignal.timeout(4000) }).catch(() => undefined)
  if (response === undefined) return fail(`no service answers on port ${http.port}`)
  const body = (await response.json().catch(() => ({}))) as { parts?: Part[]; code?: string }
  for (const { peer, up, code, since } of body.parts ?? [])
    process.stdout.write(`${peer}: ${up ? 'up' : up === null ? 'not asked yet' : `${code} since ${since}`}\n`)
  if (response.ok) return
  const why = body.code ? ` (${body.code})` : ''
  fail(`the service on port ${http.port} is not ${options.alive ? 'alive' : 'ready'}${why}`)
}

function fail(message: string): void {
  process.stderr.write(`gliabridge: ${message}\n`)
  process.exitCode = 1
}
