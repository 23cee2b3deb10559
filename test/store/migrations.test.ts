// A store of an earlier version is brought up to date: what it knew is read under the names of today.
import { expect, it } from 'vitest'
import { createAnalysisStore } from '../../src/store/analyses.ts'
import { migrate, readMigrations } from '../../src/store/migrate.ts'
import { createWatchStore } from '../../src/store/watch.ts'
import { comparisonOf } from '../support/comparison.ts'
import { openEmptyDatabase } from '../support/database.ts'
import { sampleResult } from '../support/fhir-report.ts'

it('reads decisions of the watch and summaries that version 1 wrote', async () => {
  const db = await openEmptyDatabase()
  const all = await readMigrations()
  const before = all.filter(({ name }) => name < '0013')
  await migrate(db, before)
  const result = sampleResult()
  const comparison = comparisonOf(result)
  const { mutualInformation: agreement, ...registration } = comparison.registration
  const { modelDigest: _later, ...bundle } = result.bundle
  const decisions = [
    { ...DECISION, taken: true },
    { ...DECISION, taken: false },
  ]
  const summary = {
    ...result,
    bundle,
    decisions,
    comparison: { ...comparison, registration: { ...registration, agreement } },
  }
  await db.query(
    `insert into gliabridge.analyses (analysis_id, study_instance_uid, bundle_id, bundle_digest, instance_set_digest, state, created_at, updated_at, due_at, summary)
     values ('a1', '1.2', 'b', 'd', 's', 'delivered', now(), now(), now(), $1::jsonb), ('a2', '1.3', 'b', 'd', 's', 'queued', now(), now(), now(), null)`,
    [JSON.stringify(summary)],
  )
  await db.query(
    `insert into gliabridge.watched_studies (study_instance_uid, instance_set_digest, instance_count, first_seen_at, changed_at, decision)
     select '1.' || n, 'd', 1, now(), now(), d from unnest($1::text[]) with ordinality as x (d, n)`,
    [['left: a knee: left', 'waiting: no answer', 'accepted', 'accepted: asked for by Dr Ada', null]],
  )
  expect(await migrate(db, all)).toEqual(expect.arrayContaining(['0013-watch-outcome.sql', '0014-result-version.sql']))

  const clock = { now: () => new Date('2026-03-01T03:00:00Z'), sleep: async () => undefined }
  const watch = createWatchStore(db, clock)
  const decided = await Promise.all([1, 2, 3, 4, 5].map(async (n) => (await watch.get(`1.${n}`))?.decision))
  expect(decided).toEqual([
    { outcome: 'declined', reason: 'a knee: left' },
    { outcome: 'waiting', reason: 'no answer' },
    { outcome: 'accepted' },
    { outcome: 'accepted', reason: 'asked for by Dr Ada' },
    undefined,
  ])
  const analyses = createAnalysisStore(db, clock)
  const read = (await analyses.get('a1'))?.summary
  expect(read?.unreadable).toBeUndefined()
  expect(read?.decisions).toEqual([
    { ...DECISION, selected: true },
    { ...DECISION, selected: false },
  ])
  expect(read?.comparison).toEqual(JSON.parse(JSON.stringify(comparison)))
  expect(read?.bundle?.modelDigest).toBe(bundle.digest)
  expect((await analyses.get('a2'))?.summary).toBeUndefined()
  await db.close()
})

const DECISION = {
  seriesInstanceUid: '1.2.3',
  seriesNumber: '3',
  seriesDescription: 't1',
  modality: 'MR',
  reasons: ['TR and TE fit'],
}

it('gives each migration a number of its own', async () => {
  const numbers = (await readMigrations()).map(({ name }) => name.slice(0, 4))
  expect(numbers).toEqual([...new Set(numbers)])
})
