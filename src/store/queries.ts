// The questions that are asked again and again, by name, each with the index that serves it; test/store/plans.test.ts holds the plans to that.
import { RECORD } from './analysis-rows.ts'

export interface NamedQuery {
  sql: string
  /** The index that the plan must use, however large the table grows. */
  index: string
}

const WATCHED = `select study_instance_uid, instance_set_digest, instance_count, first_seen_at, changed_at, decided_digest, outcome, reason
  from gliabridge.watched_studies`
const NOT_ANALYSED = `outcome in ('declined', 'waiting')`

export const QUERIES = {
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
  /** $1 analysis; in their order */
  eventsOf: {
    sql: 'select at, kind, text, data from gliabridge.analysis_events where analysis_id = $1 order by event_id',
    index: 'analysis_events_of',
  },
  /** $1 analysis, $2 leg */
  legOf: {
    sql: 'select leg, state, attempts, last_error, done_at, receipt from gliabridge.legs where analysis_id = $1 and leg = $2',
    index: 'legs_pkey',
  },
  /** $1 analysis */
  artifactRoles: {
    sql: 'select role from gliabridge.artifacts where analysis_id = $1',
    index: 'artifacts_pkey',
  },
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
  /** $1 workitem */
  workitem: {
    sql: 'select * from gliabridge.workitems where workitem_uid = $1',
    index: 'workitems_pkey',
  },
  openWorkitems: {
    sql: `select * from gliabridge.workitems where state <> 'closed' order by claimed_at, workitem_uid`,
    index: 'workitems_open',
  },
  /** $1 now, $2 later than any wait, $3 limit */
  dueHints: {
    sql: `select kind, value, heard_at, attempts from gliabridge.hints where due_at <= $1 or due_at > $2 order by due_at, value limit $3`,
    index: 'hints_due',
  },
  /** $1 instances */
  ownInstances: {
    sql: 'select sop_instance_uid from gliabridge.own_instances where sop_instance_uid = any($1::text[])',
    index: 'own_instances_pkey',
  },
} satisfies Record<string, NamedQuery>
