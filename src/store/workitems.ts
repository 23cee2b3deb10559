// The workitems that we have claimed: which are open, and the Transaction UID that makes them ours.
import type { WorkitemStore } from '../domain/ports/worklist.ts'
import type { Priority } from '../domain/priority.ts'
import type { ClaimedWorkitem } from '../domain/workitem.ts'
import type { Database } from './database.ts'
import { QUERIES } from './queries.ts'

interface WorkitemRow {
  workitem_uid: string
  transaction_uid: string
  state: ClaimedWorkitem['state']
  study_instance_uid: string | null
  priority: Priority
  claimed_at: Date
  told: string | null
  cancel_requested: boolean
  outcome: string | null
}

export function createWorkitemStore(db: Database): WorkitemStore {
  return {
    async get(workitemUid) {
      const [row] = await db.query<WorkitemRow>(QUERIES.workitem.sql, [workitemUid])
      return row && toWorkitem(row)
    },
    async open() {
      return (await db.query<WorkitemRow>(QUERIES.openWorkitems.sql)).map(toWorkitem)
    },
    async put(item) {
      await db.query(QUERIES.putWorkitem.sql, [
        item.workitemUid,
        item.transactionUid,
        item.state,
        item.studyInstanceUid ?? null,
        item.priority,
        item.claimedAt,
        item.told ?? null,
        item.cancelRequested,
        item.outcome ?? null,
      ])
    },
  }
}

function toWorkitem(row: WorkitemRow): ClaimedWorkitem {
  return {
    workitemUid: row.workitem_uid,
    transactionUid: row.transaction_uid,
    state: row.state,
    ...(row.study_instance_uid !== null && { studyInstanceUid: row.study_instance_uid }),
    priority: row.priority,
    claimedAt: row.claimed_at.toISOString(),
    ...(row.told !== null && { told: row.told }),
    cancelRequested: row.cancel_requested,
    ...(row.outcome !== null && { outcome: row.outcome }),
  }
}
