// What the store needs of a database, whichever engine it is, and how its errors become ours.
import { AppError } from '../domain/errors.ts'

/** Runs one statement with $1 … parameters. */
export interface Queryable {
  query<Row extends object>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>
}

/**
 * One logical database. Errors are AppErrors: DATABASE_UNREACHABLE and DISK_FULL if another attempt may succeed,
 * DATABASE_REFUSED if only a person can fix it, otherwise INTERNAL.
 */
export interface Database extends Queryable {
  readonly engine: 'pglite' | 'postgres'
  /** Commits when `work` resolves, rolls back when it throws. `work` must use only the transaction it is given. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export interface Transaction extends Queryable {
  /** Runs several statements without parameters, for migrations. */
  script(sql: string): Promise<void>
}

/** SQLSTATE classes and socket codes that mean "not available now" (PostgreSQL Appendix A). */
const UNREACHABLE = /^(08...|57P0.|53...|E(CONN|NOTFOUND|TIMEDOUT|PIPE|AI_AGAIN|HOSTUNREACH|NETUNREACH)\w*)$/
const NO_ROOM = '53100'
const LOST =
  /connection terminated|query read timeout|timeout exceeded when trying to connect|connection ended|connection error and is not queryable/i

/** SQLSTATE → what PostgreSQL refuses before it looks at any statement of ours. */
const REFUSED: Readonly<Record<string, string>> = {
  '28P01': 'the password or the user is wrong',
  '28000': 'this user may not sign in from here (pg_hba.conf)',
  '3D000': 'there is no such database',
  '42501': 'the user lacks a right',
}

/**
 * Keeps the SQLSTATE but not the driver's message, since PostgreSQL quotes row values in it. Some lost connections carry no
 * code, only a fixed text of the driver.
 */
export function databaseError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  const code = sqlState(thrown)
  const lost = code === undefined && thrown instanceof Error && LOST.test(thrown.message)
  if (lost || (code !== undefined && code !== NO_ROOM && UNREACHABLE.test(code))) {
    return new AppError('DATABASE_UNREACHABLE', `the database did not answer (${code ?? 'connection lost'})`, {
      cause: thrown,
    })
  }
  if (code === NO_ROOM)
    return new AppError('DISK_FULL', `the database has no room on its disk (${code})`, { cause: thrown })
  const refused = code === undefined ? undefined : REFUSED[code]
  if (refused !== undefined)
    return new AppError('DATABASE_REFUSED', `the database refuses: ${refused} (${code})`, { cause: thrown })
  const name = thrown instanceof Error ? thrown.name : typeof thrown
  return new AppError('INTERNAL', `database error ${code ?? name}`, { cause: thrown })
}

function sqlState(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined
  if ('code' in thrown && typeof thrown.code === 'string') return thrown.code
  // Node combines the attempts on several addresses of one host name in an AggregateError.
  if (thrown instanceof AggregateError) return thrown.errors.map(sqlState).find((code) => code !== undefined)
  return undefined
}
