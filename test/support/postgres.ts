// A real PostgreSQL server from the distribution's packages: own data folder, free port, gone afterwards.
import { execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { freePort } from './free-port.ts'

const run = promisify(execFile)

export interface TestPostgres {
  /** A new empty database of this server. */
  createDatabase(): Promise<string>
  /** Ends the server the hard way (SIGQUIT: an immediate shutdown), or starts it again on the same data and port. */
  crash(): Promise<void>
  start(): Promise<void>
  isRunning(): boolean
  close(): Promise<void>
}

/** Folder with initdb and postgres, newest version first; undefined when the package is not installed. */
export async function findPostgres(): Promise<string | undefined> {
  const root = '/usr/lib/postgresql'
  const versions = await readdir(root).catch(() => [])
  const newest = versions
    .map(Number)
    .filter(Number.isFinite)
    .sort((a, b) => b - a)[0]
  return newest === undefined ? undefined : join(root, String(newest), 'bin')
}

/**
 * PostgreSQL refuses to run as root, so root hands it to the user postgres that the package made. `place`: where its folder is made, such as a small disk,
 * on which it keeps little of its log; where temporary ones are when left out.
 */
export async function startPostgres(place?: string): Promise<TestPostgres> {
  const bin = await findPostgres()
  if (!bin) throw new Error('PostgreSQL is not installed: apt-get install postgresql')
  const user = process.getuid?.() === 0 ? await idsOf('postgres') : undefined
  const folder = await mkdtemp(join(place ?? tmpdir(), 'gliabridge-pg-'))
  const small = ['-c', 'min_wal_size=32MB', '-c', 'max_wal_size=64MB']
  if (user) await chown(folder, user.uid, user.gid)
  const port = await freePort()
  const data = join(folder, 'data')
  await run(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--no-sync'], {
    ...user,
    cwd: folder,
  })
  const url = (database: string) => `postgres://postgres@127.0.0.1:${port}/${database}`

  let server: ReturnType<typeof spawn> | undefined
  let ended: Promise<unknown> = Promise.resolve()
  const start = async () => {
    const options = [
      '-D',
      data,
      '-p',
      String(port),
      '-k',
      folder,
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      'fsync=off',
      ...(place === undefined ? [] : small),
    ]
    const child = spawn(join(bin, 'postgres'), options, { ...user, cwd: folder, stdio: 'ignore' })
    server = child
    ended = new Promise((resolve) => child.once('exit', resolve))
    await answering(url('postgres'))
  }
  const stop = async (signal: NodeJS.Signals) => {
    server?.kill(signal)
    await ended
  }
  await start()
  return {
    async createDatabase() {
      const name = `t_${randomUUID().replaceAll('-', '')}`
      const client = new pg.Client({ connectionString: url('postgres') })
      await client.connect()
      await client.query(`create database ${name}`)
      await client.end()
      return url(name)
    },
    crash: () => stop('SIGQUIT'),
    start,
    isRunning: () => server?.exitCode === null && server.signalCode === null,
    async close() {
      await stop('SIGQUIT')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function answering(connectionString: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const client = new pg.Client({ connectionString })
    try {
      await client.connect()
      await client.end()
      return
    } catch (error) {
      await client.end().catch(() => undefined)
      if (attempt > 300) throw error
      await wait(200)
    }
  }
}

async function idsOf(name: string): Promise<{ uid: number; gid: number }> {
  const id = async (flag: string) => Number((await run('id', [flag, name])).stdout.trim())
  return { uid: await id('-u'), gid: await id('-g') }
}
