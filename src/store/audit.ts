// The audit trail: who read and wrote what of patient data; append-only by a trigger of the database, and a chain of digests.
import { hostname } from 'node:os'
import { canonicalText } from '../domain/canonical-text.ts'
import type { AuditTrail } from '../domain/ports/audit-trail.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { PatientIdentity } from '../domain/study.ts'
import {
  type AuditContent,
  type ChainHead,
  type ChainProblem,
  type ChainRow,
  chainDigest,
  createChainCheck,
} from './audit-chain.ts'
import type { Database } from './database.ts'

/** A row with what the record of the study's analyses knows of the patient; undefined where it knows nothing. */
export interface AuditRow extends AuditContent {
  identity: PatientIdentity | undefined
}

export interface AuditVerdict {
  rows: number
  head: ChainHead
  problems: ChainProblem[]
}

export interface AuditStore extends AuditTrail {
  /** Looks at every row; against `noted`, a head that somebody kept elsewhere, as well as against the store's own. */
  verify(noted?: ChainHead): Promise<AuditVerdict>
  /** Rows of [from, to) in the order of the chain; both ISO 8601, each may be left out. */
  rows(period: { from?: string; to?: string }): AsyncIterable<AuditRow>
}

const PAGE = 1000

const ADD = `insert into gliabridge.audit
    (at, action, target, study_instance_uid, what, outcome, position, content, previous, digest)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

const CHAIN = `select audit_id::text, position::text, action, target, study_instance_uid, what, outcome, content, previous, digest,
    to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
  from gliabridge.audit a where a.position > $1 order by a.position limit ${PAGE}`

/** Rows without a place that came after the first one that has one. */
const STRANGERS = `select audit_id::text from gliabridge.audit
  where position is null and audit_id > (select min(audit_id) from gliabridge.audit where position is not null) order by audit_id`

/** The database server gives one row after the other its place, whichever process writes it. */
export function createAuditTrail(db: Database, clock: Clock, host: string = hostname()): AuditStore {
  return {
    record: (entry) =>
      db.transaction(async (tx) => {
        const [head] = await tx.query<{ position: string; digest: string }>(
          'select position::text, digest from gliabridge.audit_head for update',
        )
        const previous = head?.digest ?? ''
        const position = Number(head?.position ?? 0) + 1
        const at = clock.now().toISOString()
        const content = canonicalText({ ...entry, position, at, host } satisfies AuditContent)
        const digest = chainDigest(previous, content)
        const { action, target, studyInstanceUid, what, outcome } = entry
        const values = [at, action, target, studyInstanceUid, what, outcome, position, content, previous, digest]
        await tx.query(ADD, values)
        await tx.query('update gliabridge.audit_head set position = $1, digest = $2', [position, digest])
      }),

    async verify(noted) {
      const [before] = await db.query<{ digest: string; first: string | null }>(
        `select gliabridge.audit_before_chain() as digest,
           (select previous from gliabridge.audit where position = 1) as first`,
      )
      const [head] = await db.query<{ position: string; digest: string }>(
        'select position::text, digest from gliabridge.audit_head',
      )
      const stored = { position: Number(head?.position ?? 0), digest: head?.digest ?? '' }
      const anchor = before?.first ?? before?.digest ?? ''
      const check = createChainCheck(anchor)
      const strangers = await db.query<{ audit_id: string }>(STRANGERS)
      if (strangers.length === 0 && before?.digest !== anchor)
        check.problems.push({ kind: 'changed', where: 'a row from before the chain' })
      for (const { audit_id } of strangers) check.see({ ...NO_PLACE, auditId: audit_id })
      let rows = 0
      let rowNoted: ChainHead | undefined
      for await (const row of chain(db)) {
        check.see(row)
        rows += 1
        if (row.position === noted?.position) rowNoted = { position: row.position ?? 0, digest: row.digest }
      }
      const last = check.end(stored)
      if (noted && noted.position > 0 && rowNoted?.digest !== noted.digest)
        check.problems.push({ kind: 'changed', where: `row ${noted.position} is not the one that was noted down` })
      return { rows, head: last, problems: check.problems }
    },

    async *rows({ from, to }) {
      for (let after = 0, more = true; more; ) {
        const page = await db.query<{ position: string; content: string; patient: PatientIdentity | null }>(
          `select a.position::text, a.content, (
             select s.summary -> 'patient' from gliabridge.analyses s
             where s.study_instance_uid = a.study_instance_uid and s.summary ? 'patient' order by s.created_at desc limit 1
           ) as patient
           from gliabridge.audit a where a.position > $1
             and ($2::timestamptz is null or a.at >= $2) and ($3::timestamptz is null or a.at < $3)
           order by a.position limit ${PAGE}`,
          [after, from ?? null, to ?? null],
        )
        for (const { content, patient } of page)
          yield { ...(JSON.parse(content) as AuditContent), identity: patient ?? undefined }
        after = Number(page.at(-1)?.position ?? after)
        more = page.length === PAGE
      }
    },
  }
}

const NO_PLACE: ChainRow = {
  auditId: '',
  position: undefined,
  at: '',
  action: '',
  target: '',
  studyInstanceUid: '',
  what: '',
  outcome: '',
  content: '',
  previous: '',
  digest: '',
}

interface StoredRow extends Record<'audit_id' | 'position' | 'study_instance_uid', string> {
  at: string
  action: string
  target: string
  what: string
  outcome: string
  content: string
  previous: string
  digest: string
}

async function* chain(db: Database): AsyncIterable<ChainRow> {
  for (let after = 0, more = true; more; ) {
    const page = await db.query<StoredRow>(CHAIN, [after])
    for (const { audit_id, position, study_instance_uid, ...row } of page)
      yield { ...row, auditId: audit_id, position: Number(position), studyInstanceUid: study_instance_uid }
    after = Number(page.at(-1)?.position ?? after)
    more = page.length === PAGE
  }
}
