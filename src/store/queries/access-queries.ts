// Statements on sessions, sign-ins in progress, used tokens and local accounts.
import type { NamedQuery } from './named-query.ts'

export const ACCESS_QUERIES = {
  /** $1 digest of the token, $2 visitor, $3 account or null, $4 seen, $5 end */
  addSession: {
    sql: 'insert into gliabridge.sessions (digest, visitor, account, seen_at, ends_at) values ($1, $2::jsonb, $3, $4, $5)',
  },
  /** $1 digest of the token */
  session: {
    sql: 'select visitor, seen_at, ends_at from gliabridge.sessions where digest = $1',
    index: 'sessions_pkey',
  },
  /** $1 digest of the token, $2 moment */
  sawSession: {
    sql: 'update gliabridge.sessions set seen_at = greatest(seen_at, $2) where digest = $1',
    index: 'sessions_pkey',
  },
  /** $1 digest of the token */
  closeSession: {
    sql: 'delete from gliabridge.sessions where digest = $1 returning visitor, seen_at, ends_at',
    index: 'sessions_pkey',
  },
  /** $1 sid or null, $2 sub or null */
  closeSessionsAt: {
    sql: `delete from gliabridge.sessions
      where visitor ? 'atProvider' and ($1::text is not null or $2::text is not null)
        and ($2::text is null or visitor -> 'atProvider' ->> 'sub' = $2)
        and ($1::text is null or visitor -> 'atProvider' ->> 'sid' = $1
          or ($2::text is not null and not (visitor -> 'atProvider' ? 'sid')))
      returning visitor, seen_at, ends_at`,
    wholeTable: 'sessions of today alone, and providers seldom sign anybody out',
  },
  /** $1 account */
  closeSessionsOf: {
    sql: 'delete from gliabridge.sessions where account = $1',
    index: 'sessions_of_account',
  },
  /** $1 moment */
  sweepSessions: {
    sql: 'delete from gliabridge.sessions where ends_at < $1',
    index: 'sessions_by_end',
  },
  /** $1 digest of the state, $2 what was begun, $3 end */
  addSignIn: {
    sql: 'insert into gliabridge.sign_ins (digest, begun, ends_at) values ($1, $2::jsonb, $3)',
  },
  /** $1 digest of the state, $2 moment */
  takeSignIn: {
    sql: 'delete from gliabridge.sign_ins where digest = $1 returning begun, ends_at > $2::timestamptz as fresh',
    index: 'sign_ins_pkey',
  },
  /** $1 moment */
  sweepSignIns: {
    sql: 'delete from gliabridge.sign_ins where ends_at < $1',
    index: 'sign_ins_by_end',
  },
  /** $1 digest of issuer and id, $2 end; returns no row if it was used before */
  useToken: {
    sql: 'insert into gliabridge.used_tokens (digest, ends_at) values ($1, $2) on conflict do nothing returning digest',
  },
  /** $1 moment */
  sweepTokens: {
    sql: 'delete from gliabridge.used_tokens where ends_at < $1',
    index: 'used_tokens_by_end',
  },
  /** $1 name */
  account: {
    sql: 'select * from gliabridge.accounts where name = $1',
    index: 'accounts_pkey',
  },
  /** $1 name, $2 now, $3 attempts until locked, $4 end of the lock; returns no row if the account is locked */
  countAttempt: {
    sql: `update gliabridge.accounts set
        failures = case when locked_until is not null then 1 else failures + 1 end,
        locked_until = case when (case when locked_until is not null then 1 else failures + 1 end) >= $3 then $4::timestamptz end
      where name = $1 and (locked_until is null or locked_until <= $2::timestamptz) returning name`,
    index: 'accounts_pkey',
  },
  /** $1 name */
  openAccount: {
    sql: 'update gliabridge.accounts set failures = 0, locked_until = null where name = $1 returning name',
    index: 'accounts_pkey',
  },
  allAccounts: {
    sql: 'select * from gliabridge.accounts order by name',
    index: 'accounts_pkey',
  },
  /** $1 name, $2 person, $3 roles, $4 hash, $5 moment; returns no row if the name is taken */
  addAccount: {
    sql: `insert into gliabridge.accounts (name, person, roles, password_hash, created_at) values ($1, $2::jsonb, $3::text[], $4, $5)
      on conflict do nothing returning name`,
  },
  /** $1 name, $2 hash */
  setPassword: {
    sql: `update gliabridge.accounts set password_hash = $2, failures = 0, locked_until = null where name = $1 returning name`,
    index: 'accounts_pkey',
  },
  /** $1 name */
  removeAccount: {
    sql: 'delete from gliabridge.accounts where name = $1 returning name',
    index: 'accounts_pkey',
  },
} satisfies Record<string, NamedQuery>
