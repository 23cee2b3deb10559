// A tumour board meeting, requested by Patient IDs in the body, which appear in no log, or by the id of a List in the EHR.
import { type Context, Hono } from 'hono'
import type { BoardSlide } from '../domain/board.ts'
import { AppError } from '../domain/errors.ts'
import { boardForm, boardPage } from '../web/board-page.ts'
import { analysisParams, boardBody, boardQuery, boardForm as formBody, parseRequest, readJson } from './contracts.ts'
import type { AppDeps } from './deps.ts'
import { personOf } from './visitors.ts'

export function boardRoutes({ board, software }: AppDeps): Hono {
  const name = software ? `${software.name} ${software.version}` : undefined
  const answerPdf = async (c: Context, request: Parameters<typeof board.pdf>[0]) =>
    c.body(new Uint8Array(await board.pdf(request)), 200, {
      'content-type': 'application/pdf',
      'content-disposition': 'inline; filename="tumour-board.pdf"',
    })
  const fromForm = async (c: Context) => parseRequest(formBody, await c.req.parseBody(), 'body')
  const fromJson = async (c: Context) => parseRequest(boardBody, readJson(await c.req.text()), 'body')
  return new Hono()
    .get('/board', async (c) => {
      const { list } = parseRequest(boardQuery, c.req.query())
      return c.html(
        list === undefined ? boardForm(name, personOf(c)) : boardPage(await board.slides({ list }), name, personOf(c)),
      )
    })
    .post('/board', async (c) => c.html(boardPage(await board.slides(await fromForm(c)), name, personOf(c))))
    .post('/board.pdf', async (c) => answerPdf(c, await fromForm(c)))
    .post('/api/board', async (c) => c.json({ patients: (await board.slides(await fromJson(c))).map(summaryOf) }))
    .post('/api/board.pdf', async (c) => answerPdf(c, await fromJson(c)))
    .get('/analyses/:id/board/:n{[0-9]\\.png}', async (c) => {
      const { id } = parseRequest(analysisParams, { id: c.req.param('id') })
      const png = await board.picture(id, Number.parseInt(c.req.param('n'), 10))
      if (!png) throw new AppError('NOT_FOUND', `no such picture of analysis ${id}`)
      return c.body(new Uint8Array(png), 200, { 'content-type': 'image/png' })
    })
}

const summaryOf = (slide: BoardSlide) =>
  'notShown' in slide ? slide : { requested: slide.requested, analysisId: slide.analysisId, status: slide.status }
