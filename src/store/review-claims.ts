// Soft claims of reviewers: one row per person and analysis, renewed while their page is open; measured by the clock of the database, as leases are.
import { AppError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports/clock.ts'
import { MAX_CLAIM_SILENCE_SECONDS, type ReviewClaim, type ReviewClaims } from '../domain/ports/review-claims.ts'
import type { Database, Queryable } from './database.ts'
import { timeOf } from './lease-time.ts'
import { QUERIES } from './queries.ts'

interface ClaimRow {
  analysis_id: string
  identifier: string
  name: string
  since: Date
}

export function createReviewClaims(db: Database, clock: Clock): ReviewClaims {
  const times = () => [timeOf(db, clock), MAX_CLAIM_SILENCE_SECONDS]
  const read = async (on: Queryable, analysisIds: readonly string[]): Promise<ReviewClaim[]> => {
    const rows = await on.query<ClaimRow>(QUERIES.reviewClaimsOf.sql, [[...analysisIds], ...times()])
    return rows.map(({ analysis_id, identifier, name, since }) => ({
      analysisId: analysis_id,
      identifier,
      name,
      since: since.toISOString(),
    }))
  }
  return {
    claim: (analysisId, { identifier, name }) =>
      db.transaction(async (tx) => {
        const [claim] = await tx.query(QUERIES.takeReviewClaim.sql, [analysisId, identifier, name, ...times()])
        if (!claim) throw new AppError('NOT_FOUND', `no analysis ${analysisId}`)
        const all = await read(tx, [analysisId])
        return all.filter((one) => one.identifier !== identifier)
      }),
    leave: async (analysisId, identifier) => {
      await db.query(QUERIES.dropReviewClaim.sql, [analysisId, identifier])
    },
    of: (analysisIds) => read(db, analysisIds),
  }
}
