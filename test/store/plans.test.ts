// Each named query is served by its index, or has to read the whole table: asked of the planner, on tables too large for anything else to be cheap.
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Database } from '../../src/store/database.ts'
import type { NamedQuery } from '../../src/store/queries/named-query.ts'
import { QUERIES } from '../../src/store/queries.ts'
import { openDatabase } from '../support/database.ts'

const NOW = 'now()'
const LATER = `now() + interval '1 hour'`
const A = `'a-7'`
const R = `'r-7'`
const JSONB = `'{}'`
const VALUES: Record<keyof typeof QUERIES, string[]> = {
  recordById: [A],
  recordsOfStudy: [`'1.2.7'`],
  deliveredOfPatient: [`'P7'`, `'KIS'`],
  deliveredOfIdentifier: [`'P7'`],
  recordsByAge: ['50', '0', 'null'],
  lockAnalysis: [A],
  addAnalysis: [A, `'1.2.7'`, `'b'`, `'d'`, `'s'`, NOW, 'null', 'null', NOW, '2', 'null'],
  addLegs: [A, `'{pacs,ehr}'`],
  raisePriority: [A, '1'],
  setPriority: [A, '1', NOW],
  passages: [`(now() - interval '72 hours')`],
  takeReviewClaim: [A, `'p'`, `'P'`, 'null', '150'],
  dropReviewClaim: [A, `'p'`],
  reviewClaimsOf: [`'{a-7,a-9}'`, 'null', '150'],
  moveAnalysis: [A, `'running'`, 'null', NOW, 'true', 'false', NOW],
  addToSummary: [A, JSONB, NOW],
  confirmPatient: [A, JSONB, NOW],
  saveSummary: [A, JSONB, NOW],
  touchAnalysis: [A, NOW],
  littleMemory: [],
  serverTime: [],
  spill: [],
  legOf: [A, `'pacs'`],
  updateLeg: [A, `'pacs'`, `'done'`, '1', 'null', NOW, 'null'],
  eventsOf: [A],
  addEvent: [A, NOW, `'step'`, `'x'`, 'null'],
  lastEventOf: [A],
  lastEvent: [],
  nextAnalysis: ['null', '3720', `'analyse'`],
  claimAnalysis: ['null', '3720', A, `'w'`, '60', '1'],
  stepUnderWay: [A],
  renewLease: ['null', A, `'w'`, '60'],
  proveLease: [A, `'w'`],
  releaseLease: ['null', A, `'w'`, '30', NOW],
  releaseAllLeases: [],
  makeAnalysisDue: [A, NOW],
  loadArtifacts: [A, 'null'],
  artifactRoles: [A],
  saveArtifact: [A, `'pdf'`, `'application/pdf'`, `''`, `''`, 'null', 'null', 'null'],
  dropOtherArtifacts: [A, `'{pdf}'`],
  loadReviewDocument: [R],
  loadReviewLabels: [R],
  keepReviewDocument: [R, `''`, `''`, NOW],
  keepReviewLabels: [R, `''`, `''`, NOW],
  reviewById: [R],
  reviewsOf: [A],
  addReview: [R, A, '1', `'k'`, NOW, `'accept'`, JSONB, 'null', `'[]'`, 'null'],
  addReviewDeliveries: [R, `'{pacs,ehr}'`, NOW],
  claimReviewDelivery: ['null', '3960', '300', `'ehr'`],
  lockReviewDelivery: [R, `'pacs'`],
  updateReviewDelivery: [R, `'pacs'`, `'done'`, '1', 'null', NOW, 'null', 'null', '0'],
  makeReviewDeliveriesDue: [A, NOW],
  watchedStudy: [`'1.2.7'`],
  undecidedStudies: [],
  notAnalysedStudies: ['50', '0'],
  watchedStudies: ['50', '0'],
  countNotAnalysed: [],
  putWatchedStudy: [`'1.2.7'`, `'d'`, '1', NOW, NOW, 'null', 'null', 'null'],
  cursorOf: [`'t-7'`],
  setCursor: [`'t-7'`, `'v'`, NOW],
  ownInstances: [`'{2.25.7,2.25.8}'`],
  addOwnInstances: [`'{2.25.7,2.25.8}'`, NOW],
  workitem: [`'2.25.7'`],
  openWorkitems: [],
  putWorkitem: [`'2.25.7'`, `'2.25.1'`, `'closed'`, 'null', `'fresh'`, NOW, 'null', 'false', 'null'],
  writtenOf: [`'{k-7,k-8}'`],
  beginWrite: [`'k-7'`, NOW, NOW],
  recordWrite: [`'k-7'`, NOW, `'Patient/1'`, 'null'],
  forgetWrite: [`'k-7'`, NOW],
  addHints: [`'{study}'`, `'{1.2.7}'`, NOW],
  dueHints: [`'2020-01-01'`, `'2120-01-01'`, '50'],
  dropHint: [`'study'`, `'1.2.7'`, NOW],
  postponeHint: [`'study'`, `'1.2.7'`, NOW, NOW],
  addSession: [`'d'`, JSONB, 'null', NOW, LATER],
  session: [`'d-7'`],
  sawSession: [`'d-7'`, NOW],
  closeSession: [`'d-7'`],
  closeSessionsAt: [`'sid-7'`, `'sub-7'`],
  closeSessionsOf: [`'n-7'`],
  sweepSessions: [`'2020-01-01'`],
  addSignIn: [`'d'`, JSONB, LATER],
  takeSignIn: [`'d-7'`, NOW],
  sweepSignIns: [`'2020-01-01'`],
  useToken: [`'d'`, LATER],
  sweepTokens: [`'2020-01-01'`],
  account: [`'n-7'`],
  countAttempt: [`'n-7'`, NOW, '5', NOW],
  openAccount: [`'n-7'`],
  allAccounts: [],
  addAccount: [`'n'`, JSONB, `'{viewer}'`, `''`, NOW],
  setPassword: [`'n-7'`, `''`],
  removeAccount: [`'n-7'`],
  heldAnalyses: [],
  failedReviews: [],
  urgentResults: [`'2020-01-01'`],
  recentNotice: [`'r-7'`, `'2020-01-01'`, NOW],
  toldItems: [`'r-7'`, `'{k-7}'`],
  addNotice: [`'n-0'`, `'r'`, 'true', `'[]'`, NOW, 'null'],
  addToldItems: [`'r'`, `'{k-0}'`, `'n-7'`],
  claimNotice: ['null', '3960', '300', `'{r}'`, 'true'],
  updateNotice: [`'n-7'`, `'done'`, '1', 'null', 'null', NOW, 'null', '0'],
  listNotices: ['50', 'null'],
  noticeAgain: [`'n-7'`, NOW],
  tissueToAsk: [`(now() - interval '72 hours')`, NOW, '50'],
  keepTissueAnswers: [A, NOW, `'[]'`],
  lastSwitch: [`'h-7'`, 'null'],
  lockSwitches: [],
  addSwitch: [`'grade'`, NOW, `'off'`, `'rule'`, `'r'`],
  restedSince: [`(now() - interval '72 hours')`],
  siteCases: [`(now() - interval '72 hours')`, NOW],
  bundleChanges: [],
  lockBundles: [],
  lastBundleChange: [],
  addBundleChange: [NOW, `'shadow'`, JSONB, `'p'`, `'r'`],
  nextShadowCase: ['null', `'m-7'`, `(now() - interval '72 hours')`, `'c-7'`],
  claimShadowCase: ['null', A, `'c-0'`, `'m-7'`, '3600'],
  keepShadowCase: [A, `'c-7'`, NOW, JSONB],
  releaseShadowCase: ['null', A, `'c-7'`, '0', '1'],
  shadowCases: [`'c-7'`, `'m-7'`, `'2020-01-01'`],
  analysisDue: ['null'],
  eraseShadowCases: [A],
  countByState: [],
  countLegs: [],
  stepTimes: [],
  oldestOpen: [],
  countHolds: [],
  countWatched: [],
  countLeases: ['null'],
  oldestDeliveries: [],
  countState: [],
  addAuditRow: [NOW, `'read'`, `'pacs'`, `'1.2.7'`, `'x'`, `'success'`, '5001', `'{}'`, `''`, `''`],
  auditHead: [],
  lockAuditHead: [],
  moveAuditHead: ['5001', `''`],
  auditAnchor: [],
  auditChain: ['4000', '1000'],
  rowsOutsideChain: [],
  auditRows: ['4000', `'2020-01-01'`, 'null', '1000'],
  keptOfPatient: [`'P7'`, 'null'],
  keptOfStudy: [`'1.2.7'`],
  keptAtRestBefore: [NOW, '100'],
  lockForErasure: [A, NOW],
  allowErasing: [],
  eraseReviewLabels: [A],
  eraseReviewDocuments: [A],
  eraseReviewDeliveries: [A],
  eraseReviews: [A],
  eraseReviewClaims: [A],
  eraseTissueAnswers: [A],
  eraseArtifacts: [A],
  eraseNotices: [A],
  eraseLegs: [A],
  eraseEvents: [A],
  eraseLedger: [A],
  eraseAnalysis: [A],
  declineStudy: [`'1.2.7'`, `'x'`],
  searchNewest: ['50', '0', 'null', 'true', `'{p7}'`],
  searchWaiting: ['50', '0', 'null', 'false', `'{}'`],
  ping: [],
  lockMigrations: ['7'],
  appliedMigrations: [],
  addMigration: [`'0000'`, `''`],
  rights: [],
}

const TABLE_SCAN =
  /Seq Scan on (analyses|analysis_events|legs|artifacts|watched_studies|own_instances|workitems|review\w*|cursors|ehr_ledger|hints|notices|notice_items|sessions|sign_ins|used_tokens|accounts|audit|tissue_answers|head_switches|shadow_cases)\b/

/** The beginning of a string or template, then of a statement; what the engine is told to do with its files is none. */
const STATEMENT =
  /['"`]\s*(select\s+(?!an?\b)|insert\s+into\s+|update\s+\w+\.\w+\s+set\s|delete\s+from\s+|with\s+\w+\s+as\s|create\s+(table|schema|index)\s)/i
/** The lock of the data folder is a database of SQLite's, with one row. */
const OTHER_DATABASE = /^store[/\\]folder-lock\.ts$/

let db: Database
beforeAll(async () => {
  db = await openDatabase()
  await db.transaction((tx) =>
    tx.script(`
      insert into gliabridge.analyses (analysis_id, study_instance_uid, bundle_id, bundle_digest, instance_set_digest, state, created_at, updated_at, due_at, summary)
        select 'a-' || n, '1.2.' || n, 'b', 'd', 's', case when n % 500 = 0 then 'queued' else 'delivered' end, now() - n * interval '1 minute', now(), now(),
          jsonb_build_object('patient', jsonb_build_object('patientId', 'P' || n, 'issuerOfPatientId', 'KIS')) from generate_series(1, 5000) n;
      insert into gliabridge.legs (analysis_id, leg, state) select 'a-' || n, leg, 'waiting' from generate_series(1, 5000) n, unnest('{pacs,ehr}'::text[]) leg;
      insert into gliabridge.analysis_events (analysis_id, at, kind, text) select 'a-' || n, now(), 'step', 'x' from generate_series(1, 5000) n, generate_series(1, 4);
      insert into gliabridge.artifacts (analysis_id, role, media_type, bytes, sha256) select 'a-' || n, 'pdf', 'application/pdf', '', '' from generate_series(1, 5000) n;
      insert into gliabridge.reviews (review_id, analysis_id, number, idempotency_key, at, decision, reviewer, edits)
        select 'r-' || n, 'a-' || n, 1, 'k', now(), 'accept', '{}', '[]' from generate_series(1, 5000) n;
      insert into gliabridge.review_deliveries (review_id, leg, state, done_at, due_at)
        select 'r-' || n, leg, case when n % 1000 = 0 then 'waiting' when n % 1000 = 1 then 'failed' else 'done' end, now(), now()
        from generate_series(1, 5000) n, unnest('{pacs,ehr}'::text[]) leg;
      insert into gliabridge.review_documents (review_id, bytes, sha256, created_at) select 'r-' || n, '', '', now() from generate_series(1, 5000) n;
      insert into gliabridge.review_labels (review_id, bytes, sha256, created_at) select 'r-' || n, '', '', now() from generate_series(1, 5000) n;
      insert into gliabridge.head_switches (head, at, state, by, reason) select 'h-' || n % 50, now(), 'off', 'rule', 'r' from generate_series(1, 5000) n;
      insert into gliabridge.bundle_changes (at, action, by, reason) select now(), 'end-shadow', 'p', 'r' from generate_series(1, 5000) n;
      insert into gliabridge.shadow_cases (analysis_id, digest, active_model, attempts, due_at, compared_at, comparison)
        select 'a-' || n, 'c-' || n % 50, 'm-7', 1, now(), now() - n * interval '1 minute', '{}' from generate_series(1, 5000) n;
      insert into gliabridge.tissue_answers (analysis_id, asked_at, answers) select 'a-' || n, now(), '[]' from generate_series(1, 5000) n;
      insert into gliabridge.cursors (trigger_name, value, updated_at) select 't-' || n, 'v', now() from generate_series(1, 5000) n;
      insert into gliabridge.ehr_ledger (key, begun_at) select 'k-' || n, now() from generate_series(1, 5000) n;
      insert into gliabridge.watched_studies (study_instance_uid, instance_set_digest, instance_count, first_seen_at, changed_at, decided_digest, outcome)
        select '1.2.' || n, 'd', 1, now(), now() - n * interval '1 second', case when n % 500 = 0 then null else 'd' end,
          case when n % 200 = 0 then 'declined' when n % 500 = 0 then null else 'accepted' end from generate_series(1, 5000) n;
      insert into gliabridge.review_claims (analysis_id, identifier, name, since, seen_at) select 'a-' || n, 'p', 'P', now(), now() from generate_series(1, 5000) n;
      insert into gliabridge.own_instances (sop_instance_uid, added_at) select '2.25.' || n, now() from generate_series(1, 5000) n;
      insert into gliabridge.workitems (workitem_uid, transaction_uid, state, priority, claimed_at)
        select '2.25.' || n, '2.25.1', case when n % 500 = 0 then 'in progress' else 'closed' end, 'fresh', now() - n * interval '1 second' from generate_series(1, 5000) n;
      insert into gliabridge.hints (kind, value, heard_at, due_at) select 'study', '1.2.' || n, now(), now() + n * interval '1 second' from generate_series(1, 5000) n;
      insert into gliabridge.sessions (digest, visitor, account, seen_at, ends_at) select 'd-' || n, '{}', 'n-' || n, now(), now() from generate_series(1, 5000) n;
      insert into gliabridge.sign_ins (digest, begun, ends_at) select 'd-' || n, '{}', now() from generate_series(1, 5000) n;
      insert into gliabridge.used_tokens (digest, ends_at) select 'd-' || n, now() from generate_series(1, 5000) n;
      insert into gliabridge.accounts (name, person, roles, password_hash, created_at) select 'n-' || n, '{}', '{viewer}', '', now() from generate_series(1, 5000) n;
      insert into gliabridge.notices (notice_id, rule, is_urgent, items, created_at, state, due_at)
        select 'n-' || n, 'r-' || n % 50, false, '[]', now() - n * interval '1 minute', case when n % 1000 = 0 then 'waiting' else 'done' end, now()
        from generate_series(1, 5000) n;
      insert into gliabridge.notice_items (rule, item_key, notice_id) select 'r-' || n % 50, 'k-' || n, 'n-' || n from generate_series(1, 5000) n;
      insert into gliabridge.audit (at, action, target, study_instance_uid, what, outcome, position, content, previous, digest)
        select now(), 'read', 'pacs', '1.2.' || n, 'x', 'success', n, '{}', '', '' from generate_series(1, 5000) n;
      analyze`),
  )
})
afterAll(() => db?.close())

it.each(Object.entries<NamedQuery>(QUERIES))('%s', async (name, { sql, index, wholeTable }) => {
  const values = VALUES[name as keyof typeof QUERIES]
  const filled = sql.replace(/\$(\d+)/g, (_, n: string) => values[Number(n) - 1]!)
  const rows = await db.query<{ 'QUERY PLAN': string }>(`explain ${filled}`)
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
  // What an index would serve must not say that it needs the whole table.
  if (wholeTable) return expect(plan).toContain('Seq Scan on ')
  if (index) expect(plan).toContain(index)
  else expect(plan).toMatch(/^(Insert on |Result |Aggregate [\s\S]*Function Scan on generate_series )/)
  // The table that it is about is not read from end to end; the last reviews of a list are looked up row by row.
  expect(plan).not.toMatch(TABLE_SCAN)
})

it('is given no statement but by its name', () => {
  const folder = new URL('../../src/', import.meta.url)
  const inline = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/^store[/\\]queries[/\\]/.test(name) && !OTHER_DATABASE.test(name))
    .filter((name) => STATEMENT.test(readFileSync(new URL(name, folder), 'utf8')))
  expect(inline).toEqual([])
})

it('gives no two statements one name', () => {
  const folder = new URL('../../src/store/queries/', import.meta.url)
  const written = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8'))
  const names = written.flatMap((text) => [...text.matchAll(/^ {2}(\w+): (?:\{|\w+\()/gm)].map(([, name]) => name!))
  expect([...names].sort()).toEqual(Object.keys(QUERIES).sort())
})
