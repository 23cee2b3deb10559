// Where routers and FHIR subscriptions report something new: signed messages, each no more than a hint.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { type Context, Hono } from 'hono'
import { AppError } from '../domain/errors.ts'
import { SIGNATURE_HEADER, signatureOf } from '../domain/signature.ts'
import { readJson } from './contracts.ts'
import type { AppDeps } from './deps.ts'
import { RequestProblem } from './problems.ts'
import type { CountRequest } from './request-rate.ts'

/** Answers 202 to a signed message without waiting for the archive. Without http.hookSecret, or if nothing is watched, the page does not exist. */
export function hintRoutes(
  deps: Pick<AppDeps, 'hint' | 'settings'>,
  onWrongToken: () => Promise<void>,
  count: CountRequest,
): Hono {
  const { hookSecret } = deps.settings
  const app = new Hono()
  if (hookSecret === undefined) return app

  const take = (kind: 'webhook' | 'fhir') => async (c: Context) => {
    const text = await c.req.text()
    if (!isSigned(c, text, hookSecret)) {
      await onWrongToken()
      throw new RequestProblem(
        401,
        'NOT_SIGNED',
        'the message is not signed with http.hookSecret',
        'Send X-Hub-Signature-256 or X-Signature with the HMAC-SHA256 of the body, or the secret as bearer token.',
      )
    }
    count(`those who sign hints (${kind})`)
    const message = text.trim() === '' ? undefined : readJson(text)
    const isTaken = deps.hint?.(kind, message, c.req.header('traceparent')) ?? false
    if (!isTaken) throw new AppError('NOT_FOUND', 'this process watches no archive')
    return c.body(null, 202)
  }
  const notification = take('fhir')
  return (
    app
      .post('/webhook', take('webhook'))
      .post('/fhir', notification)
      // A rest-hook with content is an update of the resource at this address (FHIR R4 Section 2.48.4.2).
      .put('/fhir', notification)
      .put('/fhir/:type/:id', notification)
      .post('/fhir/:type/:id', notification)
  )
}

/** The key itself is accepted as proof too: an R4 subscription can send headers, but no signature. */
function isSigned(c: Context, text: string, secret: string): boolean {
  const given = c.req.header(SIGNATURE_HEADER)?.replace(/^sha256=/, '') ?? c.req.header('x-signature')
  if (given !== undefined) return isEqual(given.toLowerCase(), signatureOf(text, secret))
  const token = /^bearer (.+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
  return token !== undefined && isEqual(token, secret)
}

/** Takes the same time for texts of any length. */
function isEqual(given: string, expected: string): boolean {
  const digest = (text: string) => createHmac('sha256', 'length').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
