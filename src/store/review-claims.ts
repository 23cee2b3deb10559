// Soft claims of reviewers: one row per person and analysis, renewed while their page is open.
import { AppError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports/clock.ts'
import { MAX_CLAIM_SILENCE_SECONDS, type ReviewClaim, type ReviewClaims } from '../domain/ports/review-claims.ts'
import type { Database, Queryable } from './database.ts'
import { QUERIES } from './queries.ts'

interface ClaimRow {
  analysis_id: string
  identifier: string
  name: string
  since: Date
}

export function createReviewClaims(db: Database, clock: Clock): ReviewClaims {
  const oldest = () => new Date(clock.now().getTime() - 1000 * MAX_CLAIM_SILENCE_SECONDS).toISOString()
  const read = async (on: Queryable, analysisIds: readonly string[]): Promise<ReviewClaim[]> => {
    const rows = await on.query<ClaimRow>(QUERIES.reviewClaimsOf.sql, [[...analysisIds], oldest()])
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
        const now = clock.now().toISOString()
        const [claim] = await tx.query(QUERIES.takeReviewClaim.sql, [analysisId, identifier, name, now, oldest()])
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
