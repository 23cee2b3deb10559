// The record of analyses as workers, pages and metrics read it.
import type { Passage } from '../domain/activity.ts'
import type { AnalysisRecord, AnalysisState } from '../domain/analysis.ts'
import { AppError } from '../domain/errors.ts'
import type { AnalysisStore, PatientAnalyses, PriorAnalyses } from '../domain/ports/analysis-store.ts'
import type { Clock } from '../domain/ports/clock.ts'
import { type EventRow, type RecordRow, toEvent, toRecord } from './analysis-rows.ts'
import { loadArtifactRoles, loadArtifacts } from './artifacts.ts'
import type { Database, Queryable } from './database.ts'
import { countByState, readFigures, readVersion, type StoreFigures } from './figures.ts'
import { timeOf } from './lease-time.ts'
import { listAnalyses } from './list-analyses.ts'
import { QUERIES } from './queries.ts'
import { parseResult } from './result-schema.ts'

export interface AnalysisReads
  extends PriorAnalyses,
    PatientAnalyses,
    Pick<AnalysisStore, 'get' | 'byStudy' | 'list' | 'events' | 'result' | 'artifacts' | 'artifactRoles' | 'artifact'> {
  countByState(): Promise<Record<AnalysisState, number>>
  figures(): Promise<StoreFigures>
  /** Of the analyses registered since a time (ISO 8601). */
  passages(since: string): Promise<Passage[]>
  /** Changes with every change of the analysis, or of any analysis. */
  version(analysisId?: string): Promise<string>
}

interface PassageRow {
  created_at: Date
  rested_at: Date | null
  delivered_at: Date | null
}

export function createAnalysisReads(db: Database, clock: Clock): AnalysisReads {
  const records = async (sql: string, values: unknown[]) => (await db.query<RecordRow>(sql, values)).map(toRecord)
  return {
    get: async (analysisId) => (await records(QUERIES.recordById.sql, [analysisId]))[0],
    byStudy: (studyInstanceUid) => records(QUERIES.recordsOfStudy.sql, [studyInstanceUid]),
    byPatient: ({ patientId, issuerOfPatientId }) =>
      records(QUERIES.deliveredOfPatient.sql, [patientId, issuerOfPatientId]),
    byPatientId: ({ patientId, issuerOfPatientId: issuer }) =>
      issuer === undefined
        ? records(QUERIES.deliveredOfIdentifier.sql, [patientId])
        : records(QUERIES.deliveredOfPatient.sql, [patientId, issuer]),
    list: ({ limit = 100, offset = 0, state, ...more } = {}) =>
      // Most requests are for the newest analyses only, which an index serves.
      more.toReview || more.order === 'waiting' || (more.search ?? []).length > 0
        ? listAnalyses(db, { limit, offset, ...(state && { state }), ...more })
        : records(QUERIES.recordsByAge.sql, [limit, offset, state ?? null]),
    events: async (analysisId) => (await db.query<EventRow>(QUERIES.eventsOf.sql, [analysisId])).map(toEvent),
    countByState: () => countByState(db),
    figures: () => readFigures(db, clock.now(), timeOf(db, clock)),
    version: (analysisId) => readVersion(db, analysisId),
    passages: async (since) =>
      (await db.query<PassageRow>(QUERIES.passages.sql, [since])).map((row) => ({
        createdAt: row.created_at.toISOString(),
        ...(row.rested_at && { restedAt: row.rested_at.toISOString() }),
        ...(row.delivered_at && { deliveredAt: row.delivered_at.toISOString() }),
      })),
    async result(analysisId) {
      const [stored] = await loadArtifacts(db, analysisId, 'result')
      return stored && parseResult(analysisId, stored.bytes)
    },
    artifacts: (analysisId) => loadArtifacts(db, analysisId),
    artifactRoles: (analysisId) => loadArtifactRoles(db, analysisId),
    artifact: async (analysisId, role) => (await loadArtifacts(db, analysisId, role))[0],
  }
}

/** Throws NOT_FOUND. */
export async function loadRecord(db: Queryable, analysisId: string): Promise<AnalysisRecord> {
  const [row] = await db.query<RecordRow>(QUERIES.recordById.sql, [analysisId])
  if (!row) throw new AppError('NOT_FOUND', `no analysis ${analysisId}`)
  return toRecord(row)
}
