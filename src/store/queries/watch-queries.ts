// The statements of the study watch and of workitems, by name, each with the index that serves it.
import type { NamedQuery } from './named-query.ts'

const COLUMNS =
  'study_instance_uid, instance_set_digest, instance_count, first_seen_at, changed_at, decided_digest, outcome, reason'
const WATCHED = `select ${COLUMNS} from gliabridge.watched_studies`
const NOT_ANALYSED = `outcome in ('declined', 'waiting')`

export const WATCH_QUERIES = {
  /** $1 study */
  watchedStudy: {
    sql: `${WATCHED} where study_instance_uid = $1`,
    index: 'watched_studies_pkey',
  },
  undecidedStudies: {
    sql: `${WATCHED} where decided_digest is distinct from instance_set_digest order by changed_at, study_instance_uid`,
    index: 'watched_studies_undecided',
  },
  /** $1 limit, $2 offset; latest change first */
  notAnalysedStudies: {
    sql: `${WATCHED} where ${NOT_ANALYSED} order by changed_at desc, study_instance_uid limit $1 offset $2`,
    index: 'watched_studies_not_analysed',
  },
  /** $1 limit, $2 offset; latest change first */
  watchedStudies: {
    sql: `${WATCHED} order by changed_at desc, study_instance_uid limit $1 offset $2`,
    index: 'watched_studies_by_change',
  },
  countNotAnalysed: {
    sql: `select count(*)::text as count from gliabridge.watched_studies where ${NOT_ANALYSED}`,
    index: 'watched_studies_not_analysed',
  },
  /** $1 to $8 in the order of the columns */
  putWatchedStudy: {
    sql: `insert into gliabridge.watched_studies (${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8)
      on conflict (study_instance_uid) do update set instance_set_digest = excluded.instance_set_digest,
        instance_count = excluded.instance_count, first_seen_at = excluded.first_seen_at, changed_at = excluded.changed_at,
        decided_digest = excluded.decided_digest, outcome = excluded.outcome, reason = excluded.reason`,
    index: 'watched_studies_pkey',
  },
  /** $1 trigger */
  cursorOf: {
    sql: 'select value from gliabridge.cursors where trigger_name = $1',
    index: 'cursors_pkey',
  },
  /** $1 trigger, $2 value, $3 now */
  setCursor: {
    sql: `insert into gliabridge.cursors (trigger_name, value, updated_at) values ($1, $2, $3)
      on conflict (trigger_name) do update set value = excluded.value, updated_at = excluded.updated_at`,
    index: 'cursors_pkey',
  },
  /** $1 instances */
  ownInstances: {
    sql: 'select sop_instance_uid from gliabridge.own_instances where sop_instance_uid = any($1::text[])',
    index: 'own_instances_pkey',
  },
  /** $1 instances, $2 now */
  addOwnInstances: {
    sql: `insert into gliabridge.own_instances (sop_instance_uid, added_at)
      select distinct uid, $2::timestamptz from unnest($1::text[]) as uid on conflict (sop_instance_uid) do nothing`,
    index: 'own_instances_pkey',
  },
  /** $1 workitem */
  workitem: {
    sql: 'select * from gliabridge.workitems where workitem_uid = $1',
    index: 'workitems_pkey',
  },
  openWorkitems: {
    sql: `select * from gliabridge.workitems where state <> 'closed' order by claimed_at, workitem_uid`,
    index: 'workitems_open',
  },
  /** $1 to $9 in the order of the columns; a cancellation request is never taken back */
  putWorkitem: {
    sql: `insert into gliabridge.workitems (workitem_uid, transaction_uid, state, study_instance_uid, priority, claimed_at, told, cancel_requested, outcome)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
      on conflict (workitem_uid) do update set transaction_uid = excluded.transaction_uid, state = excluded.state,
        study_instance_uid = excluded.study_instance_uid, told = excluded.told, outcome = excluded.outcome,
        cancel_requested = gliabridge.workitems.cancel_requested or excluded.cancel_requested`,
    index: 'workitems_pkey',
  },
} satisfies Record<string, NamedQuery>
