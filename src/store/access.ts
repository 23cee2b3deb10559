// Sessions, sign-ins in progress and local accounts, in the database: a person who signed in at one process of the service is known to all.
import type { Visitor } from '../domain/access.ts'
import type { AccessStore, Account, AccountStore, BegunSignIn, Session } from '../domain/ports/access-store.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Database } from './database.ts'
import { QUERIES } from './queries.ts'

interface SessionRow {
  visitor: Visitor
  seen_at: Date
  ends_at: Date
}

interface AccountRow {
  name: string
  person: Account['person']
  roles: Account['roles']
  password_hash: string
  failures: number
  locked_until: Date | null
}

export function createAccessStore(db: Database): AccessStore {
  return {
    async openSession(digest, { seenAt, endsAt, ...visitor }) {
      await db.query(QUERIES.addSession.sql, [digest, JSON.stringify(visitor), accountOf(visitor), seenAt, endsAt])
    },
    async session(digest) {
      const [row] = await db.query<SessionRow>(QUERIES.session.sql, [digest])
      return row && toSession(row)
    },
    async sawSession(digest, at) {
      await db.query(QUERIES.sawSession.sql, [digest, at])
    },
    async closeSession(digest) {
      const [row] = await db.query<SessionRow>(QUERIES.closeSession.sql, [digest])
      return row && toSession(row)
    },
    async closeSessionsAt({ sub, sid }) {
      return (await db.query<SessionRow>(QUERIES.closeSessionsAt.sql, [sid ?? null, sub ?? null])).map(toSession)
    },
    async beginSignIn(digest, begun, endsAt) {
      await db.query(QUERIES.addSignIn.sql, [digest, JSON.stringify(begun), endsAt])
    },
    async takeSignIn(digest, now) {
      const [row] = await db.query<{ begun: BegunSignIn; fresh: boolean }>(QUERIES.takeSignIn.sql, [digest, now])
      return row?.fresh ? row.begun : undefined
    },
    async isFirstUse(digest, endsAt) {
      const added = await db.query(QUERIES.useToken.sql, [digest, endsAt])
      return added.length > 0
    },
    async account(name) {
      const [row] = await db.query<AccountRow>(QUERIES.account.sql, [name])
      return row && toAccount(row)
    },
    async countAttempt(name, now, most, lockUntil) {
      const counted = await db.query(QUERIES.countAttempt.sql, [name, now, most, lockUntil])
      return counted.length > 0
    },
    async forgetAttempts(name) {
      await db.query(QUERIES.openAccount.sql, [name])
    },
    async sweep(now) {
      for (const sweep of [QUERIES.sweepSessions, QUERIES.sweepSignIns, QUERIES.sweepTokens])
        await db.query(sweep.sql, [now])
    },
  }
}

export function createAccountStore(db: Database, clock: Clock): AccountStore {
  const change = async (sql: string, values: unknown[]) => (await db.query(sql, values)).length > 0
  const endSessions = (name: string) => db.query(QUERIES.closeSessionsOf.sql, [name])
  return {
    accounts: async () => (await db.query<AccountRow>(QUERIES.allAccounts.sql)).map(toAccount),
    addAccount: ({ name, person, roles, passwordHash }) =>
      change(QUERIES.addAccount.sql, [name, JSON.stringify(person), roles, passwordHash, clock.now().toISOString()]),
    async setPassword(name, passwordHash) {
      const isThere = await change(QUERIES.setPassword.sql, [name, passwordHash])
      await endSessions(name)
      return isThere
    },
    async removeAccount(name) {
      const isThere = await change(QUERIES.removeAccount.sql, [name])
      await endSessions(name)
      return isThere
    },
    unlock: (name) => change(QUERIES.openAccount.sql, [name]),
  }
}

const accountOf = ({ account }: Visitor) => account ?? null

function toSession({ visitor, seen_at, ends_at }: SessionRow): Session {
  return { ...visitor, seenAt: seen_at.toISOString(), endsAt: ends_at.toISOString() }
}

function toAccount(row: AccountRow): Account {
  return {
    name: row.name,
    person: row.person,
    roles: row.roles,
    passwordHash: row.password_hash,
    failures: row.failures,
    ...(row.locked_until !== null && { lockedUntil: row.locked_until.toISOString() }),
  }
}
