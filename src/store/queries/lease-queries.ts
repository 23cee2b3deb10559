// The statements by which workers claim and release analyses, each with the index that serves it.
import { after, timeOr } from '../lease-time.ts'
import type { NamedQuery } from './named-query.ts'

export const CAN_MOVE = `state in ('queued', 'running', 'analysed')`

/** Of another analysis of the study of `a`. $1 now or null, $2 the longest wait. */
const OTHER_AT_WORK = `select from gliabridge.analyses o where o.study_instance_uid = a.study_instance_uid
  and o.analysis_id <> a.analysis_id and o.lease_until > ${timeOr('$1')} and o.lease_until <= ${after(timeOr('$1'), '$2')}`

export const LEASE_QUERIES = {
  /**
   * $1 now or null, $2 the longest wait in seconds: what waits longer was written before the clock was set back; $3 'analyse', 'deliver' or null.
   * What is due, free, and able to move by itself: queued; running, when its worker's lease ended; analysed, with a leg that
   * waits or with every leg done (the worker died before it wrote "delivered"). A failed leg waits for a person unless another waits.
   * Its study is locked until the transaction ends, unless another worker claims an analysis of it at this moment.
   */
  nextAnalysis: {
    sql: `with next as (
        select a.analysis_id, a.study_instance_uid, a.state from gliabridge.analyses a
        where a.${CAN_MOVE} and ($3::text is null or (a.state = 'analysed') = ($3 = 'deliver'))
          and (a.due_at <= ${timeOr('$1')} or a.due_at > ${after(timeOr('$1'), '$2')})
          and (a.lease_until is null or a.lease_until <= ${timeOr('$1')} or a.lease_until > ${after(timeOr('$1'), '$2')})
          and not exists (${OTHER_AT_WORK})
          and (a.state <> 'analysed' or (select coalesce(bool_or(l.state = 'waiting') or not bool_or(l.state = 'failed'), true)
            from gliabridge.legs l where l.analysis_id = a.analysis_id))
        order by a.priority, a.sequence
        limit 1
        for update of a skip locked
      )
      select analysis_id, state, pg_try_advisory_xact_lock(hashtextextended('analysis of ' || study_instance_uid, 0)) as locked from next`,
    index: 'analyses_open',
  },
  /**
   * $1 now or null, $2 the longest wait in seconds, $3 analysis, $4 owner, $5 seconds, $6 attempts to count.
   * Two analyses of one study are never worked on at once, since the later one must know what the earlier one wrote: looked at once more under the lock.
   */
  claimAnalysis: {
    sql: `update gliabridge.analyses a set lease_owner = $4, lease_until = ${after(timeOr('$1'), '$5')},
        attempts = a.attempts + $6::int
      where a.analysis_id = $3 and not exists (${OTHER_AT_WORK}) returning a.analysis_id`,
    index: 'analyses_pkey',
  },
  /** $1 analysis. Whether a step of the attempt that was the last to work on it had begun and not ended. */
  stepUnderWay: {
    sql: `select coalesce(sum(case when e.data ? 'seconds' then -1 else 1 end), 0) > 0 as is_under_way from gliabridge.analysis_events e
      where e.analysis_id = $1 and e.kind = 'step' and e.event_id > coalesce((select max(b.event_id) from gliabridge.analysis_events b
        where b.analysis_id = $1 and b.kind in ('state', 'lease')), 0)`,
    index: 'analysis_events_of',
  },
  /** $1 now or null, $2 analysis, $3 owner, $4 seconds */
  renewLease: {
    sql: `update gliabridge.analyses set lease_until = ${after(timeOr('$1'), '$4')} where analysis_id = $2 and lease_owner = $3 returning analysis_id`,
    index: 'analyses_pkey',
  },
  /** $1 analysis, $2 owner. Keeps the row locked, so that nobody takes over before the transaction ends. */
  proveLease: {
    sql: 'select analysis_id from gliabridge.analyses where analysis_id = $1 and lease_owner = $2 for update',
    index: 'analyses_pkey',
  },
  /** $1 now or null, $2 analysis, $3 owner, $4 seconds until it is due, or null: due as $5 says */
  releaseLease: {
    sql: `update gliabridge.analyses set lease_owner = null, lease_until = null, due_at = coalesce(${after(timeOr('$1'), '$4')}, $5)
      where analysis_id = $2 and lease_owner = $3 returning analysis_id`,
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
