// The history of an analysis: events are added and never rewritten.
import type { AnalysisEvent } from '../domain/analysis.ts'
import type { Queryable } from './database.ts'
import { QUERIES } from './queries.ts'

export async function addEvent(
  tx: Queryable,
  analysisId: string,
  at: string,
  { kind, text, data }: Omit<AnalysisEvent, 'at'>,
): Promise<void> {
  await tx.query(QUERIES.addEvent.sql, [analysisId, at, kind, text, jsonOrNull(data)])
}

/** A value for a jsonb column that may be null. */
export function jsonOrNull(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value)
}
