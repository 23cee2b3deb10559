// Who looked at which patient's data: pages, files and the API write an audit row; nothing is shown that could not be recorded.
import type { Context, MiddlewareHandler } from 'hono'
import { createOncePer } from '../domain/once-per.ts'
import type { AppDeps } from './deps.ts'
import { userOf } from './visitors.ts'

const OF_ANALYSIS =
  /^(?:\/api)?\/analyses\/([A-Za-z0-9-]{1,64})(?:\/(report\.pdf|segmentation\.dcm|doubt\/.+|events|reviews))?$/
const FIGURES = /^(\/api)?\/(concordance(\.pdf)?|bundles)$/
const LISTS = new Set(['/', '/search', '/api/analyses'])

/** Image requests write audit rows of their own. */
export function auditViews({
  analyses,
  audit,
  clock,
}: Pick<AppDeps, 'analyses' | 'audit' | 'clock'>): MiddlewareHandler {
  const oncePer = createOncePer(clock)

  async function record(c: Context, studyInstanceUid: string, what: string): Promise<void> {
    const user = userOf(c)
    await oncePer(JSON.stringify([what, user?.identifier]), () =>
      audit.record({
        action: 'read',
        target: 'store',
        studyInstanceUid,
        what,
        outcome: 'success',
        ...(user && { user }),
      }),
    )
  }

  return async (c, next) => {
    await next()
    const { method, path } = c.req
    if (c.res.status !== 200 || !(method === 'GET' || path === '/search')) return
    if (LISTS.has(path)) return record(c, '', 'list of analyses')
    if (FIGURES.test(path)) return record(c, '', 'figures of this site, of all its patients')
    const [, analysisId, part = 'page'] = OF_ANALYSIS.exec(path) ?? []
    if (analysisId === undefined) return
    const analysis = await analyses.get(analysisId)
    if (analysis) await record(c, analysis.studyInstanceUid, `${part.split('/')[0]} of analysis ${analysisId}`)
  }
}
