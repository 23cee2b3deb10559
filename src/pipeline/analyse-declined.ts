// Analyses a study that the service declined, or cannot decide on, because a person asks for it: the same path as run-study, audited.
import type { AnalysisRecord } from '../domain/analysis.ts'
import { AppError } from '../domain/errors.ts'
import type { AnalysisStore } from '../domain/ports/analysis-store.ts'
import type { AuditTrail } from '../domain/ports/audit-trail.ts'
import type { ImageArchive } from '../domain/ports/image-archive.ts'
import type { WatchStore } from '../domain/ports/watch-store.ts'
import type { Uid } from '../domain/study.ts'
import { imageSetDigest } from './intake.ts'

export interface AnalyseDeclinedPorts {
  archive: Pick<ImageArchive, 'retrieveMetadata'>
  analyses: Pick<AnalysisStore, 'get' | 'note'>
  watch: Pick<WatchStore, 'get' | 'put' | 'isOwn'>
  audit: AuditTrail
  /** Registers an image set; the same set again is the same analysis. */
  register(studyInstanceUid: Uid, digest: string): Promise<string>
}

/** Registers the study as it is now. Throws NOT_FOUND if it is not on the list; `by` names who asks. */
export async function analyseDeclinedStudy(
  ports: AnalyseDeclinedPorts,
  study: Uid,
  by: string,
): Promise<AnalysisRecord> {
  const { archive, analyses, watch, audit } = ports
  const watched = await watch.get(study)
  if (watched?.decision === undefined || watched.decision.outcome === 'accepted')
    throw new AppError('NOT_FOUND', `study ${study} is not among the studies that were declined or wait`)
  const recordRequest = (outcome: 'success' | 'failure') =>
    audit.record({
      action: 'read',
      target: 'pacs',
      studyInstanceUid: study,
      what: 'analysis of a study that was declined, asked for by a person',
      outcome,
      user: { identifier: by, name: by },
    })
  let analysisId: string
  let digest: string
  try {
    digest = await imageSetDigest(watch, await archive.retrieveMetadata(study))
    analysisId = await ports.register(study, digest)
  } catch (error) {
    await recordRequest('failure')
    throw error
  }
  await recordRequest('success')
  await analyses.note(analysisId, { kind: 'asked', text: `asked for by ${by}; the service had declined it` })
  await watch.put({
    ...watched,
    instanceSetDigest: digest,
    decidedDigest: digest,
    decision: { outcome: 'accepted', reason: `asked for by ${by}` },
  })
  const record = await analyses.get(analysisId)
  if (!record) throw new AppError('INTERNAL', `analysis ${analysisId} was registered and is not there`)
  return record
}
