// Images of an analysis for its page: a description, slices as PNG, outlines as polygons, volumes for the 3D view. They need the same sign-in as the page, and browsers must not
// store them.
import { type Context, Hono } from 'hono'
import type { AnalysisRecord } from '../domain/analysis.ts'
import { AppError } from '../domain/errors.ts'
import { PLANES } from '../domain/shown-images.ts'
import { marksOf, planeView } from '../viewer/planes.ts'
import { readSummary } from '../web/summary.ts'
import { volumePage } from '../web/volume-page.ts'
import { load } from './actions.ts'
import { analysisParams, parseRequest, readJson, sliceParams, sliceQuery, volumeParams } from './contracts.ts'
import type { AppDeps } from './deps.ts'
import { strokesBody } from './review-contract.ts'
import { userOf } from './visitors.ts'

export function imageRoutes({ analyses, images, scripts }: AppDeps): Hono {
  const looked = async (c: Context) => {
    const { id } = parseRequest(analysisParams, { id: c.req.param('id') })
    const record = await load(analyses, id)
    const user = userOf(c)
    return { record, analysisId: id, studyInstanceUid: record.studyInstanceUid, ...(user && { user }) }
  }
  return (
    new Hono()
      .get('/analyses/:id/images', async (c) => {
        const { record } = await looked(c)
        const described = await describeImages(images, record)
        if (!described) throw new AppError('NOT_FOUND', `no images of analysis ${record.analysisId} are kept`)
        return c.json(described)
      })
      .get('/analyses/:id/images/3d', async (c) => {
        const { record } = await looked(c)
        const shown = await images.describe(record.analysisId)
        if (!shown) throw new AppError('NOT_FOUND', `no images of analysis ${record.analysisId} are kept`)
        return c.html(volumePage(shown, `/analyses/${record.analysisId}/images`, scripts))
      })
      .get('/analyses/:id/images/volumes/:name{.+\\.nii\\.gz}', async (c) => {
        const { name } = parseRequest(volumeParams, { name: c.req.param('name').replace(/\.nii\.gz$/, '') })
        return c.body(await images.volume(await looked(c), name), 200, { 'content-type': 'application/gzip' })
      })
      .get('/analyses/:id/images/:plane/:index/picture.png', async (c) => {
        const { of } = parseRequest(sliceQuery, c.req.query())
        const slice = parseRequest(sliceParams, { plane: c.req.param('plane'), index: c.req.param('index') })
        const png = await images.picture(await looked(c), { ...slice, images: of })
        return c.body(new Uint8Array(png), 200, { 'content-type': 'image/png' })
      })
      .get('/analyses/:id/images/:plane/:index/outlines.json', async (c) => {
        const slice = parseRequest(sliceParams, { plane: c.req.param('plane'), index: c.req.param('index') })
        return c.json({ outlines: await images.outlines(await looked(c), slice) })
      })
      // Changes nothing: previews what a reviewer has painted before it becomes part of a review.
      .post('/analyses/:id/images/:plane/:index/outlines', async (c) => {
        const slice = parseRequest(sliceParams, { plane: c.req.param('plane'), index: c.req.param('index') })
        const { strokes } = parseRequest(strokesBody, readJson(await c.req.text()), 'body')
        return c.json({ outlines: await images.outlines(await looked(c), { ...slice, strokes }) })
      })
  )
}

/** What is kept, how its planes lie, and what is drawn on which slice; undefined if nothing is kept. */
export async function describeImages(images: AppDeps['images'], record: AnalysisRecord) {
  const shown = await images.describe(record.analysisId)
  if (!shown) return undefined
  const { diameters = [] } = readSummary(record)
  return {
    ...shown,
    planes: PLANES.map((plane) => planeView(shown.grid, plane)),
    marks: marksOf(diameters, shown.grid),
  }
}
