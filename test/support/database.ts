// A database in memory with the schema of today. Making one takes seconds, so it is made once, kept beside the temporary files, and copied.
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { migrate, readMigrations } from '../../src/store/migrate.ts'
import { type EmbeddedDatabase, embedded } from '../../src/store/pglite.ts'

export async function openDatabase(): Promise<EmbeddedDatabase> {
  const file = await copyFile()
  if (!existsSync(file)) await makeCopy(file)
  const copy = new Blob([await readFile(file)], { type: 'application/x-tar' })
  return embedded(await PGlite.create({ loadDataDir: copy }))
}

/** Named after all that decides what is in it. */
async function copyFile(): Promise<string> {
  const project = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
  const version: string = project.dependencies['@electric-sql/pglite']
  const content = createHash('sha256').update(JSON.stringify([version, await readMigrations()]))
  return join(tmpdir(), `gliabridge-test-database-${content.digest('hex').slice(0, 16)}.tar`)
}

/** Whole or not at all: several test processes may make it at once. */
async function makeCopy(file: string): Promise<void> {
  const made = await PGlite.create()
  await migrate(embedded(made), await readMigrations())
  const tar = await made.dumpDataDir('none')
  await made.close()
  const partial = `${file}.${process.pid}`
  await writeFile(partial, new Uint8Array(await tar.arrayBuffer()))
  await rename(partial, file)
}
