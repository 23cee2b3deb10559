// The statements that remove an analysis from the record, by name, each with the index that serves it.
import type { NamedQuery } from './named-query.ts'

const KEPT = `select a.analysis_id, a.study_instance_uid, a.state, a.summary -> 'patient' ->> 'issuerOfPatientId' as issuer,
    (select jsonb_agg(to_jsonb(l) order by l.leg) from gliabridge.legs l where l.analysis_id = a.analysis_id) as legs
  from gliabridge.analyses a`
const REVIEWS = 'select review_id from gliabridge.reviews where analysis_id = $1'

export const ERASURE_QUERIES = {
  /** $1 patient, $2 issuer or null; oldest first */
  keptOfPatient: {
    sql: `${KEPT} where a.summary -> 'patient' ->> 'patientId' = $1
        and ($2::text is null or a.summary -> 'patient' ->> 'issuerOfPatientId' = $2)
      order by a.created_at, a.analysis_id`,
    wholeTable: 'the index of patients has delivered analyses alone; a person asks for an erasure, which is rare',
  },
  /** $1 study; oldest first */
  keptOfStudy: {
    sql: `${KEPT} where a.study_instance_uid = $1 order by a.created_at, a.analysis_id`,
    index: 'analyses_by_study',
  },
  /** $1 moment, $2 limit; at rest and unchanged since before it, with no review decision still being delivered */
  keptAtRestBefore: {
    sql: `${KEPT} where a.state in ('delivered', 'superseded') and a.updated_at < $1
        and not exists (select from gliabridge.reviews r join gliabridge.review_deliveries d using (review_id)
          where r.analysis_id = a.analysis_id and d.state <> 'done')
      order by a.updated_at, a.analysis_id limit $2`,
    wholeTable: 'retention asks for it a few times a day',
  },
  /** $1 analysis, $2 now; locked until the transaction ends */
  lockForErasure: {
    sql: `select study_instance_uid, coalesce(lease_until > $2, false) as worked_on
      from gliabridge.analyses where analysis_id = $1 for update`,
    index: 'analyses_pkey',
  },
  /** Lets this transaction delete rows that are otherwise append-only. */
  allowErasing: {
    sql: `select set_config('gliabridge.erasing', 'on', true)`,
  },
  /** $1 analysis, as in all statements of this kind */
  eraseReviewLabels: {
    sql: `delete from gliabridge.review_labels where review_id in (${REVIEWS})`,
    index: 'review_labels_pkey',
  },
  eraseReviewDocuments: {
    sql: `delete from gliabridge.review_documents where review_id in (${REVIEWS})`,
    index: 'review_documents_pkey',
  },
  eraseReviewDeliveries: {
    sql: `delete from gliabridge.review_deliveries where review_id in (${REVIEWS})`,
    index: 'review_deliveries_pkey',
  },
  eraseReviews: {
    sql: 'delete from gliabridge.reviews where analysis_id = $1',
    index: 'reviews_analysis_id_',
  },
  eraseReviewClaims: {
    sql: 'delete from gliabridge.review_claims where analysis_id = $1',
    index: 'review_claims_pkey',
  },
  eraseTissueAnswers: {
    sql: 'delete from gliabridge.tissue_answers where analysis_id = $1',
    index: 'tissue_answers_pkey',
  },
  eraseArtifacts: {
    sql: 'delete from gliabridge.artifacts where analysis_id = $1',
    index: 'artifacts_pkey',
  },
  /** Notices that name it, including what they report about others, which is reported again if it still applies. */
  eraseNotices: {
    sql: 'delete from gliabridge.notices where position($1 in items::text) > 0',
    wholeTable: 'the analysis is named in the text of the items; notices are few',
  },
  eraseLegs: {
    sql: 'delete from gliabridge.legs where analysis_id = $1',
    index: 'legs_pkey',
  },
  eraseEvents: {
    sql: 'delete from gliabridge.analysis_events where analysis_id = $1',
    index: 'analysis_events_of',
  },
  /** A key names the analysis, whose id is 32 hexadecimal digits. */
  eraseLedger: {
    sql: 'delete from gliabridge.ehr_ledger where position($1 in key) > 0',
    wholeTable: 'the analysis is named in the middle of the key; an erasure is rare',
  },
  eraseAnalysis: {
    sql: 'delete from gliabridge.analyses where analysis_id = $1',
    index: 'analyses_pkey',
  },
  /** $1 study, $2 reason; until its images change */
  declineStudy: {
    sql: `update gliabridge.watched_studies set outcome = 'declined', reason = $2, decided_digest = instance_set_digest
      where study_instance_uid = $1`,
    index: 'watched_studies_pkey',
  },
} satisfies Record<string, NamedQuery>
