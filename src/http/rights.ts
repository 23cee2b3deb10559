// Which right each address requires, and that a person launched for one patient sees only that patient. Anything not in the table is refused.
import type { Context, MiddlewareHandler } from 'hono'
import { hasRight, isOfPatient, type Right } from '../domain/access.ts'
import { isOpen } from './access.ts'
import type { AppDeps } from './deps.ts'
import { RequestProblem } from './problems.ts'
import { userOf } from './visitors.ts'

const OF_ANALYSIS = '(?:/api)?/analyses/([^/]+)'
const GET = 'GET'
const POST = 'POST'

const NEEDED: readonly (readonly [method: string, address: RegExp, right: Right])[] = [
  [GET, /^\/patient$/, 'see'],
  [GET, /^\/events$/, 'see'],
  [GET, of('(?:/(?:events|reviews|report\\.pdf|segmentation\\.dcm|images|(?:images|doubt|series|board)/.+))?'), 'see'],
  [POST, of('/images/[^/]+/[^/]+/outlines'), 'see'],
  [GET, /^(\/|\/not-analysed|\/api\/analyses|\/api\/studies\/not-analysed|\/api\/archive)$/, 'list'],
  [POST, /^\/search$/, 'list'],
  [GET, /^\/board$/, 'meet'],
  [POST, /^(\/api)?\/board(\.pdf)?$/, 'meet'],
  [POST, of('/(?:review|claim|opinion)'), 'decide'],
  [POST, of('/(?:resolve|series|retry|priority)'), 'resolve'],
  [POST, /^(\/api)?\/studies\/[^/]+\/analyse$/, 'resolve'],
  [POST, of('/replay'), 'operate'],
  [GET, /^\/(metrics|api\/studies|api\/studies\/[^/]+\/rules|api\/backfill|(api\/)?notices)$/, 'operate'],
  [GET, /^((\/api)?\/(concordance(\.pdf)?|bundles)|\/api\/heads)$/, 'operate'],
  [POST, /^(\/concordance|\/api)\/heads\/[^/]+\/on$/, 'operate'],
  [POST, /^(\/api)?\/bundles\/[^/]+$/, 'operate'],
  [POST, /^\/(api\/backfill|(api\/)?notices\/[^/]+\/again)$/, 'operate'],
]

function of(rest: string): RegExp {
  return new RegExp(`^${OF_ANALYSIS}${rest}$`)
}

export function rightNeeded(method: string, path: string): Right | undefined {
  const effectiveMethod = method === 'HEAD' ? GET : method
  return NEEDED.find(([one, address]) => one === effectiveMethod && address.test(path))?.[2]
}

/** The rights that a launch for one patient can grant at all. */
const OF_ONE_PATIENT: ReadonlySet<Right> = new Set<Right>(['see', 'decide', 'resolve'])

export function requireRights({
  analyses,
  audit,
  signIn,
}: Pick<AppDeps, 'analyses' | 'audit' | 'signIn'>): MiddlewareHandler {
  const refuse = async (c: Context, studyInstanceUid: string, what: string, problem: RequestProblem) => {
    const user = userOf(c)
    await audit.record({
      action: 'read',
      target: 'store',
      studyInstanceUid,
      what,
      outcome: 'failure',
      ...(user && { user }),
    })
    throw problem
  }

  return async (c, next) => {
    const visitor = c.get('visitor')
    // Programs with the token, and sites where only a proxy knows the people.
    if (!signIn || !visitor || isOpen(c.req.path)) return next()
    const { roles, patient } = visitor
    if (c.req.path === '/' && patient) return c.redirect('/patient', 303)
    if (c.req.path === '/' && !hasRight(roles, 'list') && hasRight(roles, 'meet')) return c.redirect('/board', 303)
    const right = rightNeeded(c.req.method, c.req.path)
    if (right === undefined || !hasRight(roles, right) || (patient && !OF_ONE_PATIENT.has(right)))
      return refuse(c, '', `refused: ${c.req.method} without the right`, notAllowed())
    if (!patient || c.req.path === '/patient') return next()
    const [, inPath] = new RegExp(`^${OF_ANALYSIS}`).exec(c.req.path) ?? []
    const analysisId = inPath ?? c.req.query('analysis')
    const record = analysisId === undefined ? undefined : await analyses.get(analysisId)
    if (record && isOfPatient(record, patient)) return next()
    return refuse(c, record?.studyInstanceUid ?? '', 'refused: not the launched patient', otherPatient())
  }
}

function notAllowed() {
  return new RequestProblem(
    403,
    'NOT_ALLOWED',
    'your roles do not allow this',
    'Ask who administers this service for the role, or sign in as somebody who has it.',
  )
}

function otherPatient() {
  return new RequestProblem(
    403,
    'OTHER_PATIENT',
    'this is not of the patient with whom the EHR opened these pages',
    'Open the right patient in the EHR, and these pages from there.',
  )
}
