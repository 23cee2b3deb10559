// gliabridge backup and restore: saves the embedded database to one file and restores it, while the service is stopped.
import { AppError } from '../../domain/errors.ts'
import { readSettings } from '../../settings/read.ts'
import { backUp, restore, type StateSummary } from '../../store/backup.ts'

export async function backupCommand(config: string | undefined, file: string): Promise<void> {
  const summary = await backUp(await embeddedFolder(config, 'pg_dump'), file, new Date().toISOString())
  process.stdout.write(`wrote ${file}: ${inWords(summary)}\n`)
}

export async function restoreCommand(config: string | undefined, file: string): Promise<void> {
  const summary = await restore(await embeddedFolder(config, 'pg_restore'), file, new Date().toISOString())
  process.stdout.write(`restored: ${inWords(summary)}; next: gliabridge audit verify, then serve\n`)
}

async function embeddedFolder(config: string | undefined, tool: string): Promise<string> {
  const { store } = await readSettings(config, process.env)
  if (store.databaseUrl === undefined) return store.dataDir
  throw new AppError(
    'SETTINGS_INVALID',
    `the state is in PostgreSQL: use ${tool} with the schemas gliabridge and pgboss (docs/operations.md)`,
  )
}

function inWords({ analyses, auditRows, schema }: StateSummary): string {
  return `${analyses} analyses, ${auditRows} rows of audit, schema ${schema}`
}
