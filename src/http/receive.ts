// Where modalities and routers send images: STOW-RS (PS3.18 Section 10.5) at the root that DICOMweb clients expect.
import { type Context, Hono } from 'hono'
import { AppError } from '../domain/errors.ts'
import { parseRequest, studyParams } from './contracts.ts'
import type { AppDeps } from './deps.ts'
import { userOf } from './visitors.ts'

export const DICOMWEB_PATH = '/dicom-web'

/** These addresses do not exist if the site receives no images this way. */
export function receiveRoutes({ storeImages }: Pick<AppDeps, 'storeImages'>): Hono {
  const app = new Hono()
  if (storeImages === undefined) return app
  const store = async (c: Context, study: string | undefined) => {
    const request = { contentType: c.req.header('content-type'), body: bodyOf(c.req.raw.body), study }
    const { status, body } = await storeImages(request, userOf(c)?.name)
    if (status === 503) c.header('retry-after', '60')
    return c.body(JSON.stringify(body), status, { 'content-type': 'application/dicom+json' })
  }
  app.post('/studies', (c) => store(c, undefined))
  app.post('/studies/:uid', (c) => store(c, parseRequest(studyParams, c.req.param()).uid))
  return app
}

/** If the sender disconnects midway, the body counts as cut short. */
async function* bodyOf(stream: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array, void> {
  if (stream === null) return
  try {
    yield* stream
  } catch (error) {
    throw new AppError('ARCHIVE_TRUNCATED', 'the sender closed the connection before its request was whole', {
      cause: error,
    })
  }
}
