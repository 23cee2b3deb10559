// Reads and writes of the EHR, recorded in the audit trail whether they succeed or fail; the archive's client records its own.
import type { AuditTrail } from '../domain/ports.ts'
import type { Uid } from '../domain/study.ts'

export async function auditedEhr<T>(
  audit: AuditTrail,
  entry: { action: 'read' | 'write'; studyInstanceUid: Uid; what: string },
  work: () => Promise<T>,
): Promise<T> {
  let outcome: 'success' | 'failure' = 'failure'
  try {
    const value = await work()
    outcome = 'success'
    return value
  } finally {
    await audit.record({ ...entry, target: 'ehr', outcome })
  }
}
