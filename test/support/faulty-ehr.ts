// Faults before a FHIR server: as a fetch that dies after so many requests, and as a proxy that misbehaves on the wire.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface DyingFetch {
  fetch: typeof fetch
  /** Requests that were begun. */
  count(): number
}

/**
 * A process that is killed at its k-th request (0-based): `before` it leaves, or `after` the server has answered but nobody
 * listens any more. Every later request fails too.
 */
export function dyingFetch(k: number, moment: 'before' | 'after'): DyingFetch {
  let count = 0
  return {
    count: () => count,
    fetch: async (input, init) => {
      const index = count++
      if (index > k || (index === k && moment === 'before')) throw new Error('killed')
      const response = await fetch(input, init)
      await response.clone().arrayBuffer()
      if (index === k) throw new Error('killed')
      return response
    },
  }
}

/** What the proxy does with a request instead of passing it on and back. */
export type Fault =
  | { kind: 'status'; status: number; headers?: Record<string, string>; contentType?: string; body?: string }
  /** The server does it, and the connection breaks before the answer. */
  | { kind: 'lost' }
  /** The server does it, and half of the answer arrives as if it were all. */
  | { kind: 'cut' }
  /** No answer ever comes. */
  | { kind: 'hang' }
  /** The server does it, and its answer comes byte by byte, never to an end. */
  | { kind: 'drip' }
  /** The server does it, then the answer is replaced. */
  | { kind: 'replaced'; status: number; contentType: string; body: string }

export interface FaultyEhr {
  url: string
  requests: { method: string; path: string; headers: IncomingMessage['headers'] }[]
  close(): Promise<void>
}

/** Decides per request: `path` is relative to the FHIR base, query included. */
export type FaultRule = (request: { method: string; path: string; index: number }) => Fault | undefined

export async function startFaultyEhr(targetUrl: string, rule: FaultRule): Promise<FaultyEhr> {
  const requests: FaultyEhr['requests'] = []
  const server = createServer((request, response) => {
    void handle(request, response).catch(() => response.destroy())
  })

  async function handle(request: IncomingMessage, response: ServerResponse) {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const path = request.url ?? ''
    const method = request.method ?? 'GET'
    const fault = rule({ method, path, index: requests.length })
    requests.push({ method, path, headers: request.headers })
    if (fault?.kind === 'hang') return
    if (fault?.kind === 'status') {
      response.writeHead(fault.status, { 'content-type': fault.contentType ?? 'text/plain', ...fault.headers })
      response.end(fault.body ?? '')
      return
    }
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(
        ([name]) => !['host', 'connection', 'content-length', 'transfer-encoding'].includes(name),
      ),
    ) as Record<string, string>
    const answer = await fetch(targetUrl + path, {
      method,
      headers,
      ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
    })
    const body = Buffer.from(await answer.arrayBuffer())
    const given = headersOf(answer)
    if (fault?.kind === 'lost') {
      response.destroy()
      return
    }
    if (fault?.kind === 'replaced') {
      response.writeHead(fault.status, { 'content-type': fault.contentType })
      response.end(fault.body)
      return
    }
    if (fault?.kind === 'drip') {
      response.writeHead(answer.status, given)
      let at = 0
      const drip = setInterval(() => response.write(body.subarray(at, ++at)), 100)
      response.on('close', () => clearInterval(drip))
      return
    }
    const kept = fault?.kind === 'cut' ? body.subarray(0, Math.floor(body.length / 2)) : body
    response.writeHead(answer.status, given)
    response.end(kept)
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Those that say something about the body, or where and in which version a resource is. */
function headersOf({ headers }: Response): Record<string, string> {
  const names = ['content-type', 'location', 'content-location', 'etag', 'warning'] as const
  const given = names.flatMap((name): [string, string][] => {
    const value = headers.get(name)
    return value === null ? [] : [[name, value]]
  })
  return { 'content-type': 'application/fhir+json', ...Object.fromEntries(given) }
}
