// Databases in memory, with the schema of today or with none. Making one takes seconds, so it is made once, kept beside the temporary files, and copied.
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { type Migration, migrate, readMigrations } from '../../src/store/migrate.ts'
import { type EmbeddedDatabase, embedded } from '../../src/store/pglite.ts'

export async function openDatabase(): Promise<EmbeddedDatabase> {
  return openCopy(await readMigrations())
}

/** A database to which no migration was applied. */
export async function openEmptyDatabase(): Promise<EmbeddedDatabase> {
  return openCopy([])
}

async function openCopy(migrations: readonly Migration[]): Promise<EmbeddedDatabase> {
  const file = await copyFile(migrations)
  if (!existsSync(file)) await makeCopy(file, migrations)
  engine ??= readEngine()
  const loadDataDir = new Blob([await readFile(file)], { type: 'application/x-tar' })
  return embedded(await PGlite.create({ loadDataDir, ...(await engine) }))
}

/** Node has it, its types do not. */
declare const WebAssembly: { compile(program: Uint8Array): Promise<object> }

/** What all databases of a process share: compiling it anew takes as long as opening the copy. */
let engine: ReturnType<typeof readEngine> | undefined
async function readEngine() {
  const part = (name: string) => readFile(new URL(name, import.meta.resolve('@electric-sql/pglite')))
  const [program, files] = await Promise.all([part('./pglite.wasm'), part('./pglite.data')])
  return { pgliteWasmModule: await WebAssembly.compile(program), fsBundle: new Blob([files]) }
}

/** Named after all that decides what is in it. */
async function copyFile(migrations: readonly Migration[]): Promise<string> {
  const project = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
  const version: string = project.dependencies['@electric-sql/pglite']
  const content = createHash('sha256').update(JSON.stringify([version, migrations]))
  return join(tmpdir(), `gliabridge-test-database-${content.digest('hex').slice(0, 16)}.tar`)
}

/** Whole or not at all: several test processes may make it at once. */
async function makeCopy(file: string, migrations: readonly Migration[]): Promise<void> {
  const made = await PGlite.create()
  if (migrations.length > 0) await migrate(embedded(made), migrations)
  const tar = await made.dumpDataDir('none')
  await made.close()
  const partial = `${file}.${process.pid}`
  await writeFile(partial, new Uint8Array(await tar.arrayBuffer()))
  await rename(partial, file)
}
