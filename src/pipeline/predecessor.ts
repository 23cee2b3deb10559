// The analysis that this one supersedes: the latest earlier one of the study whose results are in the archive.
import type { StoredObject } from '../dicom/sr/evidence.ts'
import type { AnalysisRecord } from '../domain/analysis.ts'
import type { AnalysisStore, Artifact } from '../domain/ports.ts'

export interface Predecessor {
  analysisId: string
  /** Its measurement report, when it stored one. */
  report?: StoredObject
  /** All that it stored, rejection notes left out: a note of a note would bring back what it withdrew. */
  objects: StoredObject[]
}

/**
 * Looks at what was written, by the receipt of its delivery, not at what was meant to be. One that is still being delivered
 * is not named: nothing of it may ever arrive.
 */
export async function findPredecessor(
  analyses: Pick<AnalysisStore, 'byStudy' | 'artifacts'>,
  record: Pick<AnalysisRecord, 'analysisId' | 'studyInstanceUid' | 'createdAt'>,
): Promise<Predecessor | undefined> {
  const earlier = (await analyses.byStudy(record.studyInstanceUid))
    .filter((one) => one.analysisId !== record.analysisId && one.createdAt < record.createdAt)
    .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
  for (const { analysisId, legs } of earlier) {
    const receipt = legs.find(({ leg, state }) => leg === 'pacs' && state === 'done')?.receipt ?? {}
    const stored = (await analyses.artifacts(analysisId)).flatMap((artifact) =>
      artifact.role !== 'rejection-note' && artifact.sopInstanceUid === receipt[artifact.role]
        ? asStored(artifact)
        : [],
    )
    if (stored.length === 0) continue
    const report = stored.find(({ role }) => role === 'report')
    return {
      analysisId,
      ...(report === undefined ? {} : { report: report.object }),
      objects: stored.map(({ object }) => object),
    }
  }
  return undefined
}

function asStored({ role, sopInstanceUid, seriesInstanceUid, sopClassUid }: Artifact) {
  return sopInstanceUid && seriesInstanceUid && sopClassUid
    ? [{ role, object: { sopInstanceUid, seriesInstanceUid, sopClassUid } }]
    : []
}
