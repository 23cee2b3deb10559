// Errors as answers: application/problem+json (RFC 9457) for programs, a page for people.
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { asAppError, type ErrorCode } from '../domain/errors.ts'
import { problemPage } from '../web/problem-page.ts'
import { personOf } from './visitors.ts'

/** An invalid request; its text contains nothing but parameter names. */
export class RequestProblem extends Error {
  readonly status: ContentfulStatusCode
  readonly code: string
  readonly hint: string
  /** When the same request may come again. */
  readonly retryAfterSeconds: number | undefined

  constructor(status: ContentfulStatusCode, code: string, message: string, hint: string, retryAfterSeconds?: number) {
    super(message)
    this.name = 'RequestProblem'
    this.status = status
    this.code = code
    this.hint = hint
    this.retryAfterSeconds = retryAfterSeconds
  }
}

export interface Problem {
  type: string
  title: string
  status: ContentfulStatusCode
  detail: string
  code: string
  /** What to do about it. */
  hint: string
}

const STATUS: Partial<Record<ErrorCode, ContentfulStatusCode>> = {
  NOT_FOUND: 404,
  STATE_CONFLICT: 409,
  CHANGE_REFUSED: 409,
  REVIEW_INVALID: 422,
  CHOICE_INVALID: 422,
  SIGN_IN_REFUSED: 403,
  IDENTITY_UNREACHABLE: 503,
  IDENTITY_INVALID: 502,
  DATABASE_UNREACHABLE: 503,
  DISK_FULL: 503,
}

const TITLES: Record<number, string> = {
  400: 'The request is not valid',
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not found',
  409: 'Not possible now',
  421: 'Wrong address',
  422: 'The request does not fit',
  429: 'Too many requests',
  502: 'Not available now',
  503: 'Not available now',
}

export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof RequestProblem) return problem(thrown.status, thrown.code, thrown.message, thrown.hint)
  const error = asAppError(thrown)
  return problem(STATUS[error.code] ?? 500, error.code, error.message, error.hint)
}

function problem(status: ContentfulStatusCode, code: string, detail: string, hint: string): Problem {
  return { type: 'about:blank', title: TITLES[status] ?? 'Something went wrong', status, detail, code, hint }
}

export async function answerProblem(c: Context, thrown: unknown): Promise<Response> {
  const body = problemOf(thrown)
  if (thrown instanceof RequestProblem && thrown.retryAfterSeconds !== undefined)
    c.header('retry-after', String(thrown.retryAfterSeconds))
  const forPeople = !c.req.path.startsWith('/api/') && (c.req.header('accept') ?? '').includes('text/html')
  if (forPeople) return c.html(await problemPage(body, personOf(c)), body.status)
  return c.body(JSON.stringify(body), body.status, { 'content-type': 'application/problem+json' })
}
