// What is kept of patients here, found and taken away for good. The audit trail stays: it says who saw what, and that it was erased.
import type { AnalysisState } from '../analysis.ts'
import type { LegRecord } from '../delivery.ts'
import type { Uid } from '../study.ts'

/** An analysis as far as erasing it needs. */
export interface KeptAnalysis {
  analysisId: string
  studyInstanceUid: Uid
  state: AnalysisState
  /** Of the patient, as the images state it; empty where they state none. */
  issuerOfPatientId: string
  /** What was written to PACS and EHR, and stays there. */
  legs: LegRecord[]
}

export interface ErasureStore {
  /** Those whose images state exactly this Patient ID, oldest first; of every issuer when none is named. */
  ofPatient(patientId: string, issuerOfPatientId?: string): Promise<KeptAnalysis[]>
  /** Those of a study, whatever is known of its patient. */
  ofStudy(studyInstanceUid: Uid): Promise<KeptAnalysis[]>
  /** Delivered or superseded ones at rest, with no decision of a person on its way, and unchanged since before `moment` (ISO 8601). */
  atRestBefore(moment: string, limit: number): Promise<KeptAnalysis[]>
  /**
   * Takes record, history, artefacts, reviews and the ledger of its writes away in one transaction. With `reason` the study is kept
   * from being analysed again as long as its images stay the same, and stands under "Not analysed" with it. STATE_CONFLICT while a
   * worker has the analysis; nothing happens when there is none.
   */
  erase(analysisId: string, reason?: string): Promise<void>
  /**
   * Of the space that was erased, in the embedded database, which does nothing of it by itself: lets it be used again, or writes the
   * tables again so that no erased byte stays in their files, which takes as long as the tables are large.
   */
  reclaim(how: 'reuse' | 'rewrite'): Promise<void>
}
