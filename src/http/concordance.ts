// Routes for a site's own figures beside the card's: as a page, as JSON and as one PDF, up to now or to the end of a month. Also turns on heads that stop rules turned off.
import { type Context, Hono } from 'hono'
import { concordancePage } from '../web/concordance-page.ts'
import { headParams, monthQuery, parseRequest, readJson, switchBody } from './contracts.ts'
import type { AppDeps } from './deps.ts'
import { askedBy, personOf } from './visitors.ts'

export function concordanceRoutes({ concordance, software }: AppDeps): Hono {
  const name = software && { software: `${software.name} ${software.version}` }
  const monthOf = (c: Context) => parseRequest(monthQuery, c.req.query()).month
  const answerPdf = async (c: Context) => {
    const month = monthOf(c)
    return c.body(new Uint8Array(await concordance.pdf(month)), 200, {
      'content-type': 'application/pdf',
      'content-disposition': `inline; filename="concordance${month === undefined ? '' : `-${month}`}.pdf"`,
    })
  }
  async function turnOn(c: Context, body: unknown): Promise<void> {
    const { head } = parseRequest(headParams, { head: c.req.param('head') })
    const { by, reason } = parseRequest(switchBody, askedBy(c, body), 'body')
    await concordance.turnOn(head, by, reason)
  }
  return new Hono()
    .get('/concordance', async (c) => {
      const month = monthOf(c)
      const person = personOf(c)
      const figures = await concordance.figures(month)
      const [rules, stops] = [await concordance.rules(), await concordance.stops()]
      return c.html(
        concordancePage({ figures, rules, stops, ...(month && { month }), ...name, ...(person && { person }) }),
      )
    })
    .post('/concordance/heads/:head/on', async (c) => {
      await turnOn(c, await c.req.parseBody())
      return c.redirect('/concordance', 303)
    })
    .get('/api/heads', async (c) => c.json({ rules: await concordance.rules(), stops: await concordance.stops() }))
    .post('/api/heads/:head/on', async (c) => {
      await turnOn(c, readJson(await c.req.text()))
      return c.json({ stops: await concordance.stops() })
    })
    .get('/concordance.pdf', answerPdf)
    .get('/api/concordance', async (c) => c.json(await concordance.figures(monthOf(c))))
    .get('/api/concordance.pdf', answerPdf)
}
