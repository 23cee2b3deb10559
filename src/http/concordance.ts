// A site's own figures beside the card's: as a page, as JSON, and as one PDF; for now, or up to the end of a month.
import { type Context, Hono } from 'hono'
import { concordancePage } from '../web/concordance-page.ts'
import { monthQuery, parseRequest } from './contracts.ts'
import type { AppDeps } from './deps.ts'
import { personOf } from './visitors.ts'

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
  return new Hono()
    .get('/concordance', async (c) => {
      const month = monthOf(c)
      const person = personOf(c)
      const figures = await concordance.figures(month)
      return c.html(concordancePage({ figures, ...(month && { month }), ...name, ...(person && { person }) }))
    })
    .get('/concordance.pdf', answerPdf)
    .get('/api/concordance', async (c) => c.json(await concordance.figures(monthOf(c))))
    .get('/api/concordance.pdf', answerPdf)
}
