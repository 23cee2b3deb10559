// Turns HTTP statuses and OperationOutcomes into our error catalogue; response bodies never get into a message.
import type { OperationOutcome } from '@medplum/fhirtypes'
import { AppError, type ErrorCode } from '../../domain/errors.ts'

export interface Exchange {
  /** "GET Observation", "POST transaction": method and type, never a query. */
  what: string
  write: boolean
}

/** Connections that were never made: the server cannot have done anything. */
const NEVER_SENT =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO_|ERR_TLS_|ERR_SSL_|EPROTO)/

/** What OpenSSL reports for an answer that is not a TLS record: mostly plain HTTP. */
const OTHER_PROTOCOL =
  /^(ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|RECORD_LAYER_FAILURE)|EPROTO)$/

/** A request with no answer, or only part of one. */
export function networkFailure(exchange: Exchange, error: unknown): AppError {
  const code = causeCode(error)
  const name = code || (error instanceof Error ? error.name : typeof error)
  const reason = OTHER_PROTOCOL.test(code) ? `the address says https, but its port does not speak TLS: ${name}` : name
  if (!exchange.write || NEVER_SENT.test(code)) {
    return new AppError('EHR_UNREACHABLE', `${exchange.what}: no complete answer (${reason})`, { cause: error })
  }
  return new AppError('EHR_AMBIGUOUS', `${exchange.what}: the answer was lost (${reason})`, { cause: error })
}

function causeCode(error: unknown): string {
  for (
    let current: unknown = error, depth = 0;
    current instanceof Error && depth < 5;
    current = current.cause, depth++
  ) {
    if ('code' in current && typeof current.code === 'string') return current.code
  }
  return ''
}

/** A failure that the server itself reported. */
export class StatusFailure extends AppError {
  readonly status: number

  constructor(code: ErrorCode, message: string, status: number, wait: { retryAfterSeconds?: number }) {
    super(code, message, wait)
    this.status = status
  }
}

/** A status that is not 2xx. `body` is the parsed JSON, if it was JSON. */
export function statusFailure(
  exchange: Exchange,
  status: number,
  retryAfterSeconds: number | undefined,
  body: unknown,
): AppError {
  const message = `${exchange.what}: status ${status}${outcomeCodes(body)}`
  const wait = retryAfterSeconds === undefined ? {} : { retryAfterSeconds }
  return new StatusFailure(codeOf(exchange, status, wait.retryAfterSeconds !== undefined), message, status, wait)
}

function codeOf(exchange: Exchange, status: number, asksToWait: boolean): ErrorCode {
  if (status === 401 || status === 407) return 'EHR_AUTH'
  if (status === 403) return 'EHR_FORBIDDEN'
  if (status === 429 || (status === 503 && asksToWait)) return 'EHR_THROTTLED'
  if (status === 409 || status === 412) return 'EHR_CONFLICT'
  if (exchange.write && status === 408) return 'EHR_AMBIGUOUS'
  if (exchange.write && status === 410) return 'EHR_CONFLICT'
  if (status < 400 || status >= 500 || status === 404 || status === 408) return 'EHR_ERROR'
  return 'EHR_REJECTED'
}

/** Issue codes and element paths only: details and diagnostics may quote the patient. */
function outcomeCodes(body: unknown): string {
  const outcome = body as Partial<OperationOutcome> | undefined
  if (outcome?.resourceType !== 'OperationOutcome' || !Array.isArray(outcome.issue)) return ''
  const issues = outcome.issue.slice(0, 5).flatMap((issue) => {
    if (typeof issue.code !== 'string' || !/^[a-z-]{1,30}$/.test(issue.code)) return []
    const path = issue.expression?.[0]
    return [
      typeof path === 'string' && /^[A-Z][A-Za-z]*(\.[A-Za-z]+(\[[0-9x]+\])?)*$/.test(path)
        ? `${issue.code} at ${path}`
        : issue.code,
    ]
  })
  return issues.length > 0 ? ` (${issues.join(', ')})` : ''
}

/** Retry-After (RFC 9110 10.2.3) in seconds: a number, or a date relative to `now`. */
export function retryAfterSeconds(header: string | null, now: Date): number | undefined {
  if (!header) return undefined
  if (/^\d+$/.test(header.trim())) return Number(header)
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now.getTime()) / 1000))
}
