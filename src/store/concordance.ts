// The data behind this site's own figures: the latest tissue answers, and delivered analyses with their last review.
import type { SiteCase, TissueAnswer } from '../domain/concordance.ts'
import type { Measurement, Prediction } from '../domain/finding.ts'
import { opinionIn } from '../domain/opinion.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { ConcordanceStore } from '../domain/ports/concordance-store.ts'
import type { Review } from '../domain/review.ts'
import type { Database } from './database.ts'
import { QUERIES } from './queries.ts'

interface CaseRow {
  analysis_id: string
  created_at: Date
  model_digest: string | null
  patient_id: string | null
  issuer: string | null
  study_date: string | null
  predictions: Prediction[] | null
  measurements: Measurement[] | null
  answers: TissueAnswer[] | null
  review: (Pick<Review, 'decision' | 'edits' | 'reviewer'> & { measurements: Measurement[] | null }) | null
  opinions: unknown[] | null
}

export function createConcordanceStore(db: Database, clock: Clock): ConcordanceStore {
  return {
    async toAsk(from, before, limit) {
      const rows = await db.query<{ analysis_id: string; study_instance_uid: string; patient: string }>(
        QUERIES.tissueToAsk.sql,
        [from, before, limit],
      )
      return rows.map(({ analysis_id, study_instance_uid, patient }) => {
        return { analysisId: analysis_id, studyInstanceUid: study_instance_uid, patient }
      })
    },
    async keep(analysisId, answers) {
      const values = [analysisId, clock.now().toISOString(), answers ? JSON.stringify(answers) : null]
      await db.query(QUERIES.keepTissueAnswers.sql, values)
    },
    async rested(from) {
      const [row] = await db.query<{ rested: number; held: number }>(QUERIES.restedSince.sql, [from])
      return row!
    },
    cases: async (from, until) => (await db.query<CaseRow>(QUERIES.siteCases.sql, [from, until])).map(toCase),
  }
}

function toCase(row: CaseRow): SiteCase {
  const { review } = row
  return {
    analysisId: row.analysis_id,
    createdAt: row.created_at.toISOString(),
    patientKey: JSON.stringify([row.patient_id, row.issuer]),
    studyDate: row.study_date ?? '',
    modelDigest: row.model_digest ?? '',
    predictions: row.predictions ?? [],
    measurements: row.measurements ?? [],
    answers: row.answers ?? [],
    opinions: (row.opinions ?? []).flatMap((data) => opinionIn(data) ?? []),
    ...(review && {
      review: {
        decision: review.decision,
        edits: review.edits,
        reviewer: review.reviewer,
        ...(review.measurements && { measurements: review.measurements }),
      },
    }),
  }
}
