// The statements for a site's own figures, by name, each with the index that serves it.
import type { NamedQuery } from './named-query.ts'

export const CONCORDANCE_QUERIES = {
  /** $1 registered since, $2 asked before, $3 limit; latest first */
  tissueToAsk: {
    sql: `select a.analysis_id, a.study_instance_uid, l.receipt ->> 'patient' as patient
      from gliabridge.analyses a join gliabridge.legs l on l.analysis_id = a.analysis_id and l.leg = 'ehr'
      where a.state = 'delivered' and a.created_at >= $1::timestamptz and l.receipt ->> 'patient' is not null
        and coalesce((select t.asked_at from gliabridge.tissue_answers t where t.analysis_id = a.analysis_id), '-infinity') < $2::timestamptz
      order by a.created_at desc, a.analysis_id limit $3`,
    index: 'analyses_by_age',
  },
  /** $1 analysis, $2 now, $3 answers, or null to keep the earlier ones */
  keepTissueAnswers: {
    sql: `insert into gliabridge.tissue_answers as t (analysis_id, asked_at, answers) values ($1, $2, coalesce($3::jsonb, '[]'))
      on conflict (analysis_id) do update set asked_at = excluded.asked_at, answers = coalesce($3::jsonb, t.answers)`,
    index: 'tissue_answers_pkey',
  },
  /** $1 from, $2 until; earliest first. Reads only the scored parts of the summary, which may hold pictures. */
  siteCases: {
    sql: `select a.analysis_id, a.created_at, a.model_digest, a.summary -> 'patient' ->> 'patientId' as patient_id,
        a.summary -> 'patient' ->> 'issuerOfPatientId' as issuer, a.summary -> 'study' ->> 'studyDate' as study_date,
        a.summary -> 'predictions' as predictions, a.summary -> 'measurements' as measurements,
        (select t.answers from gliabridge.tissue_answers t where t.analysis_id = a.analysis_id) as answers,
        (select jsonb_build_object('decision', r.decision, 'edits', r.edits, 'measurements', r.redrawn -> 'measurements', 'reviewer', r.reviewer)
          from gliabridge.reviews r where r.analysis_id = a.analysis_id order by r.number desc limit 1) as review,
        (select jsonb_agg(e.data order by e.event_id) from gliabridge.analysis_events e
          where e.analysis_id = a.analysis_id and e.kind = 'opinion') as opinions
      from gliabridge.analyses a
      where a.state = 'delivered' and a.created_at >= $1::timestamptz and a.created_at < $2::timestamptz
      order by a.created_at, a.analysis_id`,
    index: 'analyses_by_age',
  },
} satisfies Record<string, NamedQuery>
