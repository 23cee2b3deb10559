// The analysis that this one supersedes: the latest earlier one of the study whose results are in the archive.

import type { StoredObject } from '../dicom/sr/evidence.ts'
import type { AnalysisRecord } from '../domain/analysis.ts'
import type { QualityNote } from '../domain/finding.ts'
import type { AnalysisStore } from '../domain/ports/analysis-store.ts'
import type { ReviewFact } from '../domain/review.ts'
import { remark } from '../wording/remarks.ts'
import { deliveredObjects } from './delivered-objects.ts'

export interface Predecessor {
  analysisId: string
  /** Its measurement report, if it stored one. */
  report?: StoredObject
  /** Everything it stored except rejection notes: rejecting a note would bring back what it withdrew. */
  objects: StoredObject[]
  /** A person's decision on it. */
  review?: ReviewFact
}

/**
 * Whether software may reject what the earlier analysis stored. Once a person has decided on it, it may not: an accepted result
 * stands until a person rejects it, and a rejected one already has its note.
 */
export function mayBeRejected({ review }: Predecessor): boolean {
  return review === undefined
}

/** The earlier analyses of the study that this one replaces, oldest first: all on which no person has decided. */
export async function replacedBy(
  analyses: Pick<AnalysisStore, 'byStudy'>,
  { studyInstanceUid, sequence }: Pick<AnalysisRecord, 'studyInstanceUid' | 'sequence'>,
): Promise<AnalysisRecord[]> {
  const ofStudy = await analyses.byStudy(studyInstanceUid)
  return ofStudy.filter((one) => one.sequence < sequence && one.review === undefined)
}

/** Two results then exist side by side: the reader must know which one a person has seen. */
export function acceptanceNotes(predecessor: Predecessor | undefined): QualityNote[] {
  const review = predecessor?.review
  if (review === undefined || review.decision === 'reject') return []
  const said = remark('earlier-analysis-accepted', { on: review.at.slice(0, 10) })
  return [{ code: 'earlier-analysis-accepted', severity: 'warning', ...said }]
}

/**
 * Goes by the receipt of a completed delivery, not by what was meant to be written. An analysis still being delivered is not
 * named: it may never arrive.
 */
export async function findPredecessor(
  analyses: Pick<AnalysisStore, 'byStudy' | 'artifacts'>,
  record: Pick<AnalysisRecord, 'studyInstanceUid' | 'sequence'>,
): Promise<Predecessor | undefined> {
  const earlier = (await analyses.byStudy(record.studyInstanceUid))
    .filter((one) => one.sequence < record.sequence)
    .sort((a, b) => b.sequence - a.sequence)
  for (const { analysisId, legs, review } of earlier) {
    const stored = deliveredObjects(legs, await analyses.artifacts(analysisId))
    if (stored.length === 0) continue
    const report = stored.find(({ role }) => role === 'report')
    return {
      analysisId,
      ...(report === undefined ? {} : { report: report.object }),
      objects: stored.map(({ object }) => object),
      ...(review === undefined ? {} : { review }),
    }
  }
  return undefined
}
