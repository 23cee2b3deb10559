// The page of notices to people, for whoever runs the service.
import type { Context, Hono } from 'hono'
import { type NoticesView, noticesPage } from '../web/notices-page.ts'
import { analysisParams, noticesQuery, parseRequest } from './contracts.ts'
import type { AppDeps } from './deps.ts'

/** `shell`: what surrounds every page. */
export function noticeRoutes(
  app: Hono,
  { notices }: Pick<AppDeps, 'notices'>,
  shell: (c: Context) => Pick<NoticesView, 'software' | 'person'>,
): void {
  app.get('/notices', async (c) => {
    const { limit, state } = parseRequest(noticesQuery, c.req.query())
    const listed = await notices.list({ limit, ...(state && { state }) })
    return c.html(noticesPage({ notices: listed, ...(state && { state }), ...shell(c) }))
  })
  app.post('/notices/:id/again', async (c) => {
    await notices.again(parseRequest(analysisParams, c.req.param()).id)
    return c.redirect('/notices', 303)
  })
}
