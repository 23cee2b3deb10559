// Finds what is stored here about patients and erases it for good. The audit trail stays: it says who saw what, and that it was erased.
import type { AnalysisState } from '../analysis.ts'
import type { LegRecord } from '../delivery.ts'
import type { Uid } from '../study.ts'

/** An analysis as far as erasing it needs. */
export interface KeptAnalysis {
  analysisId: string
  studyInstanceUid: Uid
  state: AnalysisState
  /** Issuer of the Patient ID, as the images state it; empty if they state none. */
  issuerOfPatientId: string
  /** What was written to PACS and EHR and stays there. */
  legs: LegRecord[]
}

export interface ErasureStore {
  /** Analyses whose images state exactly this Patient ID, oldest first; from any issuer if none is given. */
  ofPatient(patientId: string, issuerOfPatientId?: string): Promise<KeptAnalysis[]>
  /** Analyses of a study, whatever is known about its patient. */
  ofStudy(studyInstanceUid: Uid): Promise<KeptAnalysis[]>
  /** Delivered or superseded analyses at rest, with no review still being delivered, unchanged since before `moment` (ISO 8601). */
  atRestBefore(moment: string, limit: number): Promise<KeptAnalysis[]>
  /**
   * Removes record, history, artefacts, reviews and the ledger of its writes in one transaction. With `reason`, the study is not
   * analysed again while its images stay the same, and appears under "Not analysed" with that reason. Throws STATE_CONFLICT while
   * a worker has the analysis; does nothing if there is none.
   */
  erase(analysisId: string, reason?: string): Promise<void>
  /**
   * Reclaims erased space in the embedded database, which does not do so by itself: makes it reusable, or rewrites the tables so
   * that no erased byte remains in their files, which takes time in proportion to their size.
   */
  reclaim(how: 'reuse' | 'rewrite'): Promise<void>
}
