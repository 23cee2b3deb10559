// Pages and files for people.
import { type Context, Hono } from 'hono'
import type { z } from 'zod'
import { hasRight, type Right } from '../domain/access.ts'
import { hourly, MAX_PASSAGE_AGE_HOURS } from '../domain/activity.ts'
import { HOUR_MS } from '../domain/durations.ts'
import { AppError } from '../domain/errors.ts'
import { isArriving } from '../domain/study-stage.ts'
import { viewerAddress } from '../domain/viewer-address.ts'
import { notAnalysedPage } from '../web/not-analysed.ts'
import { studyPage } from '../web/study-page.ts'
import { worklistPage } from '../web/worklist.ts'
import { load, prioritise, resolveHold, tryAgain } from './actions.ts'
import {
  analysisParams,
  choiceBody,
  listQuery,
  pageQuery,
  parseRequest,
  readJson,
  request,
  searchBody,
  seriesParams,
  studyParams,
} from './contracts.ts'
import type { AppDeps } from './deps.ts'
import { describeImages } from './images.ts'
import { noticeRoutes } from './notices.ts'
import { requireOpinion } from './opinions.ts'
import { claimBody } from './review-contract.ts'
import { readReviewForm } from './review-form.ts'
import { staticFiles } from './static-files.ts'
import { askedBy, claimedBy, confirmedBy, personOf, userOf } from './visitors.ts'

/** What surrounds a page: our own version, the visitor and what the visitor may do. */
type Shell = Pick<Parameters<typeof worklistPage>[0], 'software' | 'person' | 'may'>
type ShellOf = (c: Context) => Shell

export function pageRoutes(deps: AppDeps): Hono {
  const software = deps.software ? { software: `${deps.software.name} ${deps.software.version}` } : {}
  const shell: ShellOf = (c) => {
    const visitor = c.get('visitor')
    if (!visitor) return software
    const { person, roles } = visitor
    return { ...software, person, may: (right: Right) => hasRight(roles, right) }
  }
  const app = new Hono()
  listRoutes(app, deps, shell)
  studyRoutes(app, deps, shell)
  fileRoutes(app, deps)
  actionRoutes(app, deps)
  noticeRoutes(app, deps, shell)
  staticFiles(app, deps)
  return app
}

/** The worklist, a search in it, and the studies that were not analysed. */
function listRoutes(app: Hono, deps: AppDeps, shell: ShellOf): void {
  app.get('/', async (c) => c.html(await worklist(deps, shell(c), parseRequest(listQuery, c.req.query()))))
  app.post('/search', async (c) => {
    const { words } = parseRequest(searchBody, await c.req.parseBody(), 'body')
    if (words.length === 0) return c.redirect('/', 303)
    return c.html(await worklist(deps, shell(c), parseRequest(listQuery, { limit: '200' }), words))
  })

  app.get('/not-analysed', async (c) => {
    const { limit, offset } = parseRequest(pageQuery, c.req.query())
    const { studies, count } = await deps.watch.notAnalysed({ limit, offset })
    return c.html(notAnalysedPage({ studies, count, limit, offset, ways: await deps.archiveWays(), ...shell(c) }))
  })
  app.post('/studies/:uid/analyse', async (c) => {
    const { uid } = parseRequest(studyParams, c.req.param())
    const { by } = parseRequest(request, askedBy(c, await c.req.parseBody()), 'body')
    const { analysisId } = await deps.analyseDeclined(uid, by)
    return c.redirect(`/analyses/${analysisId}`, 303)
  })
}

async function worklist(
  deps: AppDeps,
  shell: Shell,
  query: z.output<typeof listQuery>,
  search: readonly string[] = [],
) {
  const { analyses } = deps
  const { state, show, order, limit, offset } = query
  const toReview = show === 'to-review'
  const version = await analyses.version()
  const records = await analyses.list({ limit, offset, order, toReview, search, ...(state ? { state } : {}) })
  const now = deps.clock.now()
  const since = new Date(now.getTime() - MAX_PASSAGE_AGE_HOURS * HOUR_MS).toISOString()
  return worklistPage({
    records,
    claims: await deps.claims.of(records.map(({ analysisId }) => analysisId)),
    hours: hourly(await analyses.passages(since), now),
    counts: await analyses.countByState(),
    notAnalysed: (await deps.watch.notAnalysed({ limit: 1, offset: 0 })).count,
    peers: deps.peers(),
    arriving:
      records.length > 0
        ? 0
        : (await deps.studies({ limit: 100, offset: 0 })).filter(({ stage }) => isArriving(stage)).length,
    failedNotices: (await deps.notices.list({ limit: 100, state: 'failed' })).length,
    stops: await deps.concordance.stops(),
    version,
    limit,
    offset,
    order,
    toReview,
    search,
    ...(state ? { state } : {}),
    ...shell,
  })
}

function studyRoutes(app: Hono, deps: AppDeps, shell: ShellOf): void {
  const { analyses, settings } = deps
  app.get('/analyses/:id', async (c) => {
    const { id } = parseRequest(analysisParams, c.req.param())
    const version = await analyses.version(id)
    const record = await analyses.get(id)
    if (!record) throw new AppError('NOT_FOUND', `no analysis ${id}`)
    const [events, roles, siblings] = await Promise.all([
      analyses.events(id),
      analyses.artifactRoles(id),
      analyses.byStudy(record.studyInstanceUid),
    ])
    const viewerUrl = settings.viewerUrl && viewerAddress(settings.viewerUrl, record.studyInstanceUid)
    const images = await describeImages(deps.images, record)
    const user = userOf(c)?.identifier
    return c.html(
      studyPage({
        record,
        events,
        roles,
        siblings,
        version,
        scripts: deps.scripts,
        ...(images && { images }),
        ...(user && { user }),
        asksOpinion: deps.stateOpinion !== undefined,
        ...(viewerUrl ? { viewerUrl } : {}),
        ...(deps.recordUrl && { recordUrl: deps.recordUrl }),
        ...shell(c),
      }),
    )
  })
}

/** Pictures and documents of an analysis. */
function fileRoutes(app: Hono, deps: AppDeps): void {
  const { analyses } = deps
  app.get('/analyses/:id/report.pdf', async (c) => {
    const { id } = parseRequest(analysisParams, c.req.param())
    await requireOpinion(deps, c, id)
    const pdf = await deps.report(id)
    if (!pdf) throw new AppError('NOT_FOUND', `analysis ${id} has no report`)
    return c.body(new Uint8Array(pdf), 200, {
      'content-type': 'application/pdf',
      'content-disposition': `inline; filename="report-${id.slice(0, 8)}.pdf"`,
    })
  })
  app.get('/analyses/:id/doubt/:n{[0-9]\\.png}', async (c) => {
    const { id } = parseRequest(analysisParams, { id: c.req.param('id') })
    const record = await analyses.get(id)
    const picture = record?.summary?.pictures?.[Number.parseInt(c.req.param('n'), 10)]
    if (!picture) throw new AppError('NOT_FOUND', `no such picture of analysis ${id}`)
    return c.body(new Uint8Array(Buffer.from(picture.png, 'base64')), 200, { 'content-type': 'image/png' })
  })
  app.get('/analyses/:id/segmentation.dcm', async (c) => {
    const { id } = parseRequest(analysisParams, c.req.param())
    const artifact = await analyses.artifact(id, 'segmentation')
    if (!artifact) throw new AppError('NOT_FOUND', `analysis ${id} has no segmentation`)
    return c.body(new Uint8Array(artifact.bytes), 200, {
      'content-type': artifact.mediaType,
      'content-disposition': `attachment; filename="segmentation-${id.slice(0, 8)}.dcm"`,
    })
  })
  app.get('/analyses/:id/series/:series/picture.png', async (c) => {
    const { id, series } = parseRequest(seriesParams, c.req.param())
    const { studyInstanceUid } = await load(analyses, id)
    const png = await deps.seriesPicture(studyInstanceUid, series)
    return c.body(new Uint8Array(png), 200, { 'content-type': 'image/png' })
  })
}

/** What a person does with an analysis. */
function actionRoutes(app: Hono, deps: AppDeps): void {
  const { analyses } = deps
  app.post('/analyses/:id/resolve', async (c) => {
    const { id } = parseRequest(analysisParams, c.req.param())
    await resolveHold(deps, id, confirmedBy(c, await c.req.parseBody()))
    return c.redirect(`/analyses/${id}`, 303)
  })
  app.post('/analyses/:id/priority', async (c) => {
    const { id } = parseRequest(analysisParams, c.req.param())
    await prioritise(deps, id, askedBy(c, await c.req.parseBody()))
    return c.redirect(`/analyses/${id}`, 303)
  })
  // Sent by the review form of an open page; it binds nobody.
  app.post('/analyses/:id/claim', async (c) => {
    const { id } = parseRequest(analysisParams, c.req.param())
    const { identifier, name, leaves } = parseRequest(claimBody, claimedBy(c, readJson(await c.req.text())), 'body')
    if (leaves) await deps.claims.leave(id, identifier)
    const others = leaves ? [] : await deps.claims.claim(id, { identifier, name })
    return c.json({ others: others.map(({ name, since }) => ({ name, since })) })
  })
  app.post('/analyses/:id/review', async (c) => {
    const { id } = parseRequest(analysisParams, c.req.param())
    await requireOpinion(deps, c, id)
    await deps.review(id, readReviewForm(await load(analyses, id), await c.req.parseBody(), personOf(c)))
    return c.redirect(`/analyses/${id}`, 303)
  })
  app.post('/analyses/:id/series', async (c) => {
    const { id } = parseRequest(analysisParams, c.req.param())
    const { analysisId } = await deps.chooseSeries(id, readChoiceForm(askedBy(c, await c.req.parseBody())))
    return c.redirect(`/analyses/${analysisId}`, 303)
  })
  app.post('/analyses/:id/retry', async (c) => {
    const { id } = parseRequest(analysisParams, c.req.param())
    await tryAgain(deps, id)
    return c.redirect(`/analyses/${id}`, 303)
  })
}

/** A field for each sequence, with the UID of a series; empty to leave the sequence as it was. */
function readChoiceForm(form: unknown) {
  const { by, ...fields } = form as Record<string, unknown>
  const series = Object.fromEntries(Object.entries(fields).filter(([, uid]) => uid !== ''))
  return parseRequest(choiceBody, { by, series }, 'body')
}
