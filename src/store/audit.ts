// The audit trail: who-read-what of patient data, append-only by a trigger of the database.
import type { AuditTrail, Clock } from '../domain/ports.ts'
import type { Database } from './database.ts'

export function createAuditTrail(db: Database, clock: Clock): AuditTrail {
  return {
    async record(entry) {
      await db.query(
        'insert into gliabridge.audit (at, action, target, study_instance_uid, what, outcome) values ($1, $2, $3, $4, $5, $6)',
        [clock.now().toISOString(), entry.action, entry.target, entry.studyInstanceUid, entry.what, entry.outcome],
      )
    },
  }
}
