// Changes of an analysis: each function works within a transaction that has locked it, and adds to its history.

import {
  type AnalysisRecord,
  type AnalysisState,
  type AnalysisSummary,
  type ConfirmedPatient,
  isAtRest,
  mayBecome,
} from '../domain/analysis.ts'
import type { Leg, LegRecord } from '../domain/delivery.ts'
import { AppError, type ErrorCode } from '../domain/errors.ts'
import type { Artifact } from '../domain/ports/analysis-store.ts'
import { PRIORITIES, type Priority } from '../domain/priority.ts'
import { loadRecord } from './analysis-reads.ts'
import { type LegRow, toLeg } from './analysis-rows.ts'
import { saveArtifacts } from './artifacts.ts'
import type { Queryable } from './database.ts'
import { addEvent, jsonOrNull } from './history.ts'
import { AT_ONCE } from './lease-time.ts'
import { legNews, legValues } from './leg-changes.ts'
import { QUERIES } from './queries.ts'
import { versioned } from './result-schema.ts'

export interface AnalysisChange {
  tx: Queryable
  analysisId: string
  /** The state of the locked analysis. */
  state: AnalysisState
  at: string
}

/** Throws STATE_CONFLICT if the table of states has no such transition. */
export async function move(
  { tx, analysisId, state: from, at }: AnalysisChange,
  to: AnalysisState,
  { hold, text }: { hold?: { code: ErrorCode; message: string }; text?: string } = {},
): Promise<AnalysisRecord> {
  requireStep(analysisId, from, to)
  if ((to === 'held') !== (hold !== undefined))
    throw new AppError('STATE_CONFLICT', `held needs a reason, and only held has one (${analysisId})`)
  const reason = jsonOrNull(hold && { ...hold, at })
  await tx.query(QUERIES.moveAnalysis.sql, [analysisId, to, reason, at, isAtRest(from), isAtRest(to), AT_ONCE])
  await addEvent(tx, analysisId, at, {
    kind: 'state',
    text: text ?? (hold ? `${hold.code}: ${hold.message}` : to),
    data: { from, to, ...(hold ? { code: hold.code } : {}) },
  })
  return loadRecord(tx, analysisId)
}

/** Adds facts to the summary before there is a result. */
export async function describe({ tx, analysisId, at }: AnalysisChange, facts: Partial<AnalysisSummary>): Promise<void> {
  await tx.query(QUERIES.addToSummary.sql, [analysisId, JSON.stringify(versioned(facts)), at])
  await addEvent(tx, analysisId, at, { kind: 'describe', text: `known: ${Object.keys(facts).join(', ')}` })
}

export async function namePatient({ tx, analysisId, at }: AnalysisChange, confirmed: ConfirmedPatient): Promise<void> {
  const { reference, by } = confirmed
  await tx.query(QUERIES.confirmPatient.sql, [analysisId, JSON.stringify(confirmed), at])
  await addEvent(tx, analysisId, at, {
    kind: 'person',
    text: `${by} confirmed the patient of the EHR: ${reference}`,
    data: { reference, by },
  })
}

/** Throws STATE_CONFLICT if nothing is left to be done earlier. */
export async function prioritise(
  { tx, analysisId, state, at }: AnalysisChange,
  priority: Priority,
  by: string,
): Promise<AnalysisRecord> {
  if (state === 'delivered' || state === 'superseded')
    throw new AppError('STATE_CONFLICT', `analysis ${analysisId} is ${state}, so nothing waits to be done earlier`)
  await tx.query(QUERIES.setPriority.sql, [analysisId, PRIORITIES[priority], at])
  const text = `${by} set the priority: ${priority}`
  await addEvent(tx, analysisId, at, { kind: 'person', text, data: { priority, by } })
  return loadRecord(tx, analysisId)
}

/** Throws STATE_CONFLICT unless the analysis is running. */
export async function saveResult(
  { tx, analysisId, state: from, at }: AnalysisChange,
  summary: AnalysisSummary,
  artifacts: readonly Artifact[],
): Promise<AnalysisRecord> {
  requireStep(analysisId, from, 'analysed')
  if (from !== 'running')
    throw new AppError('STATE_CONFLICT', `analysis ${analysisId} is ${from}, only a running one gets a result`)
  await saveArtifacts(tx, analysisId, artifacts)
  await tx.query(QUERIES.saveSummary.sql, [analysisId, JSON.stringify(versioned(summary)), at])
  await addEvent(tx, analysisId, at, {
    kind: 'state',
    text: 'analysed',
    data: { from, to: 'analysed', artifacts: artifacts.map(({ role }) => role) },
  })
  return loadRecord(tx, analysisId)
}

/** Throws STATE_CONFLICT if a completed leg would be reopened other than by delivering again. */
export async function updateLeg(
  { tx, analysisId, state, at }: AnalysisChange,
  leg: Leg,
  update: Partial<Omit<LegRecord, 'leg'>>,
): Promise<LegRecord> {
  const before = await legOf(tx, analysisId, leg)
  const after = { ...before, ...update }
  if (before.state === 'done' && after.state !== 'done' && state !== 'delivered')
    throw new AppError('STATE_CONFLICT', `the ${leg} leg of ${analysisId} is done; it is repeated only by a replay`)
  await tx.query(QUERIES.updateLeg.sql, [analysisId, leg, ...legValues(after, at)])
  await tx.query(QUERIES.touchAnalysis.sql, [analysisId, at])
  const { text, ...code } = legNews(after, update.lastError)
  await addEvent(tx, analysisId, at, {
    kind: 'leg',
    text,
    data: { leg, state: after.state, attempts: after.attempts, ...code },
  })
  return legOf(tx, analysisId, leg)
}

function requireStep(analysisId: string, from: AnalysisState, to: AnalysisState): void {
  if (!mayBecome(from, to))
    throw new AppError('STATE_CONFLICT', `analysis ${analysisId} is ${from} and cannot become ${to}`)
}

async function legOf(tx: Queryable, analysisId: string, leg: Leg): Promise<LegRecord> {
  const [row] = await tx.query<LegRow>(QUERIES.legOf.sql, [analysisId, leg])
  if (!row) throw new AppError('INTERNAL', `analysis ${analysisId} has no ${leg} leg`)
  return toLeg(row)
}
