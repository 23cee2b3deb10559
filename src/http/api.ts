// The JSON interface: the record as it is, and what a person can request.
import { Hono } from 'hono'
import { load, prioritise, resolveHold, tryAgain } from './actions.ts'
import {
  analysisParams,
  backfillBody,
  backfillQuery,
  choiceBody,
  listQuery,
  noticesQuery,
  pageQuery,
  parseRequest,
  readJson,
  request,
  studyParams,
} from './contracts.ts'
import type { AppDeps } from './deps.ts'
import { requireOpinion } from './opinions.ts'
import { idempotencyKey, reviewBody } from './review-contract.ts'
import { askedBy, confirmedBy, reviewedBy } from './visitors.ts'

export function apiRoutes(deps: AppDeps): Hono {
  const { analyses } = deps
  const idOf = (params: unknown) => parseRequest(analysisParams, params).id
  return new Hono()
    .get('/analyses', async (c) => {
      const { state, show, order, limit, offset } = parseRequest(listQuery, c.req.query())
      const [records, counts] = await Promise.all([
        analyses.list({ limit, offset, order, toReview: show === 'to-review', ...(state ? { state } : {}) }),
        analyses.countByState(),
      ])
      return c.json({ analyses: records, counts })
    })
    .get('/analyses/:id', async (c) => c.json(await load(analyses, idOf(c.req.param()))))
    .get('/analyses/:id/events', async (c) => {
      const { analysisId } = await load(analyses, idOf(c.req.param()))
      return c.json({ events: await analyses.events(analysisId) })
    })
    .post('/analyses/:id/resolve', async (c) => {
      const text = await c.req.text()
      return c.json(await resolveHold(deps, idOf(c.req.param()), text === '' ? {} : confirmedBy(c, readJson(text))))
    })
    .post('/analyses/:id/priority', async (c) =>
      c.json(await prioritise(deps, idOf(c.req.param()), askedBy(c, readJson(await c.req.text())))),
    )
    .get('/analyses/:id/reviews', async (c) => {
      const { analysisId } = await load(analyses, idOf(c.req.param()))
      const reviews = await deps.reviews(analysisId)
      return c.json({ version: reviews.length, reviews })
    })
    .post('/analyses/:id/review', async (c) => {
      const id = idOf(c.req.param())
      const sent = { 'idempotency-key': c.req.header('idempotency-key') }
      const key = parseRequest(idempotencyKey, sent, 'headers')['idempotency-key']
      const decided = parseRequest(reviewBody, reviewedBy(c, readJson(await c.req.text())), 'body')
      await requireOpinion(deps, c, id)
      const { review, created } = await deps.review(id, { ...decided, key })
      return c.json({ version: review.number, review }, created ? 201 : 200)
    })
    .get('/studies/not-analysed', async (c) =>
      c.json(await deps.watch.notAnalysed(parseRequest(pageQuery, c.req.query()))),
    )
    .get('/studies', async (c) => c.json({ studies: await deps.studies(parseRequest(pageQuery, c.req.query())) }))
    .get('/studies/:uid/rules', async (c) => c.json(await deps.explain(parseRequest(studyParams, c.req.param()).uid)))
    .post('/studies/:uid/analyse', async (c) => {
      const { uid } = parseRequest(studyParams, c.req.param())
      const { by } = parseRequest(request, askedBy(c, readJson(await c.req.text())), 'body')
      return c.json(await deps.analyseDeclined(uid, by), 202)
    })
    .post('/analyses/:id/series', async (c) => {
      const choice = parseRequest(choiceBody, askedBy(c, readJson(await c.req.text())), 'body')
      return c.json(await deps.chooseSeries(idOf(c.req.param()), choice), 202)
    })
    .get('/backfill', async (c) =>
      c.json({ studies: await deps.backfill.list(parseRequest(backfillQuery, c.req.query()).from) }),
    )
    .post('/backfill', async (c) => {
      const { from, by } = parseRequest(backfillBody, askedBy(c, readJson(await c.req.text())), 'body')
      return c.json(await deps.backfill.take(from, by), 202)
    })
    .get('/notices', async (c) =>
      c.json({ notices: await deps.notices.list(parseRequest(noticesQuery, c.req.query())) }),
    )
    .post('/notices/:id/again', async (c) => c.json(await deps.notices.again(idOf(c.req.param()))))
    .get('/archive', async (c) => c.json({ ways: await deps.archiveWays() }))
    .post('/analyses/:id/retry', async (c) => c.json(await tryAgain(deps, idOf(c.req.param()))))
    .post('/analyses/:id/replay', async (c) => c.json(await deps.replay(idOf(c.req.param()))))
}
