// Server-sent events: tell open pages that something changed; the pages fetch the change themselves.
import { type Context, Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { AppError, asAppError } from '../domain/errors.ts'
import { eventsQuery, parseRequest } from './contracts.ts'
import type { AppDeps } from './deps.ts'
import { RequestProblem } from './problems.ts'

const LOOK_MS = 1000
/** How many checks between two keep-alive messages, which stop proxies from closing the connection. */
const LOOKS_PER_PING = 15
const MAX_STREAMS = 200

export function liveRoutes({ analyses, clock, log }: AppDeps): Hono {
  let streams = 0
  return new Hono().get('/events', async (c: Context) => {
    const { analysis, since } = parseRequest(eventsQuery, c.req.query())
    if (analysis && !(await analyses.get(analysis))) throw new AppError('NOT_FOUND', `no analysis ${analysis}`)
    if (streams >= MAX_STREAMS)
      throw new RequestProblem(
        503,
        'TOO_MANY_STREAMS',
        'too many pages are open',
        'Close some; this one updates by reloading.',
      )
    // A HEAD request must not open a stream, which nobody would ever close.
    if (c.req.method === 'HEAD') return c.body(null, 200, { 'content-type': 'text/event-stream' })
    let seen = c.req.header('last-event-id') ?? since ?? (await analyses.version(analysis))
    return streamSSE(c, async (stream) => {
      const gone = new AbortController()
      stream.onAbort(() => gone.abort())
      streams += 1
      try {
        await stream.write('retry: 3000\n\n')
        for (let look = 1; !stream.aborted && !stream.closed; look += 1) {
          const version = await analyses.version(analysis)
          if (version !== seen) await stream.writeSSE({ event: 'change', data: version, id: version })
          else if (look % LOOKS_PER_PING === 0) await stream.write(': here\n\n')
          seen = version
          await clock.sleep(LOOK_MS, gone.signal)
        }
      } catch (error) {
        // The page reconnects by itself.
        log.warn({ code: asAppError(error).code }, 'a live page was cut off')
      } finally {
        streams -= 1
      }
    })
  })
}
