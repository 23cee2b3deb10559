// Takes an analysis out of the record for good: the one place that may delete rows which are otherwise added to and never changed.
import { AppError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { ErasureStore, KeptAnalysis } from '../domain/ports/erasure-store.ts'
import { type LegRow, toLeg } from './analysis-rows.ts'
import type { Database } from './database.ts'

interface KeptRow {
  analysis_id: string
  study_instance_uid: string
  state: KeptAnalysis['state']
  issuer: string | null
  legs: LegRow[] | null
}

const KEPT = `select a.analysis_id, a.study_instance_uid, a.state, a.summary -> 'patient' ->> 'issuerOfPatientId' as issuer,
    (select jsonb_agg(to_jsonb(l) order by l.leg) from gliabridge.legs l where l.analysis_id = a.analysis_id) as legs
  from gliabridge.analyses a`

/** In the order in which they refer to each other. */
const PARTS = [
  'delete from gliabridge.review_labels where review_id in (select review_id from gliabridge.reviews where analysis_id = $1)',
  'delete from gliabridge.review_documents where review_id in (select review_id from gliabridge.reviews where analysis_id = $1)',
  'delete from gliabridge.review_deliveries where review_id in (select review_id from gliabridge.reviews where analysis_id = $1)',
  'delete from gliabridge.reviews where analysis_id = $1',
  'delete from gliabridge.review_claims where analysis_id = $1',
  'delete from gliabridge.artifacts where analysis_id = $1',
  // Notices that name it, with what they tell of others: what still stands is told of again.
  'delete from gliabridge.notices where position($1 in items::text) > 0',
  'delete from gliabridge.legs where analysis_id = $1',
  'delete from gliabridge.analysis_events where analysis_id = $1',
  // A key names the analysis, whose id is 32 hexadecimal digits.
  'delete from gliabridge.ehr_ledger where position($1 in key) > 0',
  'delete from gliabridge.analyses where analysis_id = $1',
]

const TABLES = ['review_labels', 'review_documents', 'reviews', 'artifacts', 'analysis_events', 'analyses']

export function createErasureStore(db: Database, clock: Clock): ErasureStore {
  const find = async (where: string, values: unknown[]) =>
    (await db.query<KeptRow>(`${KEPT} ${where}`, values)).map(toKept)
  return {
    ofPatient: (patientId, issuer) =>
      find(
        `where a.summary -> 'patient' ->> 'patientId' = $1 and ($2::text is null or a.summary -> 'patient' ->> 'issuerOfPatientId' = $2)
         order by a.created_at, a.analysis_id`,
        [patientId, issuer ?? null],
      ),
    ofStudy: (uid) => find('where a.study_instance_uid = $1 order by a.created_at, a.analysis_id', [uid]),
    atRestBefore: (moment, limit) =>
      find(
        `where a.state in ('delivered', 'superseded') and a.updated_at < $1
           and not exists (select from gliabridge.reviews r join gliabridge.review_deliveries d using (review_id)
             where r.analysis_id = a.analysis_id and d.state <> 'done')
         order by a.updated_at, a.analysis_id limit $2`,
        [moment, limit],
      ),

    erase: (analysisId, reason) =>
      db.transaction(async (tx) => {
        const now = clock.now().toISOString()
        const [row] = await tx.query<{ study_instance_uid: string; worked_on: boolean }>(
          `select study_instance_uid, coalesce(lease_until > $2, false) as worked_on
           from gliabridge.analyses where analysis_id = $1 for update`,
          [analysisId, now],
        )
        if (!row) return
        if (row.worked_on)
          throw new AppError('STATE_CONFLICT', `analysis ${analysisId} is being worked on; erase it when it is at rest`)
        await tx.query(`select set_config('gliabridge.erasing', 'on', true)`)
        for (const part of PARTS) await tx.query(part, [analysisId])
        if (reason === undefined) return
        await tx.query(
          `update gliabridge.watched_studies set outcome = 'declined', reason = $2, decided_digest = instance_set_digest
           where study_instance_uid = $1`,
          [row.study_instance_uid, reason],
        )
      }),

    async reclaim(how) {
      // A server vacuums by itself, and others work on it.
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
