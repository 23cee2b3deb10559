// Erasure of what is kept here: images first, then the record, each analysis with a row of the audit. PACS and EHR are the hospital's to erase.
import { asAppError } from '../domain/errors.ts'
import type { AuditEntry, AuditTrail } from '../domain/ports/audit-trail.ts'
import type { ErasureStore, KeptAnalysis } from '../domain/ports/erasure-store.ts'
import type { ImageSpool } from '../domain/ports/image-spool.ts'
import type { ReceivedImages } from '../domain/ports/received-images.ts'

export interface ErasePorts {
  records: ErasureStore
  spool: Pick<ImageSpool, 'remove'>
  /** What senders pushed here; left to its own retention where it is absent. */
  received?: Pick<ReceivedImages, 'remove'> | undefined
  audit: AuditTrail
}

export interface EraseOrder {
  /** Who asked, where a person did. */
  user?: NonNullable<AuditEntry['user']>
  /** Stands in the audit: "erasure of a patient", "retention". */
  what: string
  /** Keeps the study from being analysed again, and says why on the page of what is not analysed. */
  reason?: string
}

/**
 * One after the other; what was erased stays erased should a later one fail, and the whole can be repeated. An analysis is audited
 * before it is gone, and once more, as a failure, when it could not be erased.
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
      // The images first: they would not be found again without the record.
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

/** Erases analyses at rest that have not changed since before `moment`; how many. */
export async function eraseByAge(ports: ErasePorts, moment: Date): Promise<number> {
  for (let erased = 0; ; ) {
    const aged = await ports.records.atRestBefore(moment.toISOString(), BATCH)
    await eraseAnalyses(ports, aged, { what: 'retention' })
    erased += aged.length
    if (aged.length > 0) await ports.records.reclaim('reuse')
    if (aged.length < BATCH) return erased
  }
}
