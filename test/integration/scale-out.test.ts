// Several processes on one PostgreSQL: each analysis is made once; who was killed, stopped or cut off is taken over from, and writes nothing when it is back.
import { type ChildProcess, spawn } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { LEGS } from '../../src/domain/delivery.ts'
import { type AnalysisRecords, createAnalysisStore } from '../../src/store/analyses.ts'
import type { Database } from '../../src/store/database.ts'
import { migrate, readMigrations } from '../../src/store/migrate.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { quietLog } from '../support/quiet-log.ts'
import { realClock } from '../support/real-clock.ts'
import { eventually } from '../support/service-process.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'

const WORKER = fileURLToPath(new URL('scale-out-worker.ts', import.meta.url))
const LEASE_SECONDS = 3

let postgres: TestPostgres
let databaseUrl: string
let db: Database
let analyses: AnalysisRecords
let outside: Server
/** "analysis leg worker", in order: what PACS and EHR were sent. */
let writes: string[] = []
let outsideUrl: string
const workers: Worker[] = []
let number = 0

interface Worker {
  owner: string
  said: string[]
  kill(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void
}

async function startWorker(
  owner: string,
  workMs: number,
  { url = databaseUrl, clockOffBy = 0 }: { url?: string; clockOffBy?: number } = {},
): Promise<Worker> {
  const values = [url, owner, outsideUrl, String(workMs), String(LEASE_SECONDS), String(clockOffBy)]
  const child: ChildProcess = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', WORKER, ...values], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said: string[] = []
  let rest = ''
  child.stdout!.on('data', (chunk: Buffer) => {
    const lines = `${rest}${chunk}`.split('\n')
    rest = lines.pop() ?? ''
    said.push(...lines)
  })
  const worker = { owner, said, kill: (signal: NodeJS.Signals) => void child.kill(signal) }
  workers.push(worker)
  await hears(worker, 'up')
  return worker
}

const hears = (worker: Worker, line: string) =>
  eventually(`${worker.owner}: ${line}`, async () => (worker.said.includes(line) ? true : undefined), 60_000)

async function register(count: number): Promise<string[]> {
  const ids: string[] = []
  for (let n = 0; n < count; n += 1) {
    number += 1
    const digests = { bundleId: 'b', bundleDigest: 'd', modelDigest: 'm', instanceSetDigest: 's' }
    await analyses.register({ analysisId: `a${number}`, studyInstanceUid: `1.2.${number}`, ...digests })
    ids.push(`a${number}`)
  }
  return ids
}

const delivered = (id: string) =>
  eventually(
    `${id} delivered`,
    async () => ((await analyses.get(id))?.state === 'delivered' ? true : undefined),
    60_000,
  )

/** Who made the result, who wrote each leg, and how often the record says that it was analysed and delivered. */
async function historyOf(id: string) {
  const [result] = await analyses.artifacts(id)
  const events = (await analyses.events(id)).map(({ text }) => text)
  return {
    by: new TextDecoder().decode(result?.bytes),
    legs: (await analyses.get(id))!.legs.map(({ receipt }) => receipt?.by),
    written: writes.filter((line) => line.startsWith(`${id} `)).map((line) => line.split(' ').slice(1).join(' ')),
    analysed: events.filter((text) => text === 'analysed').length,
    delivered: events.filter((text) => text === 'delivered').length,
  }
}
const onceBy = (owner: string) => ({
  by: owner,
  legs: LEGS.map(() => owner),
  written: LEGS.map((leg) => `${leg} ${owner}`),
  analysed: 1,
  delivered: 1,
})

beforeAll(async () => {
  postgres = await startPostgres()
  databaseUrl = await postgres.createDatabase()
  db = openPostgres(databaseUrl, quietLog)
  await migrate(db, await readMigrations())
  analyses = createAnalysisStore(db, realClock)
  outside = createServer((request, response) => {
    writes.push(request.url!.slice(1).replaceAll('/', ' '))
    response.end()
  })
  await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve))
  outsideUrl = `http://127.0.0.1:${(outside.address() as AddressInfo).port}`
})
afterEach(() => {
  for (const worker of workers.splice(0)) worker.kill('SIGKILL')
  writes = []
})
afterAll(async () => {
  outside?.close()
  await db?.close()
  await postgres?.close()
})

describe('several processes on one database', () => {
  it('share the work, and make and deliver each analysis once', async () => {
    const ids = await register(24)
    await Promise.all(['one', 'two', 'three'].map((owner) => startWorker(owner, 150)))
    for (const id of ids) await delivered(id)
    const histories = await Promise.all(ids.map(historyOf))
    for (const history of histories) expect(history).toEqual(onceBy(history.by))
    expect(new Set(histories.map(({ by }) => by))).toEqual(new Set(['one', 'two', 'three']))
  })

  it('go on where one of them was killed', async () => {
    const [id] = (await register(1)) as [string]
    const victim = await startWorker('victim', 60_000)
    await hears(victim, `begun ${id}`)
    victim.kill('SIGKILL')
    await startWorker('heir', 50)
    await delivered(id)
    expect(await historyOf(id)).toEqual(onceBy('heir'))
  })

  it('whose clocks are an hour apart take nothing from each other, and take over from one that was killed as soon as from any', async () => {
    const [id] = (await register(1)) as [string]
    const holder = await startWorker('holder', 3 * LEASE_SECONDS * 1000)
    await hears(holder, `begun ${id}`)
    const ahead = await startWorker('ahead', 50, { clockOffBy: 3600 })
    const behind = await startWorker('behind', 50, { clockOffBy: -3600 })
    await delivered(id)
    expect(await historyOf(id)).toEqual(onceBy('holder'))
    for (const worker of [holder, ahead, behind]) worker.kill('SIGKILL')
    const [left] = (await register(1)) as [string]
    const victim = await startWorker('victim', 60_000, { clockOffBy: 3600 })
    await hears(victim, `begun ${left}`)
    victim.kill('SIGKILL')
    await startWorker('heir', 50, { clockOffBy: -3600 })
    await delivered(left)
    expect(await historyOf(left)).toEqual(onceBy('heir'))
  })

  it('take over from one that is stopped, which writes nothing when it wakes, and works on', async () => {
    const [id] = (await register(1)) as [string]
    const sleeper = await startWorker('sleeper', 1000)
    await hears(sleeper, `begun ${id}`)
    sleeper.kill('SIGSTOP')
    const heir = await startWorker('heir', 50)
    await delivered(id)
    sleeper.kill('SIGCONT')
    await hears(sleeper, `log ${id} LEASE_LOST`)
    expect(await historyOf(id)).toEqual(onceBy('heir'))
    expect(sleeper.said).not.toContain(`saved ${id}`)
    heir.kill('SIGKILL')
    const [next] = (await register(1)) as [string]
    await delivered(next)
    expect(await historyOf(next)).toEqual(onceBy('sleeper'))
  })

  it.each(['cut', 'silent'] as const)(
    'take over from one whose way to the database is %s, which is back when the way is',
    async (state) => {
      const { hostname, port } = new URL(databaseUrl)
      const proxy: TcpProxy = await startTcpProxy({ host: hostname, port: Number(port) })
      const through = new URL(databaseUrl)
      through.port = String(proxy.port)
      try {
        const [id] = (await register(1)) as [string]
        const islander = await startWorker('islander', 1500, { url: through.href })
        await hears(islander, `begun ${id}`)
        proxy.be(state)
        const heir = await startWorker('heir', 50)
        await delivered(id)
        proxy.be('open')
        heir.kill('SIGKILL')
        const [next] = (await register(1)) as [string]
        await delivered(next)
        expect(await historyOf(id)).toEqual(onceBy('heir'))
        expect(await historyOf(next)).toEqual(onceBy('islander'))
        expect(islander.said).not.toContain(`saved ${id}`)
      } finally {
        await proxy.close()
      }
    },
  )
})
