// Removes an analysis from the record for good: the only place that may delete rows that are otherwise append-only.
import { AppError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { ErasureStore, KeptAnalysis } from '../domain/ports/erasure-store.ts'
import { type LegRow, toLeg } from './analysis-rows.ts'
import type { Database } from './database.ts'
import type { NamedQuery } from './queries/named-query.ts'
import { QUERIES } from './queries.ts'

interface KeptRow {
  analysis_id: string
  study_instance_uid: string
  state: KeptAnalysis['state']
  issuer: string | null
  legs: LegRow[] | null
}

/** In the order in which the tables refer to each other. */
const STEPS = [
  QUERIES.eraseReviewLabels,
  QUERIES.eraseReviewDocuments,
  QUERIES.eraseReviewDeliveries,
  QUERIES.eraseReviews,
  QUERIES.eraseReviewClaims,
  QUERIES.eraseTissueAnswers,
  QUERIES.eraseShadowCases,
  QUERIES.eraseArtifacts,
  QUERIES.eraseNotices,
  QUERIES.eraseLegs,
  QUERIES.eraseEvents,
  QUERIES.eraseLedger,
  QUERIES.eraseAnalysis,
]

const TABLES = ['review_labels', 'review_documents', 'reviews', 'artifacts', 'analysis_events', 'analyses']

export function createErasureStore(db: Database, clock: Clock): ErasureStore {
  const find = async ({ sql }: NamedQuery, values: unknown[]) => (await db.query<KeptRow>(sql, values)).map(toKept)
  return {
    ofPatient: (patientId, issuer) => find(QUERIES.keptOfPatient, [patientId, issuer ?? null]),
    ofStudy: (uid) => find(QUERIES.keptOfStudy, [uid]),
    atRestBefore: (moment, limit) => find(QUERIES.keptAtRestBefore, [moment, limit]),

    erase: (analysisId, reason) =>
      db.transaction(async (tx) => {
        const now = clock.now().toISOString()
        const [row] = await tx.query<{ study_instance_uid: string; worked_on: boolean }>(QUERIES.lockForErasure.sql, [
          analysisId,
          now,
        ])
        if (!row) return
        if (row.worked_on)
          throw new AppError('STATE_CONFLICT', `analysis ${analysisId} is being worked on; erase it when it is at rest`)
        await tx.query(QUERIES.allowErasing.sql)
        for (const { sql } of STEPS) await tx.query(sql, [analysisId])
        if (reason !== undefined) await tx.query(QUERIES.declineStudy.sql, [row.study_instance_uid, reason])
      }),

    async reclaim(how) {
      // A server vacuums by itself, and others use it too.
      if (db.engine === 'postgres') return
      for (const table of TABLES) await db.query(`vacuum ${how === 'rewrite' ? 'full ' : ''}gliabridge.${table}`)
      await db.query('checkpoint')
    },
  }
}

function toKept({ analysis_id, study_instance_uid, state, issuer, legs }: KeptRow): KeptAnalysis {
  return {
    analysisId: analysis_id,
    studyInstanceUid: study_instance_uid,
    state,
    issuerOfPatientId: issuer ?? '',
    legs: (legs ?? []).map(toLeg),
  }
}
