// npm run freeze-schema -- VERSION: what the database of a release is, with rows of every table, for the test that upgrades from it. Run once, at the release.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createAnalysisStore } from '../src/store/analyses.ts'
import { createAuditTrail } from '../src/store/audit.ts'
import { createWriteLedger } from '../src/store/ledger.ts'
import { migrate, readMigrations } from '../src/store/migrate.ts'
import { openPglite } from '../src/store/pglite.ts'
import { createReviewStore } from '../src/store/reviews.ts'
import { createWatchStore } from '../src/store/watch.ts'
import { sampleResult } from '../test/support/fhir-report.ts'

const [version = ''] = process.argv.slice(2)
if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) throw new Error('usage: npm run freeze-schema -- VERSION')
const folder = fileURLToPath(new URL('../test/store/released/', import.meta.url))
const file = `${folder}${version}.json`
if (existsSync(file)) throw new Error(`${file} is frozen already`)

const at = '2026-03-01T03:00:00.000Z'
const clock = { now: () => new Date(at), sleep: async () => undefined }
const db = await openPglite(undefined)
await migrate(db, await readMigrations())
const analyses = createAnalysisStore(db, clock)
const result = sampleResult()
const model = { bundleId: 'b', bundleDigest: 'd', modelDigest: 'm', instanceSetDigest: 's' }
for (const [n, analysisId] of [result.analysisId, 'f'.repeat(32)].entries()) {
  await analyses.register({ analysisId, studyInstanceUid: `1.2.${n}`, ...model, study: result.study })
  await analyses.move(analysisId, 'running')
}
await analyses.move('f'.repeat(32), 'held', { hold: { code: 'SERIES_MISSING', message: 'no T1c' } })
const bytes = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, ...result }))
await analyses.saveResult(result.analysisId, result, [{ role: 'result', mediaType: 'application/json', bytes }])
for (const leg of ['pacs', 'ehr'] as const)
  await analyses.updateLeg(result.analysisId, leg, { state: 'done', receipt: { what: leg } })
await analyses.move(result.analysisId, 'delivered')
const reviews = createReviewStore(db, clock)
const reviewer = { identifier: 'P-77', name: 'Dr Nine' }
const { review } = await reviews.add(
  { analysisId: result.analysisId, decision: 'accept', reviewer, edits: [] },
  { key: 'key-0001', expected: 0 },
)
await reviews.keepDocument(review.reviewId, new TextEncoder().encode('%PDF reviewed'))
const watch = createWatchStore(db, clock)
const seen = { instanceSetDigest: 's', instanceCount: 3, firstSeenAt: at, changedAt: at, decidedDigest: 's' }
await watch.put({ studyInstanceUid: '1.2.0', ...seen, decision: { outcome: 'accepted' } })
await watch.put({ studyInstanceUid: '1.9', ...seen, decision: { outcome: 'declined', reason: 'a knee' } })
await watch.setCursor('qido', 'here')
await watch.addOwn(['1.2.3.4'])
await createWriteLedger(db, clock).record('a key', { reference: 'DiagnosticReport/1', version: '2' })
const audit = createAuditTrail(db, clock, 'host')
for (const what of ['one', 'two'])
  await audit.record({ action: 'read', target: 'pacs', studyInstanceUid: '1.2.0', what, outcome: 'success' })

const migrations = await db.query('select name, sha256 from gliabridge.migrations order by name')
const tables = await db.query<{ name: string }>(
  `select table_name as name from information_schema.tables where table_schema = 'gliabridge' and table_name <> 'migrations' order by 1`,
)
const rows: Record<string, unknown[]> = {}
for (const { name } of tables) {
  const stored = await db.query<{ row: unknown }>(`select to_jsonb(t) as row from gliabridge.${name} t`)
  rows[name] = stored.map(({ row }) => row)
}
await db.close()
mkdirSync(folder, { recursive: true })
writeFileSync(file, `${JSON.stringify({ version, migrations, rows }, null, 1)}\n`)
process.stdout.write(`${file}: ${migrations.length} migrations, ${tables.length} tables\n`)
