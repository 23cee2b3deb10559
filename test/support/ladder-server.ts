// The demo EHR as servers of other kinds: what it states, what it refuses, and faults on single writes; all in a fetch.
import type { CapabilityStatement, CapabilityStatementRestResource } from '@medplum/fhirtypes'

export type Kind = 'transaction' | 'conditional' | 'plain' | 'document'

/** transaction: all. conditional: no transactions. plain: no If-None-Exist either. document: takes documents only, and searches them by patient only. */
export function statementOf(kind: Kind, own: CapabilityStatement): CapabilityStatement {
  const [rest] = own.rest ?? []
  if (!rest || kind === 'transaction') return own
  const search = [{ code: 'read' as const }, { code: 'search-type' as const }]
  const resource = (rest.resource ?? []).map((each): CapabilityStatementRestResource => {
    const { conditionalCreate: _none, ...plain } = each
    if (kind === 'conditional') return each
    if (kind === 'plain') return plain
    if (each.type !== 'DocumentReference') return { ...plain, interaction: search }
    const searchParam = [{ name: 'patient', type: 'reference' as const }]
    return { ...plain, searchParam, interaction: [...search, { code: 'create' }, { code: 'update' }] }
  })
  return { ...own, rest: [{ ...rest, interaction: [], resource }] }
}

export interface Write {
  method: string
  /** Type, or "transaction". */
  type: string
  headers: Headers
  /** 0-based, among the writes. */
  index: number
}

/** refuse: a status, nothing done. done: done, then a status. lost: done, and no answer. */
export type WriteFault =
  | { kind: 'refuse' | 'done'; status: number; headers?: Record<string, string> }
  | { kind: 'lost' }

export interface LadderServer {
  fetch: typeof fetch
  writes: Write[]
  /** Searches of documents by identifier, which the document kind does not know. */
  searches: string[]
}

export function ladderServer(
  baseUrl: string,
  kind: Kind,
  faultOf: (write: Write) => WriteFault | undefined = () => undefined,
): LadderServer {
  const writes: Write[] = []
  const searches: string[] = []
  const send: typeof fetch = async (input, init) => {
    const url = String(input)
    const method = init?.method ?? 'GET'
    if (url === `${baseUrl}/metadata`) {
      const own = (await (await fetch(url)).json()) as CapabilityStatement
      return Response.json(statementOf(kind, own))
    }
    if (method === 'GET') {
      searches.push(url.slice(baseUrl.length + 1))
      return fetch(input, init)
    }
    const headers = new Headers(init?.headers)
    const path = url.slice(baseUrl.length + 1)
    const write = { method, type: path.split('/')[0] || 'transaction', headers, index: writes.length }
    writes.push(write)
    const isForeign =
      (kind !== 'transaction' && write.type === 'transaction') ||
      ((kind === 'plain' || kind === 'document') && headers.has('if-none-exist')) ||
      (kind === 'document' && write.type !== 'DocumentReference')
    if (isForeign) return new Response('', { status: 501 })
    const fault = faultOf(write)
    if (fault?.kind === 'refuse') return new Response('', { status: fault.status, headers: fault.headers ?? {} })
    const response = await fetch(input, init)
    if (!fault) return response
    await response.arrayBuffer()
    if (fault.kind === 'lost')
      throw new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNRESET' }) })
    return new Response('', { status: fault.status, headers: fault.headers ?? {} })
  }
  return { fetch: send, writes, searches }
}
