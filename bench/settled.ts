// How long a study takes from settled to reported, and the memory that it takes: the service as a process of its own, on Orthanc and PostgreSQL,
// one generated study after the other.
// Usage: node bin/run.mjs bench/settled.ts [--studies 20] [--write]     writes bench/results/settled.{json,md}
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { DEFAULT_BUNDLE, demoSettings } from '../demo/demo-settings.ts'
import { demoPatient, startDemoEhr } from '../demo/ehr/ehr-server.ts'
import { generateStudy } from '../demo/phantom/study.ts'
import { IDENTIFIER_SYSTEM } from '../demo/servers.ts'
import { createDicomWebClient } from '../src/dicomweb/client.ts'
import { type AnalysisEvent, isAtRest } from '../src/domain/analysis.ts'
import { loadBundle } from '../src/inference/bundle/load.ts'
import { startOrthanc } from '../test/support/orthanc.ts'
import { startPostgres } from '../test/support/postgres.ts'
import { quietLog } from '../test/support/quiet-log.ts'
import { eventually, type ServiceProcess, startServiceProcess } from '../test/support/service-process.ts'
import { fitLine, percentile } from './load-statistics.ts'
import { busyCores, residentMib } from './machine.ts'

const LOOK_EVERY_MS = 1000
const RESULTS = new URL('results/', import.meta.url)
const { values } = parseArgs({
  options: { studies: { type: 'string', default: '20' }, write: { type: 'boolean', default: false } },
})
const count = Number(values.studies)
if (!Number.isInteger(count) || count < 1)
  throw new Error(`--studies must be a whole number above zero, not ${values.studies}`)

/** Seconds; a step that ran beside another one counts in full. */
interface Timed {
  settledToReported: number
  steps: Record<string, number>
}

const othersBefore = await busyCores(5)
const folder = await mkdtemp(join(tmpdir(), 'gliabridge-settled-'))
const orthanc = await startOrthanc()
const postgres = await startPostgres()
const { patient } = await generateStudy({ seed: 'settled', size: 'small' })
const patients = Array.from({ length: count }, (_, n) => ({ ...patient, patientId: `SETTLED-${n}` }))
const ehr = await startDemoEhr({ patients: patients.map((one) => demoPatient(one, IDENTIFIER_SYSTEM)) })
const { username, password } = orthanc
const sender = { type: 'basic' as const, username, password }
const archive = createDicomWebClient({ url: orthanc.url, auth: sender, timeoutMs: 60_000, log: quietLog })
/** MiB of service, inference and all other processes of it: before the first study, the most during each, and what remains after each. */
const memory = { before: 0, most: [] as number[], after: [] as number[] }
let most = 0
let service: ServiceProcess | undefined
let watching: NodeJS.Timeout | undefined

try {
  const servers = {
    pacs: { url: orthanc.url, auth: { type: 'basic' as const, username, password: { env: 'PACS_PASSWORD' } } },
    ehr: { url: ehr.url, auth: { type: 'none' as const }, identifierSystem: IDENTIFIER_SYSTEM },
  }
  const settings = demoSettings({ ...servers, close: async () => {} }, { dataDir: join(folder, 'state'), port: 0 })
  // As the image and the systemd unit set them.
  const allocator = { MALLOC_MMAP_THRESHOLD_: '262144', MALLOC_TRIM_THRESHOLD_: '262144' }
  Object.assign(process.env, { DATABASE_URL: await postgres.createDatabase(), PACS_PASSWORD: password, ...allocator })
  service = await startServiceProcess(folder, settings)
  const { pid } = service
  memory.before = residentMib(pid)
  watching = setInterval(() => {
    most = Math.max(most, residentMib(pid))
  }, 100)
  const timed: Timed[] = []
  for (const [n, one] of patients.entries()) {
    most = 0
    timed.push(await analyse(service, `settled ${n}`, one))
    memory.most.push(most)
    memory.after.push(residentMib(pid))
    process.stderr.write(
      `${n + 1}: ${timed.at(-1)!.settledToReported.toFixed(1)} s, at most ${most.toFixed(0)} MiB, then ${memory.after.at(-1)!.toFixed(0)}\n`,
    )
  }
  await report(timed)
} finally {
  clearInterval(watching)
  await service?.kill('SIGTERM')
  await Promise.all([orthanc.close(), postgres.close(), ehr.close()])
  await rm(folder, { recursive: true, force: true })
}

async function analyse(running: ServiceProcess, seed: string, one: (typeof patients)[number]): Promise<Timed> {
  const study = await generateStudy({ seed, patient: one })
  await archive.store(study.studyInstanceUid, study.instances)
  const { analysisId, state } = await eventually(
    'the study at rest',
    async () => {
      const all = await running.analyses()
      return all.find(({ studyInstanceUid: uid, state }) => uid === study.studyInstanceUid && isAtRest(state))
    },
    600_000,
    // The times come from the history. To list all analyses fifty times a second would take a fifth of the machine, the more the longer.
    LOOK_EVERY_MS,
  )
  if (state !== 'delivered') throw new Error(`the study is ${state}`)
  const events = await running.events(analysisId)
  const at = (event: AnalysisEvent) => Date.parse(event.at)
  const steps = events.flatMap(({ data }) => {
    const { step, seconds } = (data ?? {}) as { step?: string; seconds?: number }
    return step !== undefined && seconds !== undefined ? [[step, seconds] as const] : []
  })
  const end = at(events.at(-1)!)
  const analysed = events.find(({ kind, data }) => kind === 'state' && data?.to === 'analysed')!
  return {
    settledToReported: (end - at(events[0]!)) / 1000,
    steps: { ...Object.fromEntries(steps), deliver: (end - at(analysed)) / 1000 },
  }
}

/** Without the first, which opens what stays open. */
function slopeOf(values: readonly number[]): string {
  const { slope, halfWidth } = fitLine(values.slice(1).map((value, n) => [n, value] as const))
  return `${slope.toFixed(1)} ± ${halfWidth.toFixed(1)}`
}

async function report(timed: readonly Timed[]): Promise<void> {
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB`
  const { id, version } = await loadBundle(DEFAULT_BUNDLE)
  const seconds = timed.map(({ settledToReported }) => settledToReported)
  const names = Object.keys(timed[0]!.steps)
  const rows = names.map((name) => {
    const each = timed.map(({ steps }) => steps[name] ?? 0)
    return `| ${name} | ${percentile(each, 0.5).toFixed(1)} | ${percentile(each, 0.95).toFixed(1)} |`
  })
  const text = `# From settled to reported

Made by \`bench/settled.ts\` on ${machine}, Node ${process.version.slice(1)}, bundle ${id} ${version}: ${count} generated studies of four sequences at about 1 mm, one after the other, through a real
Orthanc and PostgreSQL; the embedded EHR is in another process. Before it began, others kept ${othersBefore.toFixed(1)} of ${cpus().length} cores busy${othersBefore > 0.2 ? ': **times are those of a machine that was shared**' : ''}.

From settled (the study's images no longer change) to reported (in PACS and EHR): median ${percentile(seconds, 0.5).toFixed(1)} s, 95th percentile ${percentile(seconds, 0.95).toFixed(1)} s, longest ${Math.max(...seconds).toFixed(1)} s.

Memory of the service, its inference and its other processes together: ${memory.before.toFixed(0)} MiB before the first study, at most ${percentile(memory.most, 0.5).toFixed(0)} MiB during a study (median; ${Math.max(...memory.most).toFixed(0)} in the worst).
From study to study the most changes by ${slopeOf(memory.most)} MiB, what remains after a study by ${slopeOf(memory.after)} MiB (95 % interval).

| step | median s | 95th percentile s |
|---|---|---|
${rows.join('\n')}

Steps can overlap: images are kept for the pages while the predictions are made.
`
  process.stdout.write(text)
  if (!values.write) return
  const facts = { machine, node: process.version, bundle: { id, version }, othersBefore, memory, timed }
  await writeFile(new URL('settled.json', RESULTS), `${JSON.stringify(facts, null, 2)}\n`)
  await writeFile(new URL('settled.md', RESULTS), text)
}
