// How many requests whoever has been let in may make: a bucket of tokens for each person, one for all who hold the service's token, which does not say who they are, and one each for
// signed hints and for hooks of EHRs.
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
  /** When a refusal was last logged. */
  loggedAt: number
}

/**
 * Counts one request of a kind of sender, in words, and of the one among them, where they have names. Throws a problem (429) that says when to come again, if there were more
 * than `requestsPerMinute`; a minute's worth may come at once. A sender that goes on is logged once a minute.
 */
export type CountRequest = (by: string, identifier?: string) => void

export function createRequestCount({
  settings,
  clock,
  log,
}: Pick<AppDeps, 'settings' | 'clock' | 'log'>): CountRequest {
  const { requestsPerMinute: size } = settings
  const buckets = new Map<string, Bucket>()
  return (by, identifier = '') => {
    const who = `${by}\n${identifier}`
    const now = clock.now().getTime()
    const { tokens, at, loggedAt } = buckets.get(who) ?? { tokens: size, at: now, loggedAt: Number.NEGATIVE_INFINITY }
    // A clock that was set back refills nothing.
    const filled = Math.min(size, tokens + (Math.max(0, now - at) * size) / MINUTE_MS)
    if (buckets.size >= MANY) for (const [one, bucket] of buckets) if (now - bucket.at >= MINUTE_MS) buckets.delete(one)
    const isRefused = filled < 1
    const isLogged = isRefused && Math.abs(now - loggedAt) >= MINUTE_MS
    buckets.set(who, { tokens: isRefused ? filled : filled - 1, at: now, loggedAt: isLogged ? now : loggedAt })
    if (!isRefused) return
    if (isLogged) log.warn({ code: 'TOO_MANY_REQUESTS' }, 'requests beyond http.requestsPerMinute are refused')
    throw new RequestProblem(
      429,
      'TOO_MANY_REQUESTS',
      `more than ${size} requests in a minute were made by ${by}`,
      'Wait as long as Retry-After says, or have http.requestsPerMinute raised.',
      Math.ceil(((1 - filled) * 60) / size),
    )
  }
}

/**
 * Counts the requests of people and of the token. Not counted are requests that need no credentials, those that check their own, which are
 * counted once they have, and images that are sent here, which have limits of their own.
 * @example app.use(limitRequests(createRequestCount({ settings, clock, log })))
 */
export function limitRequests(count: CountRequest): MiddlewareHandler {
  return (c, next) => {
    const { path } = c.req
    if (isOpen(path) || path.startsWith(`${HINTS_PATH}/`) || path.startsWith(`${DICOMWEB_PATH}/`)) return next()
    const person = c.get('visitor')?.person.identifier
    if (person === undefined) count('those who hold the token')
    else count('one person', person)
    return next()
  }
}
