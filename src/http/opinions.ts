// A reviewer's own opinion before the software's predictions, where a site wants it: recorded once, and required before a decision.
import { type Context, Hono } from 'hono'
import type { AnalysisRecord } from '../domain/analysis.ts'
import { CANNOT_TELL, headsToJudge, type Opinion } from '../domain/opinion.ts'
import { mustStateOpinion, opinionField } from '../web/opinion-form.ts'
import { softwareSummary } from '../web/summary.ts'
import { load } from './actions.ts'
import { analysisParams, parseRequest } from './contracts.ts'
import type { AppDeps } from './deps.ts'
import { RequestProblem } from './problems.ts'
import { personOf } from './visitors.ts'

export function opinionRoutes(deps: AppDeps): Hono {
  return new Hono().post('/analyses/:id/opinion', async (c) => {
    const { id } = parseRequest(analysisParams, c.req.param())
    const record = await load(deps.analyses, id)
    const person = personOf(c)
    if (!deps.stateOpinion || !person) return c.notFound()
    // The first one stands: a later one may have seen the predictions.
    if (mustStateOpinion(record, await deps.analyses.events(id), person)) {
      const { identifier, system } = person
      const reader = { identifier, ...(system !== undefined && { system }) }
      const calls = callsIn(record, await c.req.parseBody())
      await deps.stateOpinion(id, { reader, calls }, person.name)
    }
    return c.redirect(`/analyses/${id}`, 303)
  })
}

/** Refuses a decision, and the report, to a person who has not stated an own opinion, where the site wants it. */
export async function requireOpinion(deps: AppDeps, c: Context, analysisId: string): Promise<void> {
  const person = personOf(c)
  if (!deps.stateOpinion || !person) return
  const record = await load(deps.analyses, analysisId)
  if (mustStateOpinion(record, await deps.analyses.events(analysisId), person))
    throw new RequestProblem(
      409,
      'OPINION_FIRST',
      'state your own opinion first: this site shows the predictions of the software after it',
      'Open the page of the analysis and answer the questions on it.',
    )
}

function callsIn(record: AnalysisRecord, form: Readonly<Record<string, unknown>>): Opinion['calls'] {
  const calls: Opinion['calls'] = {}
  for (const { head, classes } of headsToJudge(softwareSummary(record).predictions)) {
    const call = form[opinionField(head)]
    if (typeof call !== 'string' || !(call === CANNOT_TELL || classes.includes(call)))
      throw new RequestProblem(
        400,
        'REQUEST_INVALID',
        `${opinionField(head)} must be one of ${[...classes, CANNOT_TELL].join(', ')}`,
        'Answer every question.',
      )
    calls[head] = call
  }
  return calls
}
