// Signing in and out: at a provider or by password, with sessions that end, each audited.
import { randomBytes } from 'node:crypto'
import type { LaunchedPatient, Visitor } from '../domain/access.ts'
import { baseUrlOf } from '../domain/base-url.ts'
import type { PatientId } from '../domain/board.ts'
import { sha256Of } from '../domain/digest.ts'
import { MINUTE_MS } from '../domain/durations.ts'
import { AppError, asAppError } from '../domain/errors.ts'
import type { AccessStore, BegunSignIn } from '../domain/ports/access-store.ts'
import type { AuditTrail } from '../domain/ports/audit-trail.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { SignIn } from '../domain/ports/sign-in.ts'
import type { Reviewer } from '../domain/review.ts'
import { atProvider, endSessions } from './logout-tokens.ts'
import { isPassword } from './passwords.ts'
import {
  personOfClaims,
  personOfPractitioner,
  practitionerOf,
  type RoleClaims,
  rolesOfClaims,
  type SmartPerson,
} from './people.ts'
import type { Provider, ProviderAnswer } from './providers.ts'

export interface SignInParts {
  store: AccessStore
  audit: AuditTrail
  clock: Clock
  oidc?: { provider: Provider } & RoleClaims
  ehrs: readonly ({ provider: Provider; name: string } & SmartPerson)[]
  accounts: boolean
  idleMinutes: number
  hours: number
  /** Identifiers of "Patient/12", as images state them. */
  patientIds(reference: string, user: Reviewer): Promise<readonly PatientId[]>
}

/** Time between leaving for a provider and coming back. */
const BEGUN_MINUTES = 10
/** The time of last use of a session is written at most once a minute. */
const SEEN_EVERY_MS = MINUTE_MS
/** NIST SP 800-63B requires a limit of at most 100; the fifth wrong password in a row locks an account for a while. */
const MAX_ATTEMPTS = 5
const LOCK_MINUTES = 15
const OIDC = 'oidc'

export function createSignIn(parts: SignInParts): SignIn {
  const { store, audit, clock, oidc, ehrs, idleMinutes, hours } = parts
  const nowMs = () => clock.now().getTime()
  const at = (ms: number) => new Date(ms).toISOString()

  const note = (
    what: string,
    person: Reviewer | undefined,
    outcome: 'success' | 'failure',
    interaction: 'login' | 'logout',
  ) =>
    audit.record({
      action: 'read',
      target: 'store',
      interaction,
      studyInstanceUid: '',
      what,
      outcome,
      ...(person && { user: { identifier: person.identifier, name: person.name } }),
    })

  async function open(visitor: Visitor, how: string): Promise<string> {
    await store.sweep(at(nowMs()))
    const token = secret()
    // Audited first: nobody gets in whose sign-in could not be recorded.
    await note(how, visitor.person, 'success', 'login')
    await store.openSession(digestOf(token), {
      ...visitor,
      seenAt: at(nowMs()),
      endsAt: at(nowMs() + hours * 60 * MINUTE_MS),
    })
    return token
  }

  async function depart(
    provider: Provider,
    began: { name: string; to: string; launch?: string | undefined; browser?: string | undefined },
  ) {
    const { name, to, launch } = began
    const [state, nonce, codeVerifier] = [secret(), secret(), secret()]
    // Two tabs of one browser that sign in at the same time share it.
    const browser = /^[\w-]{43}$/.test(began.browser ?? '') ? began.browser! : secret()
    const url = await provider.begin({ state, nonce, codeVerifier }, launch)
    const begun: BegunSignIn = { browserDigest: digestOf(browser), provider: name, codeVerifier, nonce, to }
    // Sign-ins that are never completed leave rows behind.
    await store.sweep(at(nowMs()))
    await store.beginSignIn(digestOf(state), begun, at(nowMs() + BEGUN_MINUTES * MINUTE_MS))
    return { url, browser }
  }

  async function arriveByOidc(answer: ProviderAnswer): Promise<Visitor> {
    if (!oidc) throw new AppError('SIGN_IN_REFUSED', 'this site no longer signs in at that provider')
    const person = personOfClaims(answer.claims, { issuer: oidc.provider.settings.issuer, ...oidc })
    const roles = rolesOfClaims(answer.claims, oidc)
    if (roles.length > 0) return { person, roles, ...atProvider(answer.claims) }
    await note('sign-in without a role', person, 'failure', 'login')
    throw new AppError(
      'SIGN_IN_REFUSED',
      `the identity provider gives this person none of the roles of access.oidc.roles (claim ${oidc.rolesClaim})`,
    )
  }

  async function arriveFromEhr(issuer: string, answer: ProviderAnswer): Promise<Visitor> {
    const ehr = ehrs.find(({ provider }) => provider.settings.issuer === issuer)
    if (!ehr) throw new AppError('SIGN_IN_REFUSED', 'this EHR is no longer on the list of access.smart')
    const reference = practitionerOf(answer.claims, issuer)
    const resource = reference.startsWith('Practitioner/')
      ? await ehr.provider.read(reference, answer.accessToken)
      : undefined
    const person = personOfPractitioner({ reference, resource, claims: answer.claims }, { issuer, ...ehr })
    if (answer.patient === undefined || !/^[A-Za-z0-9.-]{1,64}$/.test(answer.patient))
      throw new AppError(
        'SIGN_IN_REFUSED',
        'the EHR names no patient of this launch; grant our client the scopes launch and launch/patient',
      )
    const launched = `Patient/${answer.patient}`
    const patient: LaunchedPatient = { reference: launched, ids: await parts.patientIds(launched, person) }
    return { person, roles: ehr.roles, patient }
  }

  return {
    offers: {
      oidc: oidc !== undefined,
      accounts: parts.accounts,
      ehrs: ehrs.map(({ name, provider }) => ({ name, issuer: provider.settings.issuer })),
    },
    async toOidc(to, browser) {
      if (!oidc) throw new AppError('SIGN_IN_REFUSED', 'this site has no identity provider (access.oidc)')
      return depart(oidc.provider, { name: OIDC, to, browser })
    },
    async toEhr(issuer, launch, browser) {
      const ehr = ehrs.find(({ provider }) => isSame(provider.settings.issuer, issuer))
      if (!ehr) throw new AppError('SIGN_IN_REFUSED', 'this EHR is not on the list of access.smart')
      return depart(ehr.provider, { name: ehr.provider.settings.issuer, to: '/patient', launch, browser })
    },
    async comeBack(query, browser) {
      const state = query.get('state') ?? ''
      const begun = await store.takeSignIn(digestOf(state), at(nowMs()))
      // A state from another browser would sign the person in as somebody else.
      if (!begun || browser === undefined || digestOf(browser) !== begun.browserDigest)
        throw new AppError(
          'SIGN_IN_REFUSED',
          'this sign-in was not begun in this browser, or took longer than ten minutes',
        )
      const { provider: name, codeVerifier, nonce, to } = begun
      const provider =
        name === OIDC ? oidc?.provider : ehrs.find((one) => one.provider.settings.issuer === name)?.provider
      if (!provider) throw new AppError('SIGN_IN_REFUSED', 'this provider is no longer in the settings')
      try {
        const answer = await provider.finish(query, { state, nonce, codeVerifier })
        const visitor = name === OIDC ? await arriveByOidc(answer) : await arriveFromEhr(name, answer)
        const token = await open(visitor, name === OIDC ? 'sign-in at the identity provider' : 'launch from the EHR')
        if (name !== OIDC) return { token, to: landingOf(answer) }
        return { token, to, ...(answer.idToken !== undefined && { idToken: answer.idToken }) }
      } catch (thrown) {
        const { code } = asAppError(thrown)
        await note(`refused sign-in (${code})`, undefined, 'failure', 'login')
        throw thrown
      }
    },
    async withPassword(name, password) {
      if (!parts.accounts) return undefined
      const account = await store.account(name)
      const lockUntil = at(nowMs() + LOCK_MINUTES * MINUTE_MS)
      const isOpen = account !== undefined && (await store.countAttempt(name, at(nowMs()), MAX_ATTEMPTS, lockUntil))
      if (!(await isPassword(password, isOpen ? account.passwordHash : undefined)) || !account) {
        await note(
          account && !isOpen ? 'sign-in to a locked account' : 'wrong name or password',
          account?.person,
          'failure',
          'login',
        )
        return undefined
      }
      await store.forgetAttempts(name)
      const { person, roles } = account
      return { token: await open({ person, roles, account: name }, 'sign-in with a local account') }
    },
    async visitor(token, isActive) {
      const digest = digestOf(token)
      const session = await store.session(digest)
      if (!session) return undefined
      const { seenAt, endsAt, atProvider: _, ...visitor } = session
      const now = nowMs()
      if (now >= Date.parse(endsAt) || now >= Date.parse(seenAt) + idleMinutes * MINUTE_MS) {
        await store.closeSession(digest)
        return undefined
      }
      if (isActive && now >= Date.parse(seenAt) + SEEN_EVERY_MS) await store.sawSession(digest, at(now))
      return visitor
    },
    async signedOut(logoutToken) {
      const ended = oidc && (await endSessions(oidc.provider, logoutToken, { store, clock }))
      for (const person of ended ?? []) await note('signed out by the identity provider', person, 'success', 'logout')
      return ended !== undefined
    },
    async end(token, idToken) {
      const session = await store.closeSession(digestOf(token))
      if (!session) return undefined
      await note('sign-out', session.person, 'success', 'logout')
      if (!oidc || session.account !== undefined || session.patient !== undefined) return undefined
      // Here the person is signed out whatever the provider does; the page then says that they may still be signed in there.
      const url = await oidc.provider.signOutUrl(idToken).catch(async (thrown) => {
        await note(
          `sign-out at the identity provider (${asAppError(thrown).code})`,
          session.person,
          'failure',
          'logout',
        )
        return undefined
      })
      return url === undefined ? undefined : { url }
    },
  }
}

/** A CDS Hooks card may say which analysis it was about. */
function landingOf({ appContext }: ProviderAnswer): string {
  const analysis = /^\{"analysisId":"([A-Za-z0-9-]{1,64})"\}$/.exec(appContext ?? '')?.[1]
  return analysis === undefined ? '/patient' : `/patient?analysis=${analysis}`
}

const isSame = (one: string, other: string) => baseUrlOf(one) === baseUrlOf(other)
const secret = () => randomBytes(32).toString('base64url')

/** What the database stores of a secret; secrets of 32 random bytes need no salt. */
function digestOf(text: string): string {
  return sha256Of(text)
}
