// The demo archive's DICOMweb service, for demonstrations and tests only: no access control, no audit, one process.
import { randomUUID } from 'node:crypto'
import { type Context, Hono } from 'hono'
import type { DescribedObject } from '../../src/dicomweb/describe-object.ts'
import { storeRequest } from '../../src/dicomweb/store-request.ts'
import { AppError } from '../../src/domain/errors.ts'
import { accepts, bulkParts, frameParts, metadataOf, objectParts } from './retrieve.ts'
import { BadQuery, type Level, search } from './search.ts'
import type { InstanceStore } from './store.ts'

/** Where the service root is. */
export const ROOT = '/dicom-web'

const STUDY = '/studies/:study'
const SERIES = `${STUDY}/series/:series`
const INSTANCE = `${SERIES}/instances/:instance`

/** The service over a store; does not listen on a port by itself. */
export function createArchiveApp(store: InstanceStore): Hono {
  const app = new Hono().basePath(ROOT)
  const scope = (c: Context) => store.find(c.req.param('study'), c.req.param('series'), c.req.param('instance'))

  for (const path of ['/studies', STUDY] as const) {
    app.post(path, async (c) => {
      const study = path === STUDY ? c.req.param('study') : undefined
      const request = { contentType: c.req.header('content-type'), body: c.req.raw.body ?? noBody(), study }
      const { status, body } = await storeRequest(
        {
          putAll: (objects) => Promise.allSettled(objects.map(({ instance, bytes }) => store.put(instance, bytes))),
          retrieveUrl: retrieveUrlOf(c),
        },
        request,
      )
      return c.body(JSON.stringify(body), status, { 'content-type': 'application/dicom+json' })
    })
  }

  const searches: [string, Level][] = [
    ['/studies', 'studies'],
    ['/series', 'series'],
    ['/instances', 'instances'],
    [`${STUDY}/series`, 'series'],
    [`${STUDY}/instances`, 'instances'],
    [`${SERIES}/instances`, 'instances'],
  ]
  for (const [path, level] of searches) {
    app.get(path, (c) => {
      const { list, warning } = search(scope(c), level, new URL(c.req.url).searchParams)
      if (warning !== undefined) c.header('warning', warning)
      return list.length === 0 ? c.body(null, 204) : json(c, list)
    })
  }

  for (const path of [STUDY, SERIES, INSTANCE]) {
    app.get(path, (c) => {
      const instances = scope(c)
      if (instances.length === 0) return c.text('no such study, series or instance', 404)
      if (!accepts(c.req.header('accept'), instances)) {
        return c.text('objects are sent as multipart/related; type="application/dicom"; transfer-syntax=*', 406)
      }
      return multipart('application/dicom', (boundary) => objectParts(store, instances, boundary))
    })
    app.get(`${path}/metadata`, (c) => {
      const instances = scope(c)
      const root = `${new URL(c.req.url).origin}${ROOT}`
      if (instances.length === 0) return c.text('no such study, series or instance', 404)
      return json(
        c,
        instances.map((instance) => metadataOf(instance, root)),
      )
    })
    for (const picture of ['rendered', 'thumbnail'])
      app.all(`${path}/${picture}`, (c) => notOffered(c, 'rendered pictures'))
  }

  app.get(`${INSTANCE}/frames/:frames`, async (c) => {
    const [instance] = scope(c)
    const numbers = c.req.param('frames').split(',').map(Number)
    if (!numbers.every((number) => Number.isInteger(number) && number > 0))
      return c.text('frame numbers start at 1', 400)
    const boundary = randomUUID()
    const parts = instance && (await frameParts(store, instance, numbers, boundary))
    return parts === undefined
      ? c.text('no such frame', 404)
      : multipart('application/octet-stream', () => parts, boundary)
  })
  app.get(`${INSTANCE}/bulkdata/:tag`, async (c) => {
    const [instance] = scope(c)
    const boundary = randomUUID()
    const parts = instance && (await bulkParts(store, instance, c.req.param('tag'), boundary))
    return parts === undefined
      ? c.text('no such bulk data', 404)
      : multipart('application/octet-stream', () => parts, boundary)
  })
  app.all('/workitems/*', (c) => notOffered(c, 'worklists (UPS-RS)'))
  app.all('/workitems', (c) => notOffered(c, 'worklists (UPS-RS)'))

  app.onError((error, c) => {
    if (error instanceof BadQuery) return c.text(error.message, 400)
    if (error instanceof AppError) return c.text(`${error.code}: ${error.message}`, 500)
    return c.text('internal error', 500)
  })
  return app
}

const retrieveUrlOf = (c: Context) => (object: DescribedObject) => {
  const { studyInstanceUid, seriesInstanceUid, sopInstanceUid } = object
  const root = `${new URL(c.req.url).origin}${ROOT}`
  return `${root}/studies/${studyInstanceUid}/series/${seriesInstanceUid}/instances/${sopInstanceUid}`
}

async function* noBody(): AsyncGenerator<Uint8Array, void> {}

function json(c: Context, list: unknown[]) {
  return c.body(JSON.stringify(list), 200, { 'content-type': 'application/dicom+json' })
}

function notOffered(c: Context, what: string) {
  return c.text(`the demo archive does not offer ${what}`, 501)
}

function multipart(
  type: string,
  parts: (boundary: string) => Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  boundary: string = randomUUID(),
) {
  return new Response(ReadableStream.from(parts(boundary)), {
    headers: { 'content-type': `multipart/related; type="${type}"; boundary=${boundary}` },
  })
}
