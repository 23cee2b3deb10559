// The statements of the audit trail, by name, each with the index that serves it.
import type { NamedQuery } from './named-query.ts'

export const AUDIT_QUERIES = {
  /** $1 to $10 in the order of the columns */
  addAuditRow: {
    sql: `insert into gliabridge.audit
        (at, action, target, study_instance_uid, what, outcome, position, content, previous, digest)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
  },
  auditHead: {
    sql: 'select position::text, digest from gliabridge.audit_head',
    wholeTable: 'has one row',
  },
  /** Keeps the head locked, so that rows are added one at a time, whichever process adds them. */
  lockAuditHead: {
    sql: 'select position::text, digest from gliabridge.audit_head for update',
    wholeTable: 'has one row',
  },
  /** $1 position, $2 digest */
  moveAuditHead: {
    sql: 'update gliabridge.audit_head set position = $1, digest = $2',
    wholeTable: 'has one row',
  },
  /** The digest over the rows from before the chain, and the digest that the chain's first row states for them. */
  auditAnchor: {
    sql: `select gliabridge.audit_before_chain() as digest,
        (select previous from gliabridge.audit where position = 1) as first`,
    index: 'audit_position_key',
  },
  /** $1 after which position, $2 limit */
  auditChain: {
    sql: `select audit_id::text, position::text, action, target, study_instance_uid, what, outcome, content, previous, digest,
        to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
      from gliabridge.audit a where a.position > $1 order by a.position limit $2`,
    index: 'audit_position_key',
  },
  /** Rows without a place in the chain although they were added after its first row. */
  rowsOutsideChain: {
    sql: `select audit_id::text from gliabridge.audit
      where position is null and audit_id > (select min(audit_id) from gliabridge.audit where position is not null) order by audit_id`,
    index: 'audit_position_key',
  },
  /** $1 after which position, $2 from when or null, $3 until when or null, $4 limit; with the patient whom the latest analysis of the study states */
  auditRows: {
    sql: `select a.position::text, a.content, (
        select s.summary -> 'patient' from gliabridge.analyses s
        where s.study_instance_uid = a.study_instance_uid and s.summary ? 'patient' order by s.created_at desc limit 1
      ) as patient
      from gliabridge.audit a where a.position > $1
        and ($2::timestamptz is null or a.at >= $2) and ($3::timestamptz is null or a.at < $3)
      order by a.position limit $4`,
    index: 'audit_position_key',
  },
} satisfies Record<string, NamedQuery>
