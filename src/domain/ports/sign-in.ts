// How people sign in: at a provider, from the EHR, or with a local account; and who they are from then on.
import type { Visitor } from '../access.ts'

/** Where someone who wants to sign in is sent, and what their browser must bring back. */
export interface Departure {
  url: string
  browser: string
}

/** An opened session: its token, which is in a cookie and nowhere else, and the path to continue with. */
export interface Arrival {
  token: string
  to: string
  /** Of the identity provider, for signing out there too; the browser keeps it. */
  idToken?: string
}

export interface SignIn {
  /** What the sign-in page offers. */
  offers: { oidc: boolean; accounts: boolean; ehrs: readonly { name: string; issuer: string }[] }
  /** `browser`: what the browser already holds, from another sign-in under way. */
  toOidc(to: string, browser?: string): Promise<Departure>
  /** `launch` comes from the EHR; without it, the EHR asks for the patient. Throws SIGN_IN_REFUSED for an issuer that is not on the list. */
  toEhr(issuer: string, launch: string | undefined, browser?: string): Promise<Departure>
  /** Throws SIGN_IN_REFUSED, IDENTITY_*. */
  comeBack(query: URLSearchParams, browser: string | undefined): Promise<Arrival>
  /** Undefined if name or password is wrong, or the account is locked. */
  withPassword(name: string, password: string): Promise<{ token: string } | undefined>
  /** `isActive`: the person did something, so the session is kept alive. */
  visitor(token: string, isActive: boolean): Promise<Visitor | undefined>
  /** The identity provider says that it has signed somebody out: their sessions here end. False for a token that is not valid, or used before. */
  signedOut(logoutToken: string): Promise<boolean>
  /** `idToken` is that of the arrival. Returns where the browser signs out of the identity provider too, if it can. */
  end(token: string, idToken?: string): Promise<{ url: string } | undefined>
}
