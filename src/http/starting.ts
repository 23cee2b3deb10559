// Answers at the pages' address before the service is up: alive, not ready, and why.
import { Hono } from 'hono'

/** `waitsFor`: a code from the catalogue, once the obstacle is known. */
export function startingApp(waitsFor: () => string | undefined): Hono {
  const app = new Hono()
  app.get('/healthz', (c) => c.text('ok\n'))
  app.get('/readyz', (c) => c.json({ ready: false, starting: true, code: waitsFor() ?? null }, 503))
  app.all('*', (c) => {
    const code = waitsFor()
    const why = code === undefined ? '' : ` It waits: ${code}.`
    return c.text(`Gliabridge is starting.${why} This page works once it is up; load it again.\n`, 503, {
      'retry-after': '5',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    })
  })
  return app
}
