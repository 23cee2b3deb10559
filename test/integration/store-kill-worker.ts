// Child process of kill.test.ts: works on a store in a folder as fast as it can and reports each write that was acknowledged.
import { createHash } from 'node:crypto'
import { openStore } from '../../src/store/store.ts'
import { realClock } from '../support/real-clock.ts'

const [dataDir, round] = process.argv.slice(2)
const log = { info() {}, warn() {}, error() {} }
const store = await openStore({ dataDir: dataDir!, clock: realClock, log })
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)
say({ open: true })

for (let n = 0; ; n += 1) {
  const analysisId = `${round}-${n}`
  await store.analyses.register({
    analysisId,
    studyInstanceUid: `1.2.${round}.${n}`,
    bundleId: 't',
    bundleDigest: 'b',
    instanceSetDigest: 's',
  })
  say({ analysisId, state: 'queued' })
  await store.analyses.claim('child', 3600)
  await store.analyses.move(analysisId, 'running')
  say({ analysisId, state: 'running' })
  const bytes = Uint8Array.from({ length: 60_000 + n }, (_, i) => (i * 31 + n) % 256)
  await store.analyses.saveResult(analysisId, { times: { segment: n } }, [
    { role: 'pdf', mediaType: 'application/pdf', bytes },
  ])
  say({ analysisId, state: 'analysed', sha256: createHash('sha256').update(bytes).digest('hex') })
  await store.analyses.updateLeg(analysisId, 'pacs', { state: 'done', attempts: 1, receipt: { pdf: `2.25.${n}` } })
  say({ analysisId, state: 'analysed', leg: true })
}
