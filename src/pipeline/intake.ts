// From a settled study to a registered analysis; what counts as the study's images is defined here, once.
import { digestOf } from '../dicom/uid.ts'
import type { AnalysisStore, Log } from '../domain/ports.ts'
import type { Study, Uid } from '../domain/study.ts'
import { isSourceImage } from '../triggers/eligible.ts'
import { analysisIdOf } from './keys.ts'

/** sha256 over the sorted SOP Instance UIDs of the study's source images; results and notes do not count. */
export function imageSetDigest(study: Study): string {
  const uids = study.series.flatMap((series) =>
    isSourceImage(series) ? series.instances.map((instance) => instance.sopInstanceUid) : [],
  )
  return digestOf(uids)
}

export interface IntakePorts {
  analyses: AnalysisStore
  log: Log
  wake(): Promise<void>
}

/** Registers the analysis of this image set by this bundle, once; earlier ones that were not delivered give way to it. */
export async function registerAnalysis(
  ports: IntakePorts,
  bundle: { id: string; digest: string },
  studyInstanceUid: Uid,
  instanceSetDigest: string,
): Promise<string> {
  const analysisId = analysisIdOf(studyInstanceUid, instanceSetDigest, bundle.digest)
  const { created } = await ports.analyses.register({
    analysisId,
    studyInstanceUid,
    instanceSetDigest,
    bundleId: bundle.id,
    bundleDigest: bundle.digest,
  })
  if (created) {
    ports.log.info({ analysisId, studyInstanceUid }, 'registered')
    for (const older of await ports.analyses.byStudy(studyInstanceUid)) {
      if (older.analysisId === analysisId || (older.state !== 'queued' && older.state !== 'held')) continue
      await ports.analyses.move(older.analysisId, 'superseded', { text: `superseded by ${analysisId}` })
    }
  }
  await ports.wake()
  return analysisId
}
