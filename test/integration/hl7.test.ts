// HL7 v2 orders by an independent client (python-hl7) and a real Orthanc: acknowledged, kept over a crash, looked up, looked at.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { listenHl7 } from '../../src/compose-hl7.ts'
import { createDicomWebClient } from '../../src/dicomweb/client.ts'
import type { AuditEntry } from '../../src/domain/ports/audit-trail.ts'
import { readRawSettings } from '../../src/settings/read.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { createHeardTrigger } from '../../src/triggers/heard.ts'
import { createStudyWatch } from '../../src/triggers/study-watch.ts'
import { buildSeries } from '../support/instances.ts'
import { startOrthanc, type TestOrthanc } from '../support/orthanc.ts'
import { createKeptLog } from '../support/quiet-log.ts'
import { realClock } from '../support/real-clock.ts'

const PYTHON = process.env.GLIABRIDGE_PYTHON ?? 'python3'
const SEND = new URL('./oracles/send_hl7.py', import.meta.url).pathname

let orthanc: TestOrthanc
let folder: string
let store: Store
const log = createKeptLog()
beforeAll(async () => {
  orthanc = await startOrthanc()
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-hl7-'))
})
afterAll(async () => {
  await store?.close()
  await orthanc?.close()
  if (folder) await rm(folder, { recursive: true, force: true })
})

const order = (id: string, obr: string, kind = 'ORM^O01') =>
  [`MSH|^~\\&|RIS|HOSP|GLIA|HOSP|20260301030000||${kind}|${id}|P|2.5.1`, 'PID|1||4711^^^HOSP||DOE^JANE', obr].join('\r')

function send(port: number, messages: string[]): Promise<Record<string, string>[]> {
  return new Promise((resolve, reject) => {
    const client = spawn(PYTHON, [SEND, String(port)], { stdio: ['pipe', 'pipe', 'inherit'] })
    let said = ''
    client.stdout.on('data', (chunk) => {
      said += chunk
    })
    client.on('error', reject)
    client.on('exit', (code) => {
      if (code !== 0) return reject(new Error(`the client ended with ${code}`))
      resolve(
        said
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line)),
      )
    })
    client.stdin.end(JSON.stringify(messages))
  })
}

it('takes orders, and follows them to the studies of the archive', async () => {
  const audited: AuditEntry[] = []
  const archive = createDicomWebClient({
    url: orthanc.url,
    auth: { type: 'basic', username: orthanc.username, password: orthanc.password },
    timeoutMs: 30_000,
    log,
    audit: { record: async (entry) => void audited.push(entry) },
  })
  const study = '1.2.826.0.1.3680043.8.498.77'
  const accession = 'A-88'
  await archive.store(study, buildSeries(3, { study, series: `${study}.1`, accession }))

  const settings = await readRawSettings(
    {
      pacs: { url: orthanc.url },
      ehr: { url: 'http://ehr.example/fhir', identifierSystem: 'urn:x', analysisSystem: 'urn:y' },
      receive: { hl7: { port: 0, host: '127.0.0.1', peers: ['127.0.0.1'] } },
    },
    {},
    'the test',
  )
  store = await openStore({ dataDir: folder, clock: realClock, log })
  const first = (await listenHl7(settings, { hints: store.hints, clock: realClock, log }, () => undefined))!
  const answers = await send(first.port, [
    order('1', `OBR|1|P-1|F-1|MR^MR head||||||||||||||${accession}`),
    order('2', 'OBR|1|P-2|NOT-THERE-YET'),
    order('3', 'OBR|1'),
    order('4', 'PV1|1', 'ADT^A01'),
  ])
  expect(answers).toEqual([
    { code: 'AA', of: '1', type: 'ACK^O01^ACK', to: 'RIS', condition: '' },
    { code: 'AA', of: '2', type: 'ACK^O01^ACK', to: 'RIS', condition: '' },
    { code: 'AE', of: '3', type: 'ACK^O01^ACK', to: 'RIS', condition: '101' },
    { code: 'AR', of: '4', type: 'ACK^A01^ACK', to: 'RIS', condition: '200' },
  ])
  await first.close()
  // Another process: what was acknowledged is there.
  await store.close()
  store = await openStore({ dataDir: folder, clock: realClock, log })

  const settle = { settleSeconds: 3600 }
  const watch = createStudyWatch({
    archive,
    watchStore: store.watch,
    clock: realClock,
    settings: settle,
    log,
    eligible: () => ({ eligible: true }),
    onSettled: async () => undefined,
  })
  const stop = new AbortController()
  const trigger = createHeardTrigger({
    hints: store.hints,
    archive,
    watchStore: store.watch,
    clock: realClock,
    log,
    intervalSeconds: 1,
  })
  const running = trigger.run((uid) => watch.hint(uid), stop.signal)
  await expect
    .poll(async () => (await store.watch.undecided()).map((one) => one.studyInstanceUid), { timeout: 30_000 })
    .toEqual([study])
  stop.abort()
  await running
  expect(audited.find(({ interaction }) => interaction === 'search-type')).toMatchObject({
    what: 'studies of the order',
    target: 'pacs',
  })
  expect(JSON.stringify(log.lines)).not.toMatch(/DOE|4711|NOT-THERE|F-1/)
}, 120_000)
