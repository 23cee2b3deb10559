// What is stored about people: sessions, sign-ins under way, local accounts. Secrets are stored only as digests.
import type { Role, Visitor } from '../access.ts'

export interface Session extends Visitor {
  /** ISO 8601 UTC. */
  seenAt: string
  endsAt: string
}

/** What must be remembered between leaving for a provider and coming back. */
export interface BegunSignIn {
  /** Digest of the cookie that the browser must bring back. */
  browserDigest: string
  /** "oidc", or the EHR's issuer. */
  provider: string
  codeVerifier: string
  nonce: string
  /** Path on our pages to continue with. */
  to: string
}

export interface Account {
  name: string
  person: Visitor['person']
  roles: readonly Role[]
  passwordHash: string
  failures: number
  /** ISO 8601 UTC; in the past or absent if the account is open. */
  lockedUntil?: string
}

export interface AccessStore {
  openSession(digest: string, session: Session): Promise<void>
  session(digest: string): Promise<Session | undefined>
  sawSession(digest: string, at: string): Promise<void>
  /** Returns the ended session, if there was one. */
  closeSession(digest: string): Promise<Session | undefined>
  /** Those that were opened at the identity provider for this session of theirs, or without one for this person; returns the ended ones. */
  closeSessionsAt(provider: { sub?: string; sid?: string }): Promise<Session[]>
  beginSignIn(stateDigest: string, begun: BegunSignIn, endsAt: string): Promise<void>
  /** The sign-in begun under this state, once: it is then removed. */
  takeSignIn(stateDigest: string, now: string): Promise<BegunSignIn | undefined>
  /** False if a token with this id was used before. */
  isFirstUse(tokenDigest: string, endsAt: string): Promise<boolean>
  account(name: string): Promise<Account | undefined>
  /**
   * Counts an attempt before its password is checked, so that simultaneous attempts count too; false if the account is locked.
   * The attempt that reaches `most` locks the account until `lockUntil`.
   */
  countAttempt(name: string, now: string, most: number, lockUntil: string): Promise<boolean>
  /** Resets the count after a correct password. */
  forgetAttempts(name: string): Promise<void>
  /** Removes everything that ended before `now`. */
  sweep(now: string): Promise<void>
}

/** For the command line. */
export interface AccountStore {
  accounts(): Promise<Account[]>
  /** False if there already is one with this name. */
  addAccount(account: Omit<Account, 'failures' | 'lockedUntil'>): Promise<boolean>
  /** Sets a new password: unlocks the account and ends its sessions. False if there is no such account. */
  setPassword(name: string, passwordHash: string): Promise<boolean>
  /** Removes the account and its sessions. False if there is no such account. */
  removeAccount(name: string): Promise<boolean>
  unlock(name: string): Promise<boolean>
}
