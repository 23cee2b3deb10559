// How many requests whoever has been let in may make: a bucket of tokens for each person, and one for all who hold the service's token, which does not say who they are.
import type { MiddlewareHandler } from 'hono'
import { MINUTE_MS } from '../domain/durations.ts'
import { isOpen } from './access.ts'
import type { AppDeps } from './deps.ts'
import { RequestProblem } from './problems.ts'
import { DICOMWEB_PATH } from './receive.ts'
import { HINTS_PATH } from './security.ts'

/** Buckets kept at once; of more, those that are full again are dropped. */
const MANY = 1000

interface Bucket {
  tokens: number
  at: number
}

/**
 * Refuses requests beyond `requestsPerMinute` with 429 and Retry-After; a minute's worth may come at once. Not counted are requests that need no credentials or check their own, and images that are sent
 * here, which have limits of their own.
 * @example app.use(limitRequests({ settings, clock, log }))
 */
export function limitRequests({
  settings,
  clock,
  log,
}: Pick<AppDeps, 'settings' | 'clock' | 'log'>): MiddlewareHandler {
  const { requestsPerMinute: size } = settings
  const buckets = new Map<string, Bucket>()
  /** Seconds until the next request is allowed; 0 takes one token. */
  function take(who: string): number {
    const now = clock.now().getTime()
    const { tokens, at } = buckets.get(who) ?? { tokens: size, at: now }
    // A clock that was set back refills nothing.
    const filled = Math.min(size, tokens + (Math.max(0, now - at) * size) / MINUTE_MS)
    if (buckets.size >= MANY) for (const [one, bucket] of buckets) if (now - bucket.at >= MINUTE_MS) buckets.delete(one)
    buckets.set(who, { tokens: filled >= 1 ? filled - 1 : filled, at: now })
    return filled >= 1 ? 0 : ((1 - filled) * 60) / size
  }
  return (c, next) => {
    const { path } = c.req
    if (isOpen(path) || path.startsWith(`${HINTS_PATH}/`) || path.startsWith(`${DICOMWEB_PATH}/`)) return next()
    const person = c.get('visitor')?.person.identifier
    const seconds = take(person === undefined ? 'token' : `person ${person}`)
    if (seconds === 0) return next()
    log.warn({ code: 'TOO_MANY_REQUESTS', method: c.req.method }, 'a request beyond http.requestsPerMinute was refused')
    c.header('retry-after', String(Math.ceil(seconds)))
    throw new RequestProblem(
      429,
      'TOO_MANY_REQUESTS',
      `more than ${size} requests in a minute were made under one ${person === undefined ? 'token' : 'name'}`,
      'Wait as long as Retry-After says, or have http.requestsPerMinute raised.',
    )
  }
}
