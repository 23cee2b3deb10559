// A demo archive behind a wire that misbehaves on demand: the faults that real archives and networks were seen to have.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startDemoArchive } from '../../demo/archive/archive-server.ts'
import { readFileMeta } from '../../src/dicom/file-meta.ts'
import { parseMediaType } from '../../src/dicomweb/media-type.ts'
import { decodeMultipart, encodeMultipart, type MultipartPart } from '../../src/dicomweb/multipart.ts'

export type Fault =
  /** No answer, ever. */
  | { kind: 'silent' }
  /** Headers and so many bytes, then silence. */
  | { kind: 'stall'; afterBytes: number }
  /** The connection breaks before the request is looked at. */
  | { kind: 'reset' }
  /** The archive does what it was asked, and the connection breaks before its answer. */
  | { kind: 'lost-answer' }
  /** Another answer in place of the archive's own; with `forward` after the archive did what it was asked. */
  | { kind: 'answer'; status: number; body?: string; headers?: Record<string, string>; forward?: boolean }
  /** A login page, with status 200. */
  | { kind: 'html' }
  /** The connection breaks after so many bytes of a body of declared length. */
  | { kind: 'cut'; afterBytes: number }
  /** The body ends early without any sign of it: no length, no chunks, as Orthanc sends. */
  | { kind: 'end-early'; afterBytes: number }
  /** All parts, but no closing delimiter, and no sign of it. */
  | { kind: 'no-closing-delimiter' }
  /** A whole body that lacks instances. */
  | { kind: 'drop'; sopInstanceUids: string[] }
  /** A whole body in which one instance ends early. */
  | { kind: 'truncate'; sopInstanceUid: string; bytes: number }
  /** The status says that the body is not all. */
  | { kind: 'partial'; afterBytes?: number }
  /** Paging: the offset has no effect, or pages are shorter than asked. */
  | { kind: 'ignore-offset' }
  | { kind: 'page-limit'; limit: number }

export interface FaultyArchive {
  /** DICOMweb service root. */
  url: string
  /** The same archive, without faults. */
  directUrl: string
  /** "GET /studies/1.2/series?limit=…" of each request, in order. */
  requests: string[]
  /** Chosen per request, "GET /studies/…" without query, and its number from 1 since the last call of this. */
  misbehave(choose?: (request: string, count: number) => Fault | undefined): void
  /** Nothing listens any more; come back on the same port with start(). */
  stop(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

export async function startFaultyArchive(): Promise<FaultyArchive> {
  const archive = await startDemoArchive()
  const root = new URL(archive.url).pathname
  const requests: string[] = []
  let choose: (request: string, count: number) => Fault | undefined = () => undefined
  let count = 0

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url!.slice(root.length)
    requests.push(`${request.method} ${path}`)
    count += 1
    const fault = choose(`${request.method} ${path.split('?')[0]}`, count)
    if (fault?.kind === 'reset') return void request.socket.destroy()
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    if (fault?.kind === 'silent') return
    const forwards = fault?.kind !== 'answer' || fault.forward === true
    const answer = forwards ? await forward(request, changePaging(path, fault), Buffer.concat(chunks)) : undefined
    await misanswer(fault, answer, request, response)
  }

  async function forward(request: IncomingMessage, path: string, body: Buffer): Promise<Answer> {
    const headers = Object.fromEntries(
      ['accept', 'content-type'].flatMap((name) =>
        request.headers[name] ? [[name, String(request.headers[name])]] : [],
      ),
    )
    const answer = await fetch(archive.url + path, {
      method: request.method!,
      headers,
      ...(body.length > 0 ? { body } : {}),
    })
    return {
      status: answer.status,
      type: answer.headers.get('content-type') ?? '',
      body: Buffer.from(await answer.arrayBuffer()),
    }
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy())
  })
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  await listen(0)
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}${root}`,
    directUrl: archive.url,
    requests,
    misbehave(chosen = () => undefined) {
      choose = chosen
      count = 0
      requests.length = 0
    },
    stop,
    start: () => listen(port),
    async close() {
      await stop()
      await archive.close()
    },
  }
}

interface Answer {
  status: number
  type: string
  body: Buffer
}

function changePaging(path: string, fault: Fault | undefined): string {
  const [at, query] = path.split('?')
  const parameters = new URLSearchParams(query)
  if (fault?.kind === 'ignore-offset') parameters.delete('offset')
  if (fault?.kind === 'page-limit') parameters.set('limit', String(fault.limit))
  return query === undefined ? path : `${at}?${parameters}`
}

async function misanswer(
  fault: Fault | undefined,
  answer: Answer | undefined,
  request: IncomingMessage,
  response: ServerResponse,
) {
  if (fault?.kind === 'lost-answer') return void request.socket.destroy()
  if (fault?.kind === 'html') {
    response.writeHead(200, { 'content-type': 'text/html' })
    return void response.end('<!DOCTYPE html><html><body>Please log in, PAT-1</body></html>')
  }
  if (fault?.kind === 'answer') {
    response.writeHead(fault.status, { 'content-type': 'application/dicom+json', ...fault.headers })
    return void response.end(fault.body ?? '')
  }
  const { status, type, body } = await rewriteParts(answer!, fault)
  if (fault?.kind === 'end-early' || fault?.kind === 'no-closing-delimiter') {
    const end = fault.kind === 'end-early' ? fault.afterBytes : body.lastIndexOf('\r\n--')
    // Written by hand: no length and no chunks, so the end of the connection is the end of the body.
    request.socket.write(`HTTP/1.1 ${status} OK\r\nContent-Type: ${type}\r\nConnection: close\r\n\r\n`)
    return void request.socket.end(body.subarray(0, end))
  }
  const partial = fault?.kind === 'partial'
  response.writeHead(partial ? 206 : status, {
    'content-type': type,
    ...(body.length > 0 ? { 'content-length': body.length } : {}),
  })
  if (fault?.kind === 'cut')
    return void response.write(body.subarray(0, fault.afterBytes), () => setImmediate(() => request.socket.destroy()))
  if (fault?.kind === 'stall') return void response.write(body.subarray(0, fault.afterBytes))
  response.end(body)
}

async function rewriteParts(answer: Answer, fault: Fault | undefined): Promise<Answer> {
  if (fault?.kind !== 'drop' && fault?.kind !== 'truncate') return answer
  const boundary = parseMediaType(answer.type).parameters.boundary
  if (boundary === undefined) return answer
  const parts: MultipartPart[] = []
  for await (const part of decodeMultipart(chunksOf(answer.body), boundary)) parts.push(part)
  const uidOf = (part: MultipartPart) => readFileMeta(part.body)?.sopInstanceUid ?? ''
  const kept = parts
    .filter((part) => fault.kind !== 'drop' || !fault.sopInstanceUids.includes(uidOf(part)))
    .map((part) => ({
      contentType: part.headers['content-type'] ?? 'application/dicom',
      bytes:
        fault.kind === 'truncate' && uidOf(part) === fault.sopInstanceUid
          ? part.body.subarray(0, fault.bytes)
          : part.body,
    }))
  return { ...answer, body: Buffer.concat([...encodeMultipart(kept, boundary)]) }
}

async function* chunksOf(body: Buffer): AsyncGenerator<Uint8Array, void> {
  yield body
}
