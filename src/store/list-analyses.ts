// The query behind the worklist: which analyses, in which order.
import type { AnalysisRecord } from '../domain/analysis.ts'
import type { ListQuery } from '../domain/ports/analysis-store.ts'
import { type RecordRow, toRecord } from './analysis-rows.ts'
import type { Queryable } from './database.ts'
import { QUERIES } from './queries.ts'

const STATEMENTS = { newest: QUERIES.searchNewest, waiting: QUERIES.searchWaiting } as const

export async function listAnalyses(
  db: Queryable,
  { limit = 100, offset = 0, state, toReview = false, search = [], order = 'newest' }: ListQuery,
): Promise<AnalysisRecord[]> {
  const values = [limit, offset, state ?? null, toReview, [...search]]
  return (await db.query<RecordRow>(STATEMENTS[order].sql, values)).map(toRecord)
}
