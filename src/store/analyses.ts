// The record of analyses: every change is one transaction that also adds to the history. Changes are in analysis-changes.ts, reads in analysis-reads.ts.

import type { AnalysisState } from '../domain/analysis.ts'
import { AppError } from '../domain/errors.ts'
import type { AnalysisStore } from '../domain/ports/analysis-store.ts'
import type { Clock } from '../domain/ports/clock.ts'
import {
  type AnalysisChange,
  describe,
  move,
  namePatient,
  prioritise,
  saveResult,
  updateLeg,
} from './analysis-changes.ts'
import { type AnalysisReads, createAnalysisReads } from './analysis-reads.ts'
import type { Database } from './database.ts'
import { addEvent } from './history.ts'
import { createLeases, fenced, type Leases } from './leases.ts'
import { QUERIES } from './queries.ts'
import { register } from './register-analysis.ts'

export interface AnalysisRecords extends AnalysisStore, AnalysisReads, Pick<Leases, 'releaseAll' | 'makeDue'> {}

export function createAnalysisStore(db: Database, clock: Clock): AnalysisRecords {
  const at = () => clock.now().toISOString()

  /** Locks the analysis, so that what `work` decides from its state still holds when it writes. */
  const change = <T>(analysisId: string, work: (change: AnalysisChange) => Promise<T>): Promise<T> =>
    db.transaction(async (tx) => {
      const [row] = await tx.query<{ state: AnalysisState }>(QUERIES.lockAnalysis.sql, [analysisId])
      if (!row) throw new AppError('NOT_FOUND', `no analysis ${analysisId}`)
      return work({ tx, analysisId, state: row.state, at: at() })
    })

  return {
    ...createLeases(db, clock),
    ...createAnalysisReads(db, clock),
    leased: (analysisId, owner) => createAnalysisStore(fenced(db, analysisId, owner), clock),
    register: (analysis) => db.transaction((tx) => register(tx, analysis, at())),
    move: (analysisId, to, detail) => change(analysisId, (locked) => move(locked, to, detail)),
    note: (analysisId, event) => change(analysisId, (locked) => addEvent(locked.tx, analysisId, locked.at, event)),
    describe: (analysisId, facts) => change(analysisId, (locked) => describe(locked, facts)),
    confirmPatient: (analysisId, confirmed) => change(analysisId, (locked) => namePatient(locked, confirmed)),
    prioritise: (analysisId, priority, by) => change(analysisId, (locked) => prioritise(locked, priority, by)),
    saveResult: (analysisId, summary, artifacts) =>
      change(analysisId, (locked) => saveResult(locked, summary, artifacts)),
    updateLeg: (analysisId, leg, update) => change(analysisId, (locked) => updateLeg(locked, leg, update)),
  }
}
