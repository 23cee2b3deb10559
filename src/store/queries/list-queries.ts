// The statements by which the worklist searches the record, by name, each with the index that serves it.
import { RECORD } from './analysis-queries.ts'
import type { NamedQuery } from './named-query.ts'

/** Evaluated per analysis: written as `not exists`, the planner would read all reviews for a page of fifty. */
const UNREVIEWED = '(select r.number from gliabridge.reviews r where r.analysis_id = a.analysis_id limit 1) is null'
const TEXT = `lower(concat_ws(' ', a.summary -> 'patient' ->> 'patientName', a.summary -> 'patient' ->> 'patientId',
  a.summary -> 'study' ->> 'accessionNumber', a.summary -> 'study' ->> 'studyDescription', a.study_instance_uid, a.analysis_id))`
const MATCHING = `select ${RECORD} from gliabridge.analyses a where ($3::text is null or a.state = $3)
  and (not $4::boolean or (a.state = 'delivered' and ${UNREVIEWED}))
  and not exists (select 1 from unnest($5::text[]) term where strpos(${TEXT}, lower(term)) = 0)`
const URGENCY = `case when a.state = 'held' then 0 when a.state = 'delivered' and ${UNREVIEWED} then 1
  when a.state in ('queued', 'running', 'analysed') then 2 else 3 end`

export const LIST_QUERIES = {
  /** $1 limit, $2 offset, $3 state or null, $4 whether only unreviewed results, $5 terms that must all occur; newest first */
  searchNewest: {
    sql: `${MATCHING} order by a.created_at desc, a.analysis_id limit $1 offset $2`,
    index: 'analyses_by_age',
  },
  /** The same, but what needs a person first, oldest at the top */
  searchWaiting: {
    sql: `${MATCHING} order by ${URGENCY}, a.created_at, a.analysis_id limit $1 offset $2`,
    wholeTable: 'the order rests on reviews and states together, which no index has',
  },
} satisfies Record<string, NamedQuery>
