// The audit trail: who read and wrote which patient data; kept append-only by a trigger of the database, and a chain of digests.
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
  contentIn,
  createChainCheck,
} from './audit-chain.ts'
import type { Database } from './database.ts'
import { QUERIES } from './queries.ts'

/** A row, and what the record of the study's analyses knows of the patient; undefined if it knows nothing. */
export interface AuditRow extends AuditContent {
  identity: PatientIdentity | undefined
}

export interface AuditVerdict {
  rows: number
  head: ChainHead
  problems: ChainProblem[]
}

export interface AuditStore extends AuditTrail {
  /** Checks every row, and the store's own head; also against `noted`, a head that somebody kept elsewhere. */
  verify(noted?: ChainHead): Promise<AuditVerdict>
  /** Rows of [from, to) in the order of the chain; both ISO 8601 and optional. */
  rows(period: { from?: string; to?: string }): AsyncIterable<AuditRow>
}

const PAGE = 1000

/** The database gives each row its place in turn, whichever process writes it. */
export function createAuditTrail(db: Database, clock: Clock, host: string = hostname()): AuditStore {
  return {
    record: (entry) =>
      db.transaction(async (tx) => {
        const [head] = await tx.query<{ position: string; digest: string }>(QUERIES.lockAuditHead.sql)
        const previous = head?.digest ?? ''
        const position = Number(head?.position ?? 0) + 1
        const at = clock.now().toISOString()
        const content = canonicalText({ ...entry, position, at, host } satisfies AuditContent)
        const digest = chainDigest(previous, content)
        const { action, target, studyInstanceUid, what, outcome } = entry
        const values = [at, action, target, studyInstanceUid, what, outcome, position, content, previous, digest]
        await tx.query(QUERIES.addAuditRow.sql, values)
        await tx.query(QUERIES.moveAuditHead.sql, [position, digest])
      }),

    async verify(noted) {
      const [before] = await db.query<{ digest: string; first: string | null }>(QUERIES.auditAnchor.sql)
      const [head] = await db.query<{ position: string; digest: string }>(QUERIES.auditHead.sql)
      const stored = { position: Number(head?.position ?? 0), digest: head?.digest ?? '' }
      const anchor = before?.first ?? before?.digest ?? ''
      const check = createChainCheck(anchor)
      const strangers = await db.query<{ audit_id: string }>(QUERIES.rowsOutsideChain.sql)
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
          QUERIES.auditRows.sql,
          [after, from ?? null, to ?? null, PAGE],
        )
        for (const { position, content, patient } of page)
          yield { ...contentIn(content, position), identity: patient ?? undefined }
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
    const page = await db.query<StoredRow>(QUERIES.auditChain.sql, [after, PAGE])
    for (const { audit_id, position, study_instance_uid, ...row } of page)
      yield { ...row, auditId: audit_id, position: Number(position), studyInstanceUid: study_instance_uid }
    after = Number(page.at(-1)?.position ?? after)
    more = page.length === PAGE
  }
}
