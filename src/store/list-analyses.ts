// The worklist's question to the record: which analyses, in which order.
import type { AnalysisRecord } from '../domain/analysis.ts'
import type { ListQuery } from '../domain/ports/analysis-store.ts'
import { type RecordRow, toRecord } from './analysis-rows.ts'
import type { Queryable } from './database.ts'
import { RECORD } from './queries/analysis-queries.ts'

const UNREVIEWED = `not exists (select 1 from gliabridge.reviews r where r.analysis_id = a.analysis_id)`
const TEXT = `lower(concat_ws(' ', a.summary -> 'patient' ->> 'patientName', a.summary -> 'patient' ->> 'patientId',
  a.summary -> 'study' ->> 'accessionNumber', a.summary -> 'study' ->> 'studyDescription', a.study_instance_uid, a.analysis_id))`
const ORDERS = {
  newest: 'a.created_at desc',
  waiting: `case when a.state = 'held' then 0 when a.state = 'delivered' and ${UNREVIEWED} then 1
    when a.state in ('queued', 'running', 'analysed') then 2 else 3 end, a.created_at`,
} as const

export async function listAnalyses(
  db: Queryable,
  { limit = 100, offset = 0, state, toReview = false, search = [], order = 'newest' }: ListQuery,
): Promise<AnalysisRecord[]> {
  const rows = await db.query<RecordRow>(
    `select ${RECORD} from gliabridge.analyses a where ($3::text is null or a.state = $3)
       and (not $4::boolean or (a.state = 'delivered' and ${UNREVIEWED}))
       and not exists (select 1 from unnest($5::text[]) term where strpos(${TEXT}, lower(term)) = 0)
     order by ${ORDERS[order]}, a.analysis_id limit $1 offset $2`,
    [limit, offset, state ?? null, toReview, [...search]],
  )
  return rows.map(toRecord)
}
