// Reads and writes of the EHR, recorded in the audit trail whether they succeed or fail; the archive's client records its own.
import { type AuditScope, withinScope } from '../audit/scope.ts'
import type { AuditTrail } from '../domain/ports/audit-trail.ts'
import type { Uid } from '../domain/study.ts'

/** A client that records each of its requests does so under this study; for one that records none, there is one entry for the whole. */
export async function auditedEhr<T>(
  audit: AuditTrail,
  entry: { action: 'read' | 'write'; studyInstanceUid: Uid; what: string; user?: { identifier: string; name: string } },
  work: () => Promise<T>,
): Promise<T> {
  let outcome: 'success' | 'failure' = 'failure'
  const { studyInstanceUid, user } = entry
  const scope: AuditScope = { studyInstanceUid, recorded: 0, ...(user && { user }) }
  try {
    const value = await withinScope(scope, work)
    outcome = 'success'
    return value
  } finally {
    if (scope.recorded === 0) await audit.record({ ...entry, target: 'ehr', outcome })
  }
}
