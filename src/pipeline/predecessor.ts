// The analysis that this one supersedes: the latest earlier one of the study whose results are in the archive.

import type { StoredObject } from '../dicom/sr/evidence.ts'
import type { AnalysisRecord } from '../domain/analysis.ts'
import type { QualityNote } from '../domain/finding.ts'
import type { AnalysisStore } from '../domain/ports/analysis-store.ts'
import type { ReviewFact } from '../domain/review.ts'
import { deliveredObjects } from './delivered-objects.ts'

export interface Predecessor {
  analysisId: string
  /** Its measurement report, when it stored one. */
  report?: StoredObject
  /** All that it stored, rejection notes left out: a note of a note would bring back what it withdrew. */
  objects: StoredObject[]
  /** What a person decided on it. */
  review?: ReviewFact
}

/**
 * Whether software may reject what the earlier analysis stored. Once a person has decided on it, it may not: what was accepted
 * stands until a person rejects it, and what was rejected has its note.
 */
export function mayBeRejected({ review }: Predecessor): boolean {
  return review === undefined
}

/** The earlier analyses of the study that this one replaces, oldest first: all that no person has decided on. */
export async function replacedBy(
  analyses: Pick<AnalysisStore, 'byStudy'>,
  { studyInstanceUid, sequence }: Pick<AnalysisRecord, 'studyInstanceUid' | 'sequence'>,
): Promise<AnalysisRecord[]> {
  const ofStudy = await analyses.byStudy(studyInstanceUid)
  return ofStudy.filter((one) => one.sequence < sequence && one.review === undefined)
}

/** Two results stand beside each other then: the reader must know which one a person has seen. */
export function acceptanceNotes(predecessor: Predecessor | undefined): QualityNote[] {
  const review = predecessor?.review
  if (review === undefined || review.decision === 'reject') return []
  const text = `A reviewer accepted an earlier analysis of this study on ${review.at.slice(0, 10)}; this one does not replace it.`
  return [{ code: 'earlier-analysis-accepted', severity: 'warning', text }]
}

/**
 * Looks at what was written, by the receipt of its delivery, not at what was meant to be. One that is still being delivered
 * is not named: nothing of it may ever arrive.
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
