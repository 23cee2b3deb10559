// Turns statuses and thrown errors into AppErrors; messages state what was requested and where, never queries, credentials or bodies.
import { AppError, type ErrorCode } from '../domain/errors.ts'

/** What was requested ("metadata of study 1.2.3") and where (origin and path). */
export interface Asked {
  what: string
  target: string
}

/** Origin and path of an address, without credentials and query. */
export function safeAddress(address: string): string {
  const { origin, pathname } = new URL(address)
  return `${origin}${pathname}`
}

/** The error for an HTTP status that is not a success. */
export function errorOfStatus(status: number, headers: Headers, request: Asked): AppError {
  const [code, why] = judge(status)
  const seconds = retryAfterSeconds(headers)
  return new AppError(code, `the archive answered ${status}${why} to ${request.what} (${request.target})`, {
    ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
  })
}

function judge(status: number): [ErrorCode, string] {
  if (status === 401 || status === 407) return ['ARCHIVE_AUTH', '']
  if (status === 403) return ['ARCHIVE_FORBIDDEN', ' (forbidden)']
  if (status === 404 || status === 410) return ['NOT_FOUND', ' (not there)']
  if (status === 408 || status === 429) return ['ARCHIVE_ERROR', ' (busy)']
  if (status === 501 || status === 505) return ['ARCHIVE_REJECTED', ' (not offered by this archive)']
  if (status >= 500) return ['ARCHIVE_ERROR', ' (server error)']
  if (status >= 300 && status < 400) return ['ARCHIVE_NOT_DICOMWEB', ' (redirect to another address)']
  return ['ARCHIVE_REJECTED', '']
}

/** Retry-After in seconds; a date is read relative to the answer's own Date header (RFC 9110 Section 10.2.3). */
export function retryAfterSeconds(headers: Headers): number | undefined {
  const value = headers.get('retry-after')
  if (value === null) return undefined
  if (/^\d+$/.test(value.trim())) return Number(value)
  const seconds = (Date.parse(value) - Date.parse(headers.get('date') ?? '')) / 1000
  return Number.isFinite(seconds) ? Math.max(0, Math.round(seconds)) : undefined
}

const RESETS = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'UND_ERR_SOCKET', 'ERR_STREAM_PREMATURE_CLOSE'])
const NOT_SENT: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'its host name is unknown',
  EAI_AGAIN: 'its host name could not be resolved',
  EHOSTUNREACH: 'no route to its host',
  ENETUNREACH: 'no route to its network',
  EADDRNOTAVAIL: 'no local address to connect from',
  ETIMEDOUT: 'the connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
}

/** The first system or library code in the chain of causes. */
export function causeCode(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth += 1) {
    // The parser of Node's fetch calls its faults "HPE_…", or gives no code at all.
    if (at.name === 'HTTPParserError') return 'HPE'
    const code = (at as { code?: unknown }).code
    if (typeof code === 'string' && !(at instanceof AppError)) return code
  }
  return undefined
}

/** Whether the connection broke: a repeatable request may then be sent again at once. */
export function isReset(error: unknown): boolean {
  const code = causeCode(error)
  return code !== undefined && RESETS.has(code)
}

/** Whether the request certainly never reached the archive. */
export function wasNotSent(error: unknown): boolean {
  const code = causeCode(error)
  return code !== undefined && (code in NOT_SENT || isCertificate(code) || isOtherProtocol(code))
}

/** What OpenSSL reports for an answer that is not a TLS record: mostly plain HTTP. */
export function isOtherProtocol(code: string): boolean {
  return /^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|RECORD_LAYER_FAILURE)$|^EPROTO$/.test(code)
}

function isCertificate(code: string): boolean {
  return /CERT|SIGNED|ISSUER|ALTNAME|^ERR_SSL|^ERR_TLS/.test(code)
}

/** The error for a request that threw; `during` says whether part of the answer had already arrived. */
export function errorOfThrown(error: unknown, request: Asked, during: 'request' | 'body'): AppError {
  if (error instanceof AppError) return error
  const code = causeCode(error) ?? 'no code'
  const at = `(${request.target})`
  const fail = (kind: ErrorCode, message: string) => new AppError(kind, message, { cause: error })
  if (isOtherProtocol(code)) {
    return fail('ARCHIVE_UNREACHABLE', `pacs.url says https, but its port does not speak TLS: ${code} ${at}`)
  }
  if (isCertificate(code)) {
    return fail('ARCHIVE_UNREACHABLE', `the archive's TLS certificate was not accepted: ${code} ${at}`)
  }
  if (code.startsWith('HPE')) {
    // Without the cause, which contains the bytes that arrived.
    return new AppError('ARCHIVE_NOT_DICOMWEB', `the answer to ${request.what} is not HTTP ${at}`)
  }
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    return fail('ARCHIVE_TIMEOUT', `the archive sent nothing for too long in answer to ${request.what} ${at}`)
  }
  if (during === 'body') {
    return fail('ARCHIVE_TRUNCATED', `the answer to ${request.what} was cut off: ${code} ${at}`)
  }
  const why = NOT_SENT[code] ?? (RESETS.has(code) ? 'it closed the connection without an answer' : 'the request failed')
  return fail('ARCHIVE_UNREACHABLE', `the archive cannot be reached for ${request.what}: ${why}, ${code} ${at}`)
}
