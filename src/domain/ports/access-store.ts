// What is kept of people: sessions, sign-ins that were begun, local accounts. Secrets are kept as digests alone.
import type { Role, Visitor } from '../access.ts'

export interface Session extends Visitor {
  /** ISO 8601 UTC. */
  seenAt: string
  endsAt: string
}

/** What must be remembered between leaving for a provider and coming back. */
export interface BegunSignIn {
  /** Of the cookie that the browser must bring back. */
  browserDigest: string
  /** "oidc", or the EHR's issuer. */
  provider: string
  codeVerifier: string
  nonce: string
  /** Path of ours to go on with. */
  to: string
}

export interface Account {
  name: string
  person: Visitor['person']
  roles: readonly Role[]
  passwordHash: string
  failures: number
  /** ISO 8601 UTC; in the past or absent when the account is open. */
  lockedUntil?: string
}

export interface AccessStore {
  openSession(digest: string, session: Session): Promise<void>
  session(digest: string): Promise<Session | undefined>
  sawSession(digest: string, at: string): Promise<void>
  /** Returns what ended, if it was there. */
  closeSession(digest: string): Promise<Session | undefined>
  beginSignIn(stateDigest: string, begun: BegunSignIn, endsAt: string): Promise<void>
  /** What was begun under this state, once: it is gone then. */
  takeSignIn(stateDigest: string, now: string): Promise<BegunSignIn | undefined>
  /** False when a token of this id was used before. */
  isFirstUse(tokenDigest: string, endsAt: string): Promise<boolean>
  account(name: string): Promise<Account | undefined>
  /**
   * Counts an attempt before its password is looked at, so that attempts at the same time count too; false where the account is locked.
   * The attempt that fills `most` locks the account until `lockUntil`.
   */
  countAttempt(name: string, now: string, most: number, lockUntil: string): Promise<boolean>
  /** After the right password: no attempt counts any more. */
  forgetAttempts(name: string): Promise<void>
  /** Takes away what has ended before `now`. */
  sweep(now: string): Promise<void>
}

/** For the command line. */
export interface AccountStore {
  accounts(): Promise<Account[]>
  /** False when there is one of this name. */
  addAccount(account: Omit<Account, 'failures' | 'lockedUntil'>): Promise<boolean>
  /** New password: the account is open, its sessions end. False when there is none. */
  setPassword(name: string, passwordHash: string): Promise<boolean>
  /** The account and its sessions. False when there is none. */
  removeAccount(name: string): Promise<boolean>
  unlock(name: string): Promise<boolean>
}
