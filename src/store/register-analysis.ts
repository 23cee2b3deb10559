// Adds an analysis with its legs and the first event of its history; an existing one keeps what it has, and the more urgent priority.
import type { AnalysisRecord } from '../domain/analysis.ts'
import { LEGS } from '../domain/delivery.ts'
import type { AnalysisStore } from '../domain/ports/analysis-store.ts'
import { PRIORITIES } from '../domain/priority.ts'
import { loadRecord } from './analysis-reads.ts'
import type { Queryable } from './database.ts'
import { addEvent, jsonOrNull } from './history.ts'
import { AT_ONCE } from './lease-time.ts'
import { QUERIES } from './queries.ts'
import { versioned } from './result-schema.ts'

type NewAnalysis = Parameters<AnalysisStore['register']>[0]

export async function register(
  tx: Queryable,
  analysis: NewAnalysis,
  at: string,
): Promise<{ record: AnalysisRecord; created: boolean }> {
  const { analysisId } = analysis
  const priority = PRIORITIES[analysis.priority ?? 'fresh']
  const created = await add(tx, analysis, priority, at)
  if (created) {
    await tx.query(QUERIES.addLegs.sql, [analysisId, [...LEGS]])
    await addEvent(tx, analysisId, at, { kind: 'state', text: 'registered', data: { to: 'queued' } })
  } else {
    await tx.query(QUERIES.raisePriority.sql, [analysisId, priority])
  }
  return { record: await loadRecord(tx, analysisId), created }
}

async function add(tx: Queryable, analysis: NewAnalysis, priority: number, at: string): Promise<boolean> {
  const { study, modelDigest, seriesChoice } = analysis
  const added = await tx.query(QUERIES.addAnalysis.sql, [
    analysis.analysisId,
    analysis.studyInstanceUid,
    analysis.bundleId,
    analysis.bundleDigest,
    analysis.instanceSetDigest,
    at,
    jsonOrNull(study && versioned({ study })),
    modelDigest ?? null,
    AT_ONCE,
    priority,
    jsonOrNull(seriesChoice),
  ])
  return added.length === 1
}
