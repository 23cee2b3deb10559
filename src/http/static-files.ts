// Scripts, fonts and styles of the pages, each under a version of its own.
import type { Hono } from 'hono'
import { AppError } from '../domain/errors.ts'
import { ASSETS } from '../web/assets.ts'
import type { AppDeps } from './deps.ts'

export function staticFiles(app: Hono, { scripts, fonts }: Pick<AppDeps, 'scripts' | 'fonts'>): void {
  app.get('/assets/browser/:version/:name', (c) => {
    const { version, name } = c.req.param()
    const body = scripts.module(version, name)
    if (body === undefined) throw new AppError('NOT_FOUND', 'no such script')
    return c.body(body, 200, {
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
    })
  })
  // Every browser that has WebGL 2 decompresses it.
  app.get(scripts.library.path, async (c) =>
    c.body(await scripts.library.gzipped(), 200, {
      'content-type': 'text/javascript; charset=utf-8',
      'content-encoding': 'gzip',
      'cache-control': 'public, max-age=31536000, immutable',
    }),
  )
  app.get('/assets/fonts.css', async (c) =>
    c.body(await fonts.stylesheet(), 200, {
      'content-type': 'text/css; charset=utf-8',
      'cache-control': 'public, max-age=3600',
    }),
  )
  app.get('/assets/fonts/:family/:version/:name', async (c) => {
    const { family, version, name } = c.req.param()
    const bytes = await fonts.file(family, version, name)
    if (!bytes) throw new AppError('NOT_FOUND', 'no such font')
    return c.body(new Uint8Array(bytes), 200, {
      'content-type': name === 'LICENSE' ? 'text/plain; charset=utf-8' : 'font/woff2',
      'cache-control': 'public, max-age=31536000, immutable',
    })
  })
  for (const { path, mediaType, body } of ASSETS) {
    app.get(path, (c) =>
      c.body(body, 200, { 'content-type': mediaType, 'cache-control': 'public, max-age=31536000, immutable' }),
    )
  }
}
