// The record of analyses: every change is one transaction that also appends to the history. Reading is in analysis-reads.ts.

import { type AnalysisRecord, type AnalysisState, isAtRest, mayBecome } from '../domain/analysis.ts'
import { LEGS, type Leg, type LegRecord } from '../domain/delivery.ts'
import { AppError } from '../domain/errors.ts'
import type { AnalysisStore } from '../domain/ports/analysis-store.ts'
import type { Clock } from '../domain/ports/clock.ts'
import { PRIORITIES } from '../domain/priority.ts'
import { type AnalysisReads, createAnalysisReads } from './analysis-reads.ts'
import { type LegRow, type RecordRow, toLeg, toRecord } from './analysis-rows.ts'
import { saveArtifacts } from './artifacts.ts'
import type { Database, Queryable } from './database.ts'
import { AT_ONCE, createLeases, type Leases } from './leases.ts'
import { QUERIES } from './queries.ts'
import { versioned } from './result-schema.ts'

export interface AnalysisRecords extends AnalysisStore, AnalysisReads, Pick<Leases, 'releaseAll' | 'makeDue'> {}

/** Rows that a statement locked. */
interface Locked {
  state: AnalysisState
}

export function createAnalysisStore(db: Database, clock: Clock): AnalysisRecords {
  const now = () => clock.now().toISOString()

  const change = <T>(
    analysisId: string,
    work: (tx: Queryable, state: AnalysisState, at: string) => Promise<T>,
  ): Promise<T> =>
    db.transaction(async (tx) => {
      const [row] = await tx.query<Locked>('select state from gliabridge.analyses where analysis_id = $1 for update', [
        analysisId,
      ])
      if (!row) throw new AppError('NOT_FOUND', `no analysis ${analysisId}`)
      return work(tx, row.state, now())
    })

  return {
    ...createLeases(db, now),
    ...createAnalysisReads(db, clock),

    register: (analysis) =>
      db.transaction(async (tx) => {
        const { analysisId, studyInstanceUid, bundleId, bundleDigest, modelDigest, instanceSetDigest } = analysis
        const { study, seriesChoice } = analysis
        const priority = PRIORITIES[analysis.priority ?? 'fresh']
        const at = now()
        const added = await tx.query(
          `insert into gliabridge.analyses (analysis_id, study_instance_uid, bundle_id, bundle_digest, instance_set_digest, state,
             created_at, updated_at, due_at, summary, model_digest, priority, series_choice)
           values ($1, $2, $3, $4, $5, 'queued', $6, $6, $9, $7::jsonb, $8, $10, $11::jsonb) on conflict do nothing returning analysis_id`,
          [
            analysisId,
            studyInstanceUid,
            bundleId,
            bundleDigest,
            instanceSetDigest,
            at,
            study ? JSON.stringify(versioned({ study })) : null,
            modelDigest ?? null,
            AT_ONCE,
            priority,
            seriesChoice ? JSON.stringify(seriesChoice) : null,
          ],
        )
        const created = added.length === 1
        if (created) {
          await tx.query(
            `insert into gliabridge.legs (analysis_id, leg, state) select $1, leg, 'waiting' from unnest($2::text[]) as leg`,
            [analysisId, [...LEGS]],
          )
          await append(tx, analysisId, at, 'state', 'registered', { to: 'queued' })
        } else {
          await tx.query('update gliabridge.analyses set priority = $2 where analysis_id = $1 and priority > $2', [
            analysisId,
            priority,
          ])
        }
        return { record: await load(tx, analysisId), created }
      }),

    move: (analysisId, to, detail = {}) =>
      change(analysisId, async (tx, from, at) => {
        const { hold, text } = detail
        requireStep(analysisId, from, to)
        if ((to === 'held') !== (hold !== undefined))
          throw new AppError('STATE_CONFLICT', `held needs a reason, and only held has one (${analysisId})`)
        // At rest nobody holds it, and once put back to work it is due at once, its attempts counted anew.
        await tx.query(
          `update gliabridge.analyses set state = $2, hold = $3::jsonb, updated_at = $4,
             attempts = case when state = 'held' then 0 when $2 = 'running' then attempts + 1 else attempts end,
             due_at = case when $5 then $7 else due_at end,
             lease_owner = case when $6 then null else lease_owner end,
             lease_until = case when $6 then null else lease_until end
           where analysis_id = $1`,
          [analysisId, to, hold ? JSON.stringify({ ...hold, at }) : null, at, isAtRest(from), isAtRest(to), AT_ONCE],
        )
        const data = { from, to, ...(hold ? { code: hold.code } : {}) }
        await append(tx, analysisId, at, 'state', text ?? (hold ? `${hold.code}: ${hold.message}` : to), data)
        return load(tx, analysisId)
      }),

    note: (analysisId, event) =>
      change(analysisId, (tx, _state, at) => append(tx, analysisId, at, event.kind, event.text, event.data)),

    describe: (analysisId, facts) =>
      change(analysisId, async (tx, _state, at) => {
        await tx.query(
          `update gliabridge.analyses set summary = coalesce(summary, '{}') || $2::jsonb, updated_at = $3 where analysis_id = $1`,
          [analysisId, JSON.stringify(versioned(facts)), at],
        )
        await append(tx, analysisId, at, 'describe', `known: ${Object.keys(facts).join(', ')}`)
      }),

    confirmPatient: (analysisId, confirmed) =>
      change(analysisId, async (tx, _state, at) => {
        await tx.query(
          'update gliabridge.analyses set confirmed_patient = $2::jsonb, updated_at = $3 where analysis_id = $1',
          [analysisId, JSON.stringify(confirmed), at],
        )
        const { reference, by } = confirmed
        await append(tx, analysisId, at, 'person', `${by} confirmed the patient of the EHR: ${reference}`, {
          reference,
          by,
        })
      }),

    saveResult: (analysisId, summary, artifacts) =>
      change(analysisId, async (tx, from, at) => {
        requireStep(analysisId, from, 'analysed')
        if (from !== 'running')
          throw new AppError('STATE_CONFLICT', `analysis ${analysisId} is ${from}, only a running one gets a result`)
        await saveArtifacts(tx, analysisId, artifacts)
        await tx.query(
          `update gliabridge.analyses set state = 'analysed', summary = $2::jsonb, updated_at = $3 where analysis_id = $1`,
          [analysisId, JSON.stringify(versioned(summary)), at],
        )
        await append(tx, analysisId, at, 'state', 'analysed', {
          from,
          to: 'analysed',
          artifacts: artifacts.map(({ role }) => role),
        })
        return load(tx, analysisId)
      }),

    updateLeg: (analysisId, leg, update) =>
      change(analysisId, async (tx, state, at) => {
        const before = await legOf(tx, analysisId, leg)
        const after = { ...before, ...update }
        if (before.state === 'done' && after.state !== 'done' && state !== 'delivered') {
          throw new AppError(
            'STATE_CONFLICT',
            `the ${leg} leg of ${analysisId} is done; it is repeated only by a replay`,
          )
        }
        const doneAt = after.state === 'done' ? (after.doneAt ?? at) : null
        await tx.query(
          `update gliabridge.legs set state = $3, attempts = $4, last_error = $5::jsonb, done_at = $6, receipt = $7::jsonb
           where analysis_id = $1 and leg = $2`,
          [analysisId, leg, after.state, after.attempts, json(after.lastError), doneAt, json(after.receipt)],
        )
        await tx.query('update gliabridge.analyses set updated_at = $2 where analysis_id = $1', [analysisId, at])
        const error = after.state === 'done' ? undefined : update.lastError
        await append(
          tx,
          analysisId,
          at,
          'leg',
          error ? `${leg}: ${error.code}: ${error.message}` : `${leg}: ${after.state}`,
          {
            leg,
            state: after.state,
            attempts: after.attempts,
            ...(error ? { code: error.code } : {}),
          },
        )
        return legOf(tx, analysisId, leg)
      }),
  }
}

function requireStep(analysisId: string, from: AnalysisState, to: AnalysisState): void {
  if (!mayBecome(from, to))
    throw new AppError('STATE_CONFLICT', `analysis ${analysisId} is ${from} and cannot become ${to}`)
}

async function load(tx: Queryable, analysisId: string): Promise<AnalysisRecord> {
  const [row] = await tx.query<RecordRow>(QUERIES.recordById.sql, [analysisId])
  if (!row) throw new AppError('NOT_FOUND', `no analysis ${analysisId}`)
  return toRecord(row)
}

async function legOf(tx: Queryable, analysisId: string, leg: Leg): Promise<LegRecord> {
  const [row] = await tx.query<LegRow>(QUERIES.legOf.sql, [analysisId, leg])
  if (!row) throw new AppError('INTERNAL', `analysis ${analysisId} has no ${leg} leg`)
  return toLeg(row)
}

async function append(
  tx: Queryable,
  analysisId: string,
  at: string,
  kind: string,
  text: string,
  data?: Record<string, unknown>,
): Promise<void> {
  await tx.query(
    'insert into gliabridge.analysis_events (analysis_id, at, kind, text, data) values ($1, $2, $3, $4, $5::jsonb)',
    [analysisId, at, kind, text, json(data)],
  )
}

function json(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value)
}
