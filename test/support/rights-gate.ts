// A server that lets through what a list of rights allows, and nothing else: it stands before a real one, answers 403, and remembers what was used.
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Gate {
  url: string
  /** The rights that were used, each once: "create Observation". */
  used(): string[]
  /** What was asked without a right. */
  refused(): string[]
  close(): Promise<void>
}

interface Asked {
  method: string
  /** Below the root, with the query. */
  path: string
  body: string
}

/** `rightsOf` names the rights that a request needs; `behind` is the root of the real server. */
export async function startGate(
  behind: string,
  rightsOf: (asked: Asked) => string[],
  isAllowed: (right: string) => boolean,
): Promise<Gate> {
  const { origin, pathname: root } = new URL(behind)
  const [used, refused] = [new Set<string>(), [] as string[]]
  const server = createServer(async (request, response) => {
    const { method = 'GET', url = '/' } = request
    const body = await bodyOf(request)
    const path = url.slice(root.replace(/\/$/, '').length)
    const needed = rightsOf({ method, path, body: body.toString('utf8') })
    const lacking = needed.filter((right) => !isAllowed(right))
    refused.push(...lacking.map((right) => `${right} (${method} ${path})`))
    for (const right of needed) if (!lacking.includes(right)) used.add(right)
    if (lacking.length > 0) return void response.writeHead(403).end()
    const { host: _ours, connection: _hop, 'transfer-encoding': _chunks, ...headers } = request.headers
    const answer = await fetch(origin + url, {
      method,
      headers: headers as Record<string, string>,
      ...(body.length > 0 && { body }),
      redirect: 'manual',
    })
    // The body comes unpacked, whatever the headers say.
    const kept = [...answer.headers].filter(
      ([name]) => !/^(content-encoding|content-length|transfer-encoding)$/.test(name),
    )
    response.writeHead(answer.status, Object.fromEntries(kept))
    response.end(Buffer.from(await answer.arrayBuffer()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${root}`,
    used: () => [...used].sort(),
    refused: () => refused,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** "read Patient", "create Observation": FHIR's interactions as the table of the install guide has them; a transaction needs those of its entries. */
export function fhirRights({ method, path, body }: Asked): string[] {
  const [place = ''] = path.split('?')
  const [type = '', , history] = place.split('/').filter((part) => part !== '')
  if (type === 'metadata' || place.startsWith('/.well-known/')) return []
  if (type === '' && method === 'POST') {
    const { entry = [] } = JSON.parse(body) as { entry?: { request: { method: string; url: string } }[] }
    return entry.flatMap(({ request }) => fhirRights({ method: request.method, path: `/${request.url}`, body: '' }))
  }
  if (method === 'GET' || method === 'HEAD' || path.includes('/_search')) return [`read ${type}`]
  if (method === 'POST' && history === undefined) return [`create ${type}`]
  if (method === 'PUT' || method === 'PATCH') return [`update ${type}`]
  return [`${method.toLowerCase()} ${type}`]
}
