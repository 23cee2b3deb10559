// The service under load: generated studies arrive at a site's rates, faster and faster until it no longer keeps up, with time compressed.
// Usage: npm run load -- [--bundle FOLDER] [--compress 6] [--rates 25,37.5,75] [--studies 8] [--write]     writes bench/results/load.{json,md}
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startDemoArchive } from '../demo/archive/archive-server.ts'
import { demoSettings } from '../demo/demo-settings.ts'
import { demoPatient, startDemoEhr } from '../demo/ehr/ehr-server.ts'
import { generateStudy } from '../demo/phantom/study.ts'
import { IDENTIFIER_SYSTEM } from '../demo/servers.ts'
import { createDicomWebClient } from '../src/dicomweb/client.ts'
import { isAtRest } from '../src/domain/analysis.ts'
import { quietLog } from '../test/support/quiet-log.ts'
import { eventually, type ServiceProcess, startServiceProcess } from '../test/support/service-process.ts'
import { fitLine, percentile } from './load-statistics.ts'
import { busyCores, residentMib } from './machine.ts'

const RESULTS = new URL('results/', import.meta.url)
/** Opens and answers at once, so that only the service itself is measured. */
const STUB = fileURLToPath(new URL('../test/golden/inference/tiny-bundle', import.meta.url))
/** 25 per hour in a site's busiest hour, and half as many again. */
const BUSIEST = 37.5
/** Studies before the first step: by then, everything that loads once is loaded. */
const WARM = 3

const { values } = parseArgs({
  options: {
    bundle: { type: 'string', default: STUB },
    compress: { type: 'string', default: '6' },
    rates: { type: 'string', default: '25,37.5,75' },
    studies: { type: 'string', default: '8' },
    write: { type: 'boolean', default: false },
  },
})
const positive = (name: string, text: string) => {
  const value = Number(text)
  if (!(value > 0)) throw new Error(`--${name} must be a number above zero, not ${text}`)
  return value
}
const compress = positive('compress', values.compress)
const rates = values.rates.split(',').map((rate) => positive('rates', rate))
const few = Math.ceil(positive('studies', values.studies))

interface Step {
  /** Studies per hour of hospital time. */
  offered: number
  studies: number
  delivered: number
  throughput: number
  /** From sent to delivered, in seconds on this machine. */
  seconds: { p50: number; p95: number; most: number }
}

/** Number of studies at a rate: a whole hour's worth at the rate of the busiest hour. */
const countAt = (rate: number) => (rate === BUSIEST ? Math.ceil(BUSIEST) : few)
const total = WARM + rates.reduce((sum, rate) => sum + countAt(rate), 0)
const idOf = (n: number) => `LOAD-${n}`

const othersBefore = await busyCores(5)
const folder = await mkdtemp(join(tmpdir(), 'gliabridge-load-'))
const archiveServer = await startDemoArchive({ dataDir: join(folder, 'archive') })
const { patient } = await generateStudy({ seed: 'load', size: 'small' })
const patients = Array.from({ length: total }, (_, n) => ({ ...patient, patientId: idOf(n) }))
const ehr = await startDemoEhr({ patients: patients.map((one) => demoPatient(one, IDENTIFIER_SYSTEM)) })
const archive = createDicomWebClient({
  url: archiveServer.url,
  auth: { type: 'none' },
  timeoutMs: 60_000,
  log: quietLog,
})
let service: ServiceProcess | undefined
/** MiB of the service and all its processes, after each delivered study, and the rate at which studies came then. */
const memory: { study: number; rate: number; mib: number }[] = []
let made = 0

try {
  const none = { type: 'none' } as const
  const servers = {
    pacs: { url: archiveServer.url, auth: none },
    ehr: { url: ehr.url, auth: none, identifierSystem: IDENTIFIER_SYSTEM },
  }
  const settings = demoSettings({ ...servers, close: async () => {} }, { dataDir: join(folder, 'state'), port: 0 })
  service = await startServiceProcess(folder, { ...settings, inference: { bundle: values.bundle } })
  await takeStep(service, 3600, WARM)
  const steps: Step[] = []
  for (const rate of rates) {
    const step = await takeStep(service, rate, countAt(rate))
    steps.push(step)
    process.stderr.write(`${rate} an hour: ${step.throughput.toFixed(1)} delivered\n`)
    // It no longer keeps up: a higher rate would only lengthen the queue.
    if (step.throughput < 0.9 * rate) break
  }
  await report(steps)
} finally {
  await service?.kill('SIGTERM')
  await archiveServer.close()
  await ehr.close()
  await rm(folder, { recursive: true, force: true })
}

/** Sends at the rate, whatever the service does, and waits until every study is delivered or held. */
async function takeStep(running: ServiceProcess, rate: number, count: number): Promise<Step> {
  // Generated beforehand, so that only sending competes with the service.
  const studies = []
  for (let n = 0; n < count; n += 1) {
    studies.push(await generateStudy({ seed: `load ${made}`, size: 'small', patient: patients[made]! }))
    made += 1
  }
  const sent = new Map<string, number>()
  const done = new Map<string, { state: string; at: number }>()
  const pause = ((3600 / rate) * 1000) / compress
  const began = performance.now()
  const sending = (async () => {
    for (const [n, study] of studies.entries()) {
      await wait(Math.max(0, began + n * pause - performance.now()))
      await archive.store(study.studyInstanceUid, study.instances)
      sent.set(study.studyInstanceUid, performance.now())
    }
  })()
  await eventually(
    `all at rest at ${rate} an hour`,
    async () => {
      await wait(200)
      for (const { studyInstanceUid, state } of await running.analyses()) {
        if (!sent.has(studyInstanceUid) || done.has(studyInstanceUid) || !isAtRest(state)) continue
        done.set(studyInstanceUid, { state, at: performance.now() })
        if (made > WARM) memory.push({ study: memory.length, rate, mib: residentMib(running.pid) })
      }
      return done.size === count ? true : undefined
    },
    3_600_000,
  )
  await sending
  const delivered = [...done].filter(([, { state }]) => state === 'delivered')
  const ages = delivered.map(([uid, { at }]) => (at - sent.get(uid)!) / 1000)
  const last = Math.max(...[...done.values()].map(({ at }) => at))
  // Counted from when the first study could be done: otherwise, in a short step, the last study's latency would count as idle time.
  const seconds = (last - began) / 1000 - Math.min(...ages)
  return {
    offered: rate,
    studies: count,
    delivered: delivered.length,
    throughput: ((count - 1) / seconds) * (3600 / compress),
    seconds: { p50: percentile(ages, 0.5), p95: percentile(ages, 0.95), most: Math.max(...ages) },
  }
}

async function report(steps: Step[]): Promise<void> {
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB`
  const network = values.bundle === STUB ? 'a stub network' : `the bundle ${values.bundle}`
  const atBusiest = memory.filter(({ rate }) => rate === BUSIEST)
  const { slope, halfWidth } = fitLine(atBusiest.map(({ study, mib }) => [study, mib]))
  const hour = { mib: slope * BUSIEST, halfWidth: halfWidth * BUSIEST }
  const most = Math.max(...steps.map(({ throughput }) => throughput)) * compress
  const facts = {
    command: 'npm run load',
    machine,
    node: process.version,
    network,
    compress,
    othersBefore,
    steps,
    hour,
    memory,
  }
  const rows = steps.map(({ offered, studies, delivered, throughput, seconds }) =>
    [
      offered,
      studies,
      delivered,
      throughput.toFixed(1),
      seconds.p50.toFixed(1),
      seconds.p95.toFixed(1),
      seconds.most.toFixed(1),
    ].join(' | '),
  )
  const text = `# Load

Made by \`${facts.command}\` on ${machine}, Node ${process.version.slice(1)}, with ${network}, small generated studies, an embedded archive and EHR in a process beside it. An hour of the hospital took
${(3600 / compress).toFixed(0)} s. Before it began, others kept ${othersBefore.toFixed(1)} of ${cpus().length} cores busy${othersBefore > 0.2 ? ': **times and throughput are those of a machine that was shared**' : ''}. "sent → delivered" is in seconds of the
machine, the settle time of 2 s included.

| offered an hour | studies | delivered | delivered an hour | sent → delivered, median s | 95th percentile s | longest s |
|---|---|---|---|---|---|---|
${rows.map((row) => `| ${row} |`).join('\n')}

With time as it is, the highest of these is ${most.toFixed(0)} studies an hour: what this machine can do beside its networks.

Memory of the service and its processes, over the hour of ${BUSIEST} studies: from ${atBusiest[0]?.mib.toFixed(0)} to ${atBusiest.at(-1)?.mib.toFixed(0)} MiB, at most ${Math.max(...atBusiest.map(({ mib }) => mib)).toFixed(0)} MiB. A
line through it grows by ${hour.mib.toFixed(0)} MiB in an hour of ${BUSIEST} studies (95 % interval ${(hour.mib - hour.halfWidth).toFixed(0)} to ${(hour.mib + hour.halfWidth).toFixed(0)}, as if each look were independent of the one before, which it is not).
`
  process.stdout.write(text)
  if (!values.write) return
  await writeFile(new URL('load.json', RESULTS), `${JSON.stringify(facts, null, 2)}\n`)
  await writeFile(new URL('load.md', RESULTS), text)
}
