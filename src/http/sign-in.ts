// Signing in and out: the sign-in page, launch by the EHR (SMART App Launch 2), return from an identity provider, sign-out, the launched patient.
import { type Context, Hono } from 'hono'
import { isOfPatient, type LaunchedPatient } from '../domain/access.ts'
import type { AnalysisRecord } from '../domain/analysis.ts'
import type { Departure, SignIn } from '../domain/ports/sign-in.ts'
import { patientPage } from '../web/patient-page.ts'
import { leavingPage, signInPage } from '../web/sign-in-page.ts'
import {
  landingQuery,
  launchQuery,
  logoutForm,
  parseRequest,
  passwordForm,
  providerQuery,
  signInQuery,
} from './contracts.ts'
import type { Cookies } from './cookies.ts'
import type { AppDeps } from './deps.ts'
import { RequestProblem } from './problems.ts'
import { BACK_CHANNEL_PATH, CALLBACK_PATH, LAUNCH_PATH, SIGN_IN_PATH, SIGNED_OUT_PATH } from './security.ts'

/** Passwords checked at the same time; each takes a thread and some memory. */
const MAX_TRIED = 8

export function signInRoutes(
  deps: AppDeps & { signIn: SignIn },
  cookies: Cookies,
  onWrongPassword: () => Promise<void>,
): Hono {
  const { signIn, analyses, software } = deps
  const shell = software ? { software: `${software.name} ${software.version}` } : {}
  let tried = 0

  const leave = (c: Context, { url, browser }: Departure) => {
    cookies.keepBegun(c, browser)
    return c.redirect(url, 302)
  }
  /** Ends the session of whoever was signed in before in this browser. */
  const enter = async (c: Context, token: string, to: string) => {
    const before = cookies.session(c)
    if (before !== undefined) await signIn.end(before)
    cookies.keepSession(c, token)
    return c.redirect(to, 303)
  }

  return new Hono()
    .get(SIGN_IN_PATH, (c) => {
      const { to, said } = parseRequest(signInQuery, c.req.query())
      return c.html(signInPage({ offers: signIn.offers, to, ...(said && { said }), ...shell }))
    })
    .post(SIGN_IN_PATH, async (c) => {
      const { name, password, to } = parseRequest(passwordForm, await c.req.parseBody(), 'body')
      if (tried >= MAX_TRIED)
        throw new RequestProblem(429, 'TOO_MANY_SIGN_INS', 'too many people sign in just now', 'Try again in a moment.')
      tried += 1
      const arrival = await signIn.withPassword(name, password).finally(() => {
        tried -= 1
      })
      if (arrival) return enter(c, arrival.token, to)
      await onWrongPassword()
      return c.html(signInPage({ offers: signIn.offers, to, said: 'wrong', ...shell }), 401)
    })
    .get(`${SIGN_IN_PATH}/oidc`, async (c) =>
      leave(c, await signIn.toOidc(parseRequest(signInQuery, c.req.query()).to, cookies.begun(c))),
    )
    .get(`${SIGN_IN_PATH}/ehr`, async (c) => {
      const { iss } = parseRequest(providerQuery, c.req.query())
      return leave(c, await signIn.toEhr(iss, undefined, cookies.begun(c)))
    })
    .get(LAUNCH_PATH, async (c) => {
      const { iss, launch } = parseRequest(launchQuery, c.req.query())
      return leave(c, await signIn.toEhr(iss, launch, cookies.begun(c)))
    })
    .get(CALLBACK_PATH, async (c) => {
      const { token, to, idToken } = await signIn.comeBack(new URL(c.req.url).searchParams, cookies.begun(c))
      cookies.forgetBegun(c)
      if (idToken === undefined) cookies.forgetIdToken(c)
      else cookies.keepIdToken(c, idToken)
      return enter(c, token, to)
    })
    .get(SIGNED_OUT_PATH, (c) => c.redirect(`${SIGN_IN_PATH}?said=both`, 303))
    .post(BACK_CHANNEL_PATH, async (c) => {
      const { logout_token: token } = parseRequest(logoutForm, await c.req.parseBody(), 'body')
      if (await signIn.signedOut(token)) return c.body(null, 200)
      await onWrongPassword()
      return c.json({ error: 'invalid_request' }, 400)
    })
    .post('/sign-out', async (c) => {
      const token = cookies.session(c)
      const leaving = token === undefined ? undefined : await signIn.end(token, cookies.idToken(c))
      cookies.forgetSession(c)
      cookies.forgetIdToken(c)
      // The policy lets a form lead to our own pages alone, and browsers hold a redirect to it.
      return leaving ? c.html(leavingPage(leaving.url, shell)) : c.redirect(`${SIGN_IN_PATH}?said=out`, 303)
    })
    .get('/patient', async (c) => {
      const patient = c.get('visitor')?.patient
      if (!patient) return c.redirect('/', 303)
      const { analysis } = parseRequest(landingQuery, c.req.query())
      const records = await analysesOf(analyses, patient)
      const chosen =
        records.find(({ analysisId }) => analysisId === analysis) ?? (records.length === 1 ? records[0] : undefined)
      if (chosen) return c.redirect(`/analyses/${chosen.analysisId}`, 303)
      const { person } = c.get('visitor')!
      return c.html(patientPage({ records, person, ...shell }))
    })
}

/** For every identifier that the EHR has of the patient; newest first. */
async function analysesOf(analyses: AppDeps['analyses'], patient: LaunchedPatient): Promise<AnalysisRecord[]> {
  const records = new Map<string, AnalysisRecord>()
  for (const id of patient.ids)
    for (const record of await analyses.byPatientId(id))
      if (isOfPatient(record, patient)) records.set(record.analysisId, record)
  return [...records.values()].sort((a, b) => b.sequence - a.sequence)
}
