// The HTTP side as one function of requests; it does not listen, serve.ts does.
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { AppError, asAppError, unforeseenFields } from '../domain/errors.ts'
import { areUp } from '../domain/peers.ts'
import { requireAccess } from './access.ts'
import { apiRoutes } from './api.ts'
import { boardRoutes } from './board.ts'
import { bundleRoutes } from './bundles.ts'
import { cdsRoutes } from './cds-hooks.ts'
import { concordanceRoutes } from './concordance.ts'
import { createCookies } from './cookies.ts'
import type { AppDeps } from './deps.ts'
import { hintRoutes } from './hints.ts'
import { imageRoutes } from './images.ts'
import { liveRoutes } from './live.ts'
import { opinionRoutes } from './opinions.ts'
import { pageRoutes } from './pages.ts'
import { answerProblem, problemOf, RequestProblem } from './problems.ts'
import { DICOMWEB_PATH, receiveRoutes } from './receive.ts'
import { createRequestCount, limitRequests } from './request-rate.ts'
import { requireRights } from './rights.ts'
import { HINTS_PATH, PUBLIC_KEYS_PATH, refuseForeignOrigins, secureHeaders } from './security.ts'
import { signInRoutes } from './sign-in.ts'
import { auditViews } from './views.ts'
import { createWrongTokens } from './wrong-tokens.ts'

export function createApp(deps: AppDeps): Hono {
  const app = new Hono()
  app.use(secureHeaders(deps.settings))
  const onWrongToken = createWrongTokens(deps)
  const { signIn } = deps
  const door = signIn && { signIn, cookies: createCookies(deps.settings) }
  app.use(requireAccess(deps.settings, onWrongToken, door))
  const count = createRequestCount(deps)
  app.use(limitRequests(count))
  app.use(refuseForeignOrigins)
  const [few, many] = [64, 512].map((kilobytes) =>
    bodyLimit({ maxSize: kilobytes * 1024, onError: () => tooLarge(kilobytes) }),
  )
  app.use((c, next) => {
    // Images have limits of their own.
    if (c.req.path.startsWith(`${DICOMWEB_PATH}/`)) return next()
    // Only a review, the preview of its strokes, and a hook with draft orders may have large bodies.
    return (/\/(review|outlines)$|^\/cds-services\//.test(c.req.path) ? many! : few!)(c, next)
  })

  app.use(requireRights(deps))
  app.use(auditViews(deps))
  app.get('/healthz', (c) => c.text('ok\n'))
  app.get('/readyz', async (c) => {
    await deps.ready()
    const peers = deps.peers()
    const ready = areUp(peers)
    // Open without credentials: codes and times, no addresses.
    const parts = peers.map(({ peer, up = null, goodAt, failing }) => {
      return { peer, up, ...(goodAt && { goodAt }), ...(failing && { since: failing.since, code: failing.code }) }
    })
    return c.json({ ready, parts: [{ peer: 'database', up: true }, ...parts] }, ready ? 200 : 503)
  })
  app.get('/metrics', async (c) =>
    c.body(await deps.metrics(), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }),
  )
  app.get(PUBLIC_KEYS_PATH, async (c) => {
    if (!deps.publicKeys) return c.notFound()
    return c.json(await deps.publicKeys(), 200, { 'cache-control': 'public, max-age=300' })
  })
  if (door) app.route('/', signInRoutes({ ...deps, signIn: door.signIn }, door.cookies, onWrongToken))
  const { cds } = deps
  if (cds) app.route('/', cdsRoutes({ ...deps, cds }, onWrongToken, count))
  app.route(HINTS_PATH, hintRoutes(deps, onWrongToken, count))
  app.route(DICOMWEB_PATH, receiveRoutes(deps))
  app.route('/api', apiRoutes(deps))
  app.route('/', liveRoutes(deps))
  app.route('/', imageRoutes(deps))
  app.route('/', boardRoutes(deps))
  app.route('/', opinionRoutes(deps))
  app.route('/', concordanceRoutes(deps))
  app.route('/', bundleRoutes(deps))
  app.route('/', pageRoutes(deps))

  app.notFound((c) => answerProblem(c, new AppError('NOT_FOUND', 'no such page')))
  app.onError((thrown, c) => {
    const { status, code } = problemOf(thrown)
    if (status >= 500)
      deps.log.error(
        { code, status, method: c.req.method, error: messageOf(thrown), ...fieldsOf(thrown) },
        'a request failed',
      )
    return answerProblem(c, thrown)
  })
  return app
}

function messageOf(thrown: unknown): string {
  return thrown instanceof RequestProblem ? thrown.message : asAppError(thrown).message
}

function fieldsOf(thrown: unknown) {
  return thrown instanceof RequestProblem ? {} : unforeseenFields(thrown)
}

function tooLarge(kilobytes: number): never {
  throw new RequestProblem(
    413,
    'REQUEST_TOO_LARGE',
    `the request has a body of more than ${kilobytes} KiB`,
    'No request to this service needs one.',
  )
}
