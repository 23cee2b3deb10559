// From the database of every release to that of today: its migrations are still the same files, and what it held is read by the stores.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { createAnalysisStore } from '../../src/store/analyses.ts'
import { createAuditTrail } from '../../src/store/audit.ts'
import { createErasureStore } from '../../src/store/erasure.ts'
import { createWriteLedger } from '../../src/store/ledger.ts'
import { migrate, readMigrations } from '../../src/store/migrate.ts'
import { createReviewStore } from '../../src/store/reviews.ts'
import { createWatchStore } from '../../src/store/watch.ts'
import { openEmptyDatabase } from '../support/database.ts'
import { sampleResult } from '../support/fhir-report.ts'

/** Written by `npm run freeze-schema` at each release, and never changed. */
const FOLDER = new URL('./released/', import.meta.url)
const releases = readdirSync(FOLDER).map(
  (name) =>
    JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as {
      version: string
      migrations: { name: string; sha256: string }[]
      rows: Record<string, unknown[]>
    },
)
/** Rows of a table come after those that they refer to. */
const FIRST = ['analyses', 'reviews']

it('knows the releases', () => expect(releases.map(({ version }) => version)).toContain('0.1.0'))

it('has the database of every tag', () => {
  // A folder that is no checkout has no tags to compare with.
  const { stdout } = spawnSync('git', ['tag', '--list', 'v*'], { cwd: fileURLToPath(FOLDER), encoding: 'utf8' })
  const tagged = stdout.split('\n').filter((tag) => tag !== '')
  expect(tagged.filter((tag) => !releases.some(({ version }) => `v${version}` === tag))).toEqual([])
})

it.each(releases)('$version: is brought up to date with all that it holds', async ({ migrations, rows }) => {
  const all = await readMigrations()
  const then = migrations.map(({ name }) => all.find((one) => one.name === name)!)
  const digests = then.map(({ sql }) => createHash('sha256').update(sql).digest('hex'))
  expect(digests).toEqual(migrations.map(({ sha256 }) => sha256))

  const db = await openEmptyDatabase()
  await migrate(db, then)
  // What a migration itself put there.
  await db.query('delete from gliabridge.audit_head')
  const rank = (name: string) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length)
  for (const name of Object.keys(rows).sort((a, b) => rank(a) - rank(b)))
    await db.query(
      `insert into gliabridge.${name} overriding system value select * from jsonb_populate_recordset(null::gliabridge.${name}, $1::jsonb)`,
      [JSON.stringify(rows[name])],
    )
  // Numbers go on after those that are there, as they would in the database itself.
  for (const [table, column] of [
    ['audit', 'audit_id'],
    ['analysis_events', 'event_id'],
  ])
    await db.query(
      `select setval(pg_get_serial_sequence('gliabridge.${table}', '${column}'), (select max(${column}) from gliabridge.${table}))`,
    )
  await migrate(db, all)
  expect(await migrate(db, all)).toEqual([])

  const clock = { now: () => new Date('2027-01-01T00:00:00Z'), sleep: async () => undefined }
  const analyses = createAnalysisStore(db, clock)
  const wanted = sampleResult()
  const record = await analyses.get(wanted.analysisId)
  expect(record).toMatchObject({
    state: 'delivered',
    modelDigest: 'm',
    review: { decision: 'accept', reviewer: 'Dr Nine' },
  })
  expect(record!.summary?.unreadable).toBeUndefined()
  expect(record!.legs.map(({ state, receipt }) => [state, receipt])).toEqual([
    ['done', { what: 'pacs' }],
    ['done', { what: 'ehr' }],
  ])
  const result = await analyses.result(wanted.analysisId)
  expect(result!.measurements).toEqual(wanted.measurements)
  expect(result!.patient).toEqual(wanted.patient)
  expect((await analyses.list({ state: 'held' })).map(({ hold }) => hold?.code)).toEqual(['SERIES_MISSING'])
  const [review] = await createReviewStore(db, clock).list(wanted.analysisId)
  expect(review).toMatchObject({ number: 1, decision: 'accept' })
  const watch = createWatchStore(db, clock)
  expect((await watch.get('1.9'))?.decision).toEqual({ outcome: 'declined', reason: 'a knee' })
  expect(await watch.cursor('qido')).toBe('here')
  expect([...(await watch.isOwn(['1.2.3.4', '1.2.3.5']))]).toEqual(['1.2.3.4'])
  expect((await createWriteLedger(db, clock).find(['a key'])).get('a key')?.reference).toBe('DiagnosticReport/1')

  // What comes after goes on where it was.
  const audit = createAuditTrail(db, clock)
  await audit.record({ action: 'read', target: 'ehr', studyInstanceUid: '1.2.0', what: 'three', outcome: 'success' })
  expect(await audit.verify()).toMatchObject({ rows: 3, problems: [] })
  await analyses.note(wanted.analysisId, { kind: 'note', text: 'after the upgrade' })
  expect((await analyses.events(wanted.analysisId)).at(-1)?.text).toBe('after the upgrade')
  await createErasureStore(db, clock).erase(wanted.analysisId)
  expect(await analyses.get(wanted.analysisId)).toBeUndefined()
  await db.close()
})
