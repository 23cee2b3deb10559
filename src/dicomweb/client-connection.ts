// HTTP to one DICOMweb service root: credentials, a limit on silence, and retries of reads when the connection breaks.

import { baseUrlOf } from '../domain/base-url.ts'
import { AppError } from '../domain/errors.ts'
import { jsonExcess } from '../domain/json-excess.ts'
import { LIMITS } from '../domain/limits.ts'
import type { DicomJson } from '../domain/study.ts'
import { bodyLimits, boundedBody } from './bounded-body.ts'
import type { Connection, Upload } from './connection.ts'
import { parseDataSets } from './dicom-json.ts'
import { type Asked, errorOfStatus, errorOfThrown, isReset, safeAddress } from './errors.ts'
import { parseMediaType } from './media-type.ts'
import { decodeMultipart, joinChunks } from './multipart.ts'
import { limitSilence, type Silence, watchUpload } from './silence.ts'

export type Auth =
  | { type: 'none' }
  | { type: 'basic'; username: string; password: string }
  | { type: 'bearer'; token: string }

export interface ConnectionOptions {
  /** Service root, for example "https://pacs.example/dicom-web". */
  url: string
  auth: Auth
  /** How long the archive may be silent: before the first byte and between any two. */
  timeoutMs: number
  fetch?: typeof fetch
}

/** An answer whose body is read under the limit on silence. */
export interface Answer {
  status: number
  headers: Headers
  body: AsyncGenerator<Uint8Array, void>
  /** Gives up the body and its connection. */
  discard(): void
}

const READ_ATTEMPTS = 3
const DICOM_JSON = 'application/dicom+json'

export function openConnection(options: ConnectionOptions): Connection {
  const { asking, send, get } = createSender(options)
  return {
    describe: asking,

    async getList(path, what, accept) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          const answer = await get(path, what, accept)
          const body = await readText(answer, asking(path, what))
          if (answer.status === 206) throw incomplete(asking(path, what))
          return parseList(body, asking(path, what))
        } catch (error) {
          if (attempt >= READ_ATTEMPTS || !(error instanceof AppError) || error.code !== 'ARCHIVE_TRUNCATED')
            throw error
        }
      }
    },

    async getJson(path, what, { empty } = {}) {
      const at = asking(path, what)
      const body = await readText(await get(path, what, 'application/json'), at)
      if (body.trim() === '' && empty !== undefined) return empty
      try {
        return JSON.parse(body) as unknown
      } catch {
        throw new AppError('ARCHIVE_NOT_DICOMWEB', `the answer to ${what} is no JSON (${at.target})`)
      }
    },

    async *getObjects(path, what, accept) {
      const answer = await get(path, what, accept)
      const at = asking(path, what)
      const { type, parameters } = parseMediaType(answer.headers.get('content-type'))
      if (type === 'application/dicom') {
        yield await readBytes(answer, at)
      } else if (type === 'multipart/related' && parameters.boundary) {
        try {
          for await (const part of decodeMultipart(answer.body, parameters.boundary)) yield part.body
        } catch (error) {
          throw located(error, at)
        }
      } else if (answer.status !== 204) {
        answer.discard()
        throw notDicomweb(type, at)
      }
      if (answer.status === 206) throw incomplete(at)
    },

    async exchange(method, path, what, json) {
      const bytes = json === undefined ? undefined : new TextEncoder().encode(JSON.stringify(json))
      const upload = bytes && { contentType: DICOM_JSON, length: bytes.length, slices: [bytes] }
      const headers = {
        accept: DICOM_JSON,
        ...(upload && { 'content-type': upload.contentType }),
        ...(method !== 'GET' && { 'content-length': String(upload?.length ?? 0) }),
      }
      const answer = await send(path, what, { headers, method, ...(upload && { upload }) })
      return { status: answer.status, headers: answer.headers, text: await readText(answer, asking(path, what)) }
    },

    async remove(path, what) {
      const answer = await send(path, what, { headers: {}, method: 'DELETE' })
      answer.discard()
      if (answer.status >= 300) throw errorOfStatus(answer.status, answer.headers, asking(path, what))
    },

    async post(path, what, accept, upload) {
      const headers = { accept, 'content-type': upload.contentType, 'content-length': String(upload.length) }
      const answer = await send(path, what, { headers, upload })
      return { status: answer.status, headers: answer.headers, text: await readText(answer, asking(path, what)) }
    },
  }
}

interface Sender {
  asking(path: string, what: string): Asked
  /** Resolves with whatever the archive answers. */
  send(
    path: string,
    what: string,
    init: { headers: Record<string, string>; upload?: Upload; method?: 'DELETE' | 'GET' | 'PUT' | 'POST' },
  ): Promise<Answer>
  /** A read; resolves with a 2xx answer only. */
  get(path: string, what: string, accept: string): Promise<Answer>
}

function createSender(options: ConnectionOptions): Sender {
  const root = readRoot(options.url)
  const authorization = authorizationOf(options.auth)
  const call = options.fetch ?? fetch
  const asking = (path: string, what: string): Asked => ({ what, target: safeAddress(root + path) })

  const send: Sender['send'] = async (path, what, init) => {
    const silence = limitSilence(options.timeoutMs, asking(path, what))
    const headers = { ...init.headers, ...(authorization === undefined ? {} : { authorization }) }
    const upload = init.upload && {
      method: 'POST',
      body: ReadableStream.from(watchUpload(init.upload.slices, silence)),
      duplex: 'half' as const,
    }
    try {
      // A redirect is an answer of its own: it leads to a login page or another service, never to what was requested.
      const method = init.method && { method: init.method }
      const request = { ...upload, ...method, headers, signal: silence.signal, redirect: 'manual' as const }
      const response = await silence.during(call(root + path, request))
      const body = readBody(response, silence, options.timeoutMs, asking(path, what))
      return { status: response.status, headers: response.headers, body, discard: () => silence.abort() }
    } catch (error) {
      throw errorOfThrown(error, asking(path, what), 'request')
    }
  }

  /** Sends a read, and again if the connection breaks before the answer: archives close idle connections at will. */
  async function get(path: string, what: string, accept: string): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = await send(path, what, { headers: { accept } })
        if (answer.status >= 200 && answer.status < 300) return answer
        answer.discard()
        throw errorOfStatus(answer.status, answer.headers, asking(path, what))
      } catch (error) {
        if (attempt >= READ_ATTEMPTS || !isReset(error)) throw error
      }
    }
  }

  return { asking, send, get }
}

function readRoot(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new AppError('SETTINGS_INVALID', 'pacs.url must be an http or https address')
  }
  if (url.username !== '' || url.password !== '') {
    throw new AppError(
      'SETTINGS_INVALID',
      'pacs.url must not hold credentials; pacs.auth names the environment variables for them',
    )
  }
  if (url.search !== '' || url.hash !== '')
    throw new AppError('SETTINGS_INVALID', 'pacs.url must not hold a query or fragment')
  return baseUrlOf(`${url.origin}${url.pathname}`)
}

export function authorizationOf(auth: Auth): string | undefined {
  if (auth.type === 'basic') return `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`
  return auth.type === 'bearer' ? `Bearer ${auth.token}` : undefined
}

async function* readBody(
  response: Response,
  silence: Silence,
  timeoutMs: number,
  request: Asked,
): AsyncGenerator<Uint8Array, void> {
  const reader = response.body?.getReader()
  if (reader === undefined) return
  let ended = false
  const next = async () => {
    const { done, value } = await silence.during(reader.read())
    ended = done
    return value
  }
  try {
    yield* boundedBody(next, bodyLimits(timeoutMs), () => performance.now(), request)
  } catch (error) {
    throw errorOfThrown(error, request, 'body')
  } finally {
    if (!ended) silence.abort()
  }
}

async function readBytes(answer: Answer, request: Asked): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of answer.body) {
    length += chunk.length
    if (length > LIMITS.objectBytes)
      throw new AppError('INSTANCE_INVALID', `${request.what} is over ${LIMITS.objectBytes} bytes (${request.target})`)
    chunks.push(chunk)
  }
  return joinChunks(chunks)
}

async function readText(answer: Answer, request: Asked): Promise<string> {
  const decoder = new TextDecoder('utf-8')
  let text = ''
  for await (const chunk of answer.body) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > LIMITS.jsonBytes) break
  }
  text += decoder.decode()
  const excess = jsonExcess(text)
  if (excess === undefined) return text
  throw new AppError('ARCHIVE_NOT_DICOMWEB', `the answer to ${request.what} ${excess} (${request.target})`)
}

/** A truncated answer and a foreign one must not be confused: only the first is requested again. */
function parseList(body: string, request: Asked): (DicomJson | undefined)[] {
  const parsed = parseDataSets(body)
  if (parsed.kind === 'list') return parsed.rows
  if (parsed.kind === 'foreign')
    throw notDicomweb(body.trim().startsWith('<') ? 'a page' : 'no DICOM JSON list', request)
  throw new AppError('ARCHIVE_TRUNCATED', `the answer to ${request.what} is not whole (${request.target})`)
}

function notDicomweb(content: string, request: Asked): AppError {
  const kind = content === '' ? 'no media type' : content
  return new AppError(
    'ARCHIVE_NOT_DICOMWEB',
    `the answer to ${request.what} is not DICOMweb but ${kind} (${request.target})`,
  )
}

function incomplete(request: Asked): AppError {
  return new AppError('ARCHIVE_TRUNCATED', `the archive answered 206 (partial) to ${request.what} (${request.target})`)
}

/** Adds the request to an error of the decoder. */
function located(error: unknown, request: Asked): AppError {
  const named = errorOfThrown(error, request, 'body')
  return named.message.includes(request.target)
    ? named
    : new AppError(named.code, `${request.what}: ${named.message} (${request.target})`, { cause: error })
}
