// Brings the schema up to date: append-only SQL files, each applied once, in order, under a lock.
import { readdir, readFile } from 'node:fs/promises'
import { sha256Of } from '../domain/digest.ts'
import { AppError } from '../domain/errors.ts'
import type { Database } from './database.ts'
import { MIGRATIONS_TABLE } from './queries/schema-queries.ts'
import { QUERIES } from './queries.ts'

export interface Migration {
  name: string
  sql: string
}

/** An arbitrary constant; two processes that start together take turns on it. */
const LOCK = 7_195_202_411

export async function readMigrations(): Promise<Migration[]> {
  const folder = new URL('./migrations/', import.meta.url)
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  return Promise.all(names.map(async (name) => ({ name, sql: await readFile(new URL(name, folder), 'utf8') })))
}

/** Applies what is missing in one transaction and returns the names applied. Refuses a database made by a newer version. */
export function migrate(db: Database, migrations: readonly Migration[]): Promise<string[]> {
  return db.transaction(async (tx) => {
    await tx.query(QUERIES.lockMigrations.sql, [LOCK])
    await tx.script(MIGRATIONS_TABLE)
    const applied = await tx.query<{ name: string; sha256: string }>(QUERIES.appliedMigrations.sql)
    const byName = new Map(migrations.map((migration) => [migration.name, migration]))
    for (const { name, sha256 } of applied) {
      const migration = byName.get(name)
      if (!migration)
        throw new AppError(
          'INTERNAL',
          `the database was made by a newer version (${name}); install that version or a later one`,
        )
      if (digest(migration.sql) !== sha256)
        throw new AppError('INTERNAL', `migration ${name} is not the one that made this database`)
    }
    const missing = migrations.filter((migration) => !applied.some(({ name }) => name === migration.name))
    for (const { name, sql } of missing) {
      await tx.script(sql)
      await tx.query(QUERIES.addMigration.sql, [name, digest(sql)])
    }
    return missing.map(({ name }) => name)
  })
}

function digest(sql: string): string {
  return sha256Of(sql.replaceAll('\r\n', '\n'))
}
