// Routes for bundles: what is installed, active and in shadow, and what a person decides on them.
import { type Context, Hono } from 'hono'
import type { BundlesView } from '../domain/bundles.ts'
import { bundlesPage } from '../web/bundles-page.ts'
import { bundleBody, bundleParams, parseRequest, readJson } from './contracts.ts'
import type { AppDeps } from './deps.ts'
import { askedBy, personOf, userOf } from './visitors.ts'

export function bundleRoutes({ bundles, software }: Pick<AppDeps, 'bundles' | 'software'>): Hono {
  const name = software && { software: `${software.name} ${software.version}` }
  async function decide(c: Context, body: unknown): Promise<BundlesView> {
    const { action } = parseRequest(bundleParams, { action: c.req.param('action') })
    return bundles.decide({ action, ...parseRequest(bundleBody, askedBy(c, body), 'body') }, userOf(c))
  }
  return new Hono()
    .get('/bundles', async (c) => {
      const person = personOf(c)
      return c.html(bundlesPage({ view: await bundles.view(), ...name, ...(person && { person }) }))
    })
    .post('/bundles/:action', async (c) => {
      await decide(c, await c.req.parseBody())
      return c.redirect('/bundles', 303)
    })
    .get('/api/bundles', async (c) => c.json(await bundles.view()))
    .post('/api/bundles/:action', async (c) => c.json(await decide(c, readJson(await c.req.text()))))
}
