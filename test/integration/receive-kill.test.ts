// kill -9 at random moments of a transfer: what was acknowledged is there, and what is there is whole.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { encodeMultipart } from '../../src/dicomweb/multipart.ts'
import { openReceivedImages } from '../../src/receiving/spool.ts'
import { buildSeries } from '../support/instances.ts'
import { realClock } from '../support/real-clock.ts'

const ROUNDS = 3
const STUDY = '1.2.826.0.1.3680043.8.498.34'
const worker = fileURLToPath(new URL('./receive-kill-worker.ts', import.meta.url))

let folder: string
let receiver: { kill(): unknown } | undefined
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-received-'))
})
afterAll(async () => {
  receiver?.kill()
  await rm(folder, { recursive: true, force: true })
})

async function startReceiver() {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', worker, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  receiver = { kill: () => child.kill('SIGKILL') }
  const exited = once(child, 'exit')
  const [url] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string]
  return { url, kill: () => child.kill('SIGKILL') && exited }
}

it(`keeps every acknowledged object over ${ROUNDS} kills, and shows no half one`, async () => {
  const sent = new Map<string, Buffer>()
  const acknowledged: string[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const { url, kill } = await startReceiver()
    const series = buildSeries(80, { study: STUDY, series: `${STUDY}.${round}`, rows: 128, columns: 256 })
    for (const { sopInstanceUid, bytes } of series) sent.set(sopInstanceUid, Buffer.from(bytes))
    const until = 5 + Math.floor(Math.random() * 40)
    let answered = 0
    const send = async () => {
      for (let one = series.shift(); one !== undefined; one = series.shift()) {
        const body = Buffer.concat([...encodeMultipart([{ contentType: 'application/dicom', bytes: one.bytes }], 'bb')])
        const answer = await fetch(`${url}/dicom-web/studies`, {
          method: 'POST',
          body,
          headers: { 'content-type': 'multipart/related; type="application/dicom"; boundary=bb' },
        })
        if (answer.status !== 200) throw new Error(`status ${answer.status}`)
        acknowledged.push(one.sopInstanceUid)
        answered += 1
        if (answered === until) void kill()
      }
    }
    const ends = await Promise.allSettled([send(), send(), send()])
    expect(ends.map(({ status }) => status)).toContain('rejected')
    await kill()
  }
  const spool = await openReceivedImages({ folder, clock: realClock, expectRoom: async () => undefined })
  const there = await spool.instances(STUDY)
  const uids = there.map(({ sopInstanceUid }) => sopInstanceUid)
  expect(acknowledged.length).toBeGreaterThanOrEqual(5 * ROUNDS)
  expect(acknowledged.filter((uid) => !uids.includes(uid))).toEqual([])
  for (const one of there) expect(sent.get(one.sopInstanceUid)!.equals((await spool.read(one))!)).toBe(true)
}, 120_000)
