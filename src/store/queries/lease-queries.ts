// The statements by which workers claim and release analyses, each with the index that serves it.
import type { NamedQuery } from './named-query.ts'

export const CAN_MOVE = `state in ('queued', 'running', 'analysed')`

export const LEASE_QUERIES = {
  /**
   * $1 owner, $2 now, $3 end of the lease, $4 the latest time that is a wait: a later one was written before the clock was set back.
   * Takes what is due, free, and able to move by itself: queued; running, when its worker's lease ended; analysed, with a leg that
   * waits or with every leg done (the worker died before it wrote "delivered"). A failed leg waits for a person unless another waits.
   * Two analyses of one study are never worked on at once, since the later one must know what the earlier one wrote.
   */
  claimAnalysis: {
    sql: `with next as (
        select analysis_id, state from gliabridge.analyses a
        where a.${CAN_MOVE}
          and (a.due_at <= $2 or a.due_at > $4) and (a.lease_until is null or a.lease_until <= $2 or a.lease_until > $4)
          and not exists (select from gliabridge.analyses o where o.study_instance_uid = a.study_instance_uid
            and o.analysis_id <> a.analysis_id and o.lease_until > $2 and o.lease_until <= $4)
          and (a.state <> 'analysed' or (select coalesce(bool_or(l.state = 'waiting') or not bool_or(l.state = 'failed'), true)
            from gliabridge.legs l where l.analysis_id = a.analysis_id))
        order by a.priority, a.sequence
        limit 1
        for update of a skip locked
      )
      update gliabridge.analyses a set lease_owner = $1, lease_until = $3,
        attempts = a.attempts + case when a.state = 'running' then 1 else 0 end
      from next where a.analysis_id = next.analysis_id
      returning a.analysis_id, a.state`,
    index: 'analyses_open',
  },
  /** $1 analysis, $2 owner, $3 end of the lease */
  renewLease: {
    sql: 'update gliabridge.analyses set lease_until = $3 where analysis_id = $1 and lease_owner = $2 returning analysis_id',
    index: 'analyses_pkey',
  },
  /** $1 analysis, $2 owner. Keeps the row locked, so that nobody takes over before the transaction ends. */
  proveLease: {
    sql: 'select analysis_id from gliabridge.analyses where analysis_id = $1 and lease_owner = $2 for update',
    index: 'analyses_pkey',
  },
  /** $1 analysis, $2 owner, $3 due */
  releaseLease: {
    sql: `update gliabridge.analyses set lease_owner = null, lease_until = null, due_at = $3
      where analysis_id = $1 and lease_owner = $2 returning analysis_id`,
    index: 'analyses_pkey',
  },
  /** Nobody holds an analysis at rest. */
  releaseAllLeases: {
    sql: `update gliabridge.analyses set lease_owner = null, lease_until = null
      where ${CAN_MOVE} and lease_owner is not null returning analysis_id`,
    index: 'analyses_open',
  },
  /** $1 analysis, $2 due */
  makeAnalysisDue: {
    sql: `update gliabridge.analyses set due_at = $2
      where analysis_id = $1 and lease_owner is null and ${CAN_MOVE} returning analysis_id`,
    index: 'analyses_pkey',
  },
} satisfies Record<string, NamedQuery>
