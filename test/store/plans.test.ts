// Each named query is served by its index: asked of the planner, on tables too large for anything else to be cheap.
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Database } from '../../src/store/database.ts'
import { migrate, readMigrations } from '../../src/store/migrate.ts'
import { openPglite } from '../../src/store/pglite.ts'
import { type NamedQuery, QUERIES } from '../../src/store/queries.ts'

const VALUES: Record<keyof typeof QUERIES, string[]> = {
  recordById: [`'a-7'`],
  recordsOfStudy: [`'1.2.7'`],
  deliveredOfPatient: [`'P7'`, `'KIS'`],
  deliveredOfIdentifier: [`'P7'`],
  recordsByAge: ['50', '0', 'null'],
  eventsOf: [`'a-7'`],
  legOf: [`'a-7'`, `'pacs'`],
  artifactRoles: [`'a-7'`],
  watchedStudy: [`'1.2.7'`],
  undecidedStudies: [],
  notAnalysedStudies: ['50', '0'],
  watchedStudies: ['50', '0'],
  countNotAnalysed: [],
  workitem: [`'2.25.7'`],
  openWorkitems: [],
  dueHints: [`'2020-01-01'`, `'2120-01-01'`, '50'],
  ownInstances: [`'{2.25.7,2.25.8}'`],
}

let db: Database
beforeAll(async () => {
  db = await openPglite(undefined)
  await migrate(db, await readMigrations())
  await db.transaction((tx) =>
    tx.script(`
      insert into gliabridge.analyses (analysis_id, study_instance_uid, bundle_id, bundle_digest, instance_set_digest, state, created_at, updated_at, due_at, summary)
        select 'a-' || n, '1.2.' || n, 'b', 'd', 's', 'delivered', now() - n * interval '1 minute', now(), now(),
          jsonb_build_object('patient', jsonb_build_object('patientId', 'P' || n, 'issuerOfPatientId', 'KIS')) from generate_series(1, 5000) n;
      insert into gliabridge.legs (analysis_id, leg, state) select 'a-' || n, leg, 'waiting' from generate_series(1, 5000) n, unnest('{pacs,ehr}'::text[]) leg;
      insert into gliabridge.analysis_events (analysis_id, at, kind, text) select 'a-' || n, now(), 'step', 'x' from generate_series(1, 5000) n, generate_series(1, 4);
      insert into gliabridge.artifacts (analysis_id, role, media_type, bytes, sha256) select 'a-' || n, 'pdf', 'application/pdf', '', '' from generate_series(1, 5000) n;
      insert into gliabridge.watched_studies (study_instance_uid, instance_set_digest, instance_count, first_seen_at, changed_at, decided_digest, outcome)
        select '1.2.' || n, 'd', 1, now(), now() - n * interval '1 second', case when n % 500 = 0 then null else 'd' end,
          case when n % 200 = 0 then 'declined' when n % 500 = 0 then null else 'accepted' end from generate_series(1, 5000) n;
      insert into gliabridge.own_instances (sop_instance_uid, added_at) select '2.25.' || n, now() from generate_series(1, 5000) n;
      insert into gliabridge.workitems (workitem_uid, transaction_uid, state, priority, claimed_at)
        select '2.25.' || n, '2.25.1', case when n % 500 = 0 then 'in progress' else 'closed' end, 'fresh', now() - n * interval '1 second' from generate_series(1, 5000) n;
      insert into gliabridge.hints (kind, value, heard_at, due_at) select 'study', '1.2.' || n, now(), now() + n * interval '1 second' from generate_series(1, 5000) n;
      analyze`),
  )
})
afterAll(() => db?.close())

it.each(Object.entries(QUERIES as Record<string, NamedQuery>))('%s', async (name, { sql, index }) => {
  const values = VALUES[name as keyof typeof QUERIES]
  const filled = sql.replace(/\$(\d)/g, (_, n: string) => values[Number(n) - 1]!)
  const rows = await db.query<{ 'QUERY PLAN': string }>(`explain ${filled}`)
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
  expect(plan).toContain(index)
  // The table that it is about is not read from end to end; the last reviews of a list are looked up row by row.
  expect(plan).not.toMatch(
    /Seq Scan on (analyses|analysis_events|legs|artifacts|watched_studies|own_instances|workitems|hints)\b/,
  )
})
