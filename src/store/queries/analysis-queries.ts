// The statements on analyses, their legs and their history, by name, each with the index that serves it.
import type { NamedQuery } from './named-query.ts'

/** Selected from `gliabridge.analyses a`; includes the legs, so that a record is always one consistent read. */
export const RECORD = `
  a.analysis_id, a.study_instance_uid, a.bundle_id, a.bundle_digest, a.model_digest, a.confirmed_patient, a.series_choice, a.instance_set_digest, a.state, a.hold, a.attempts, a.priority,
  a.sequence::text as sequence, a.created_at, a.updated_at, a.summary,
  (select jsonb_agg(to_jsonb(l)) from gliabridge.legs l where l.analysis_id = a.analysis_id) as legs,
  (select jsonb_build_object('number', r.number, 'decision', r.decision, 'at', r.at, 'reviewer', r.reviewer ->> 'name',
      'reason', r.reason, 'edits', r.edits, 'redrawn', r.redrawn, 'delivered',
      not exists (select 1 from gliabridge.review_deliveries d where d.review_id = r.review_id and d.state <> 'done'))
    from gliabridge.reviews r where r.analysis_id = a.analysis_id order by r.number desc limit 1) as review`

export const ANALYSIS_QUERIES = {
  /** $1 analysis */
  recordById: {
    sql: `select ${RECORD} from gliabridge.analyses a where a.analysis_id = $1`,
    index: 'analyses_pkey',
  },
  /** $1 study; oldest first */
  recordsOfStudy: {
    sql: `select ${RECORD} from gliabridge.analyses a where a.study_instance_uid = $1 order by a.sequence`,
    index: 'analyses_by_study',
  },
  /** $1 identifier, $2 issuer; newest first */
  deliveredOfPatient: {
    sql: `select ${RECORD} from gliabridge.analyses a
      where a.state = 'delivered' and a.summary -> 'patient' ->> 'patientId' = $1
        and a.summary -> 'patient' ->> 'issuerOfPatientId' = $2
      order by a.created_at desc, a.analysis_id`,
    index: 'analyses_by_patient',
  },
  /** $1 identifier, of every issuer; newest first */
  deliveredOfIdentifier: {
    sql: `select ${RECORD} from gliabridge.analyses a
      where a.state = 'delivered' and a.summary -> 'patient' ->> 'patientId' = $1
      order by a.created_at desc, a.analysis_id`,
    index: 'analyses_by_patient',
  },
  /** $1 limit, $2 offset, $3 state or null; newest first */
  recordsByAge: {
    sql: `select ${RECORD} from gliabridge.analyses a where ($3::text is null or a.state = $3)
      order by a.created_at desc, a.analysis_id limit $1 offset $2`,
    index: 'analyses_by_age',
  },
  /** $1 analysis; locked until the transaction ends */
  lockAnalysis: {
    sql: 'select state from gliabridge.analyses where analysis_id = $1 for update',
    index: 'analyses_pkey',
  },
  /** $1 analysis, $2 study, $3 bundle, $4 its digest, $5 digest of the images, $6 now, $7 summary, $8 digest of the model, $9 due, $10 priority, $11 series */
  addAnalysis: {
    sql: `insert into gliabridge.analyses (analysis_id, study_instance_uid, bundle_id, bundle_digest, instance_set_digest, state,
        created_at, updated_at, due_at, summary, model_digest, priority, series_choice)
      values ($1, $2, $3, $4, $5, 'queued', $6, $6, $9, $7::jsonb, $8, $10, $11::jsonb) on conflict (analysis_id) do nothing returning analysis_id`,
    index: 'analyses_pkey',
  },
  /** $1 analysis, $2 legs */
  addLegs: {
    sql: `insert into gliabridge.legs (analysis_id, leg, state) select $1, leg, 'waiting' from unnest($2::text[]) as leg`,
  },
  /** $1 analysis, $2 priority; a smaller number is more urgent */
  raisePriority: {
    sql: 'update gliabridge.analyses set priority = $2 where analysis_id = $1 and priority > $2',
    index: 'analyses_pkey',
  },
  /** $1 analysis, $2 priority, $3 now */
  setPriority: {
    sql: 'update gliabridge.analyses set priority = $2, updated_at = $3 where analysis_id = $1',
    index: 'analyses_pkey',
  },
  /** $1 time; when each arrived, first came to rest, and was delivered */
  passages: {
    sql: `select a.created_at, e.rested_at, e.delivered_at from gliabridge.analyses a left join lateral (
        select min(at) as rested_at, min(at) filter (where data ->> 'to' = 'delivered') as delivered_at
        from gliabridge.analysis_events where analysis_id = a.analysis_id and kind = 'state'
          and data ->> 'to' in ('delivered', 'held', 'superseded')) e on true
      where a.created_at >= $1::timestamptz order by a.created_at desc limit 5000`,
    index: 'analyses_by_age',
  },
  /**
   * $1 analysis, $2 new state, $3 hold, $4 now, $5 whether it was at rest, $6 whether it will be, $7 due. At rest nobody holds
   * it; when work resumes it is due at once and its attempts start at 0.
   */
  moveAnalysis: {
    sql: `update gliabridge.analyses set state = $2, hold = $3::jsonb, updated_at = $4,
        attempts = case when state = 'held' then 0 when $2 = 'running' then attempts + 1 else attempts end,
        due_at = case when $5 then $7 else due_at end,
        lease_owner = case when $6 then null else lease_owner end,
        lease_until = case when $6 then null else lease_until end
      where analysis_id = $1`,
    index: 'analyses_pkey',
  },
  /** $1 analysis, $2 facts, $3 now */
  addToSummary: {
    sql: `update gliabridge.analyses set summary = coalesce(summary, '{}') || $2::jsonb, updated_at = $3 where analysis_id = $1`,
    index: 'analyses_pkey',
  },
  /** $1 analysis, $2 the confirmation, $3 now */
  confirmPatient: {
    sql: 'update gliabridge.analyses set confirmed_patient = $2::jsonb, updated_at = $3 where analysis_id = $1',
    index: 'analyses_pkey',
  },
  /** $1 analysis, $2 summary, $3 now */
  saveSummary: {
    sql: `update gliabridge.analyses set state = 'analysed', summary = $2::jsonb, updated_at = $3 where analysis_id = $1`,
    index: 'analyses_pkey',
  },
  /** $1 analysis, $2 now */
  touchAnalysis: {
    sql: 'update gliabridge.analyses set updated_at = $2 where analysis_id = $1',
    index: 'analyses_pkey',
  },
  /** $1 analysis, $2 leg */
  legOf: {
    sql: 'select leg, state, attempts, last_error, done_at, receipt from gliabridge.legs where analysis_id = $1 and leg = $2',
    index: 'legs_pkey',
  },
  /** $1 analysis, $2 leg, $3 state, $4 attempts, $5 last error, $6 done, $7 receipt */
  updateLeg: {
    sql: `update gliabridge.legs set state = $3, attempts = $4, last_error = $5::jsonb, done_at = $6, receipt = $7::jsonb
      where analysis_id = $1 and leg = $2`,
    index: 'legs_pkey',
  },
  /** $1 analysis; in order */
  eventsOf: {
    sql: 'select at, kind, text, data from gliabridge.analysis_events where analysis_id = $1 order by event_id',
    index: 'analysis_events_of',
  },
  /** $1 analysis, $2 now, $3 kind, $4 text, $5 data */
  addEvent: {
    sql: 'insert into gliabridge.analysis_events (analysis_id, at, kind, text, data) values ($1, $2, $3, $4, $5::jsonb)',
  },
  /** $1 analysis */
  lastEventOf: {
    sql: 'select max(event_id)::text as version from gliabridge.analysis_events where analysis_id = $1',
    index: 'analysis_events_of',
  },
  lastEvent: {
    sql: 'select max(event_id)::text as version from gliabridge.analysis_events',
    index: 'analysis_events_pkey',
  },
} satisfies Record<string, NamedQuery>
