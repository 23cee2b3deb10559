// Erases what is kept here: first images, then the record, with audit rows for each analysis. Erasing in PACS and EHR is up to the hospital.
import { asAppError } from '../domain/errors.ts'
import type { AuditEntry, AuditTrail } from '../domain/ports/audit-trail.ts'
import type { ErasureStore, KeptAnalysis } from '../domain/ports/erasure-store.ts'
import type { ImageSpool } from '../domain/ports/image-spool.ts'
import type { ReceivedImages } from '../domain/ports/received-images.ts'

export interface ErasePorts {
  records: ErasureStore
  spool: Pick<ImageSpool, 'remove'>
  /** Images that senders pushed here; if absent, they are left to their own retention. */
  received?: Pick<ReceivedImages, 'remove'> | undefined
  audit: AuditTrail
}

export interface EraseOrder {
  /** The person who asked, if one did. */
  user?: NonNullable<AuditEntry['user']>
  /** For the audit: "erasure of a patient", "retention". */
  what: string
  /** Keeps the study from being analysed again; shown as the reason on the page of studies not analysed. */
  reason?: string
}

/**
 * One after the other: if a later one fails, the earlier ones stay erased, and the whole can be repeated. An analysis is
 * audited before it is erased, and again, as a failure, if it could not be.
 */
export async function eraseAnalyses(
  { records, spool, received, audit }: ErasePorts,
  analyses: readonly KeptAnalysis[],
  { user, what, reason }: EraseOrder,
): Promise<void> {
  for (const { analysisId, studyInstanceUid } of analyses) {
    const entry: Omit<AuditEntry, 'outcome'> = {
      action: 'write',
      target: 'store',
      interaction: 'delete',
      studyInstanceUid,
      what,
      objects: [analysisId],
      ...(user && { user }),
    }
    await audit.record({ ...entry, outcome: 'success' })
    try {
      // Images first: without the record they could not be found again.
      await spool.remove(analysisId)
      await received?.remove(studyInstanceUid, WHENEVER)
      await records.erase(analysisId, reason)
    } catch (thrown) {
      await audit.record({ ...entry, outcome: 'failure' })
      throw asAppError(thrown)
    }
  }
}

/** Later than any object that was received. */
const WHENEVER = new Date(8.64e15)
const BATCH = 100

/** Erases analyses at rest that have not changed since before `moment`; returns how many. */
export async function eraseByAge(ports: ErasePorts, moment: Date): Promise<number> {
  for (let erased = 0; ; ) {
    const aged = await ports.records.atRestBefore(moment.toISOString(), BATCH)
    await eraseAnalyses(ports, aged, { what: 'retention' })
    erased += aged.length
    if (aged.length > 0) await ports.records.reclaim('reuse')
    if (aged.length < BATCH) return erased
  }
}
