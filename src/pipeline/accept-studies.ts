// The studies of an acceptance: which of the PACS it takes, and each analysed like any other, but the EHR is not asked and nothing is delivered.
import type { StudyAccepted } from '../domain/acceptance.ts'
import { AppError } from '../domain/errors.ts'
import type { ClinicalRecords } from '../domain/ports/clinical-record.ts'
import type { ImageArchive } from '../domain/ports/image-archive.ts'
import type { Study, Uid } from '../domain/study.ts'
import { analyseStudy } from './analyse-study.ts'
import type { AnalyseOptions, AnalysePorts } from './analysis-run.ts'
import { imageSetDigest } from './intake.ts'
import { resultLabels } from './result-labels.ts'

export interface AcceptPorts extends Omit<AnalysePorts, 'ehr' | 'spool' | 'switches'> {
  register(studyInstanceUid: Uid, digest: string): Promise<string>
}

/** An acceptance tests what images alone give: the patient's record is not part of it. */
const NO_RECORD: ClinicalRecords = {
  forStudy: () => ({
    matchPatient: async () => 'Patient/none',
    postReport: async () => {
      throw new AppError('INTERNAL', 'an acceptance writes no report')
    },
  }),
}

/** Analyses the study on its own, without comparison to earlier ones. Throws what an analysis throws. */
export async function acceptStudy(
  { register, ...ports }: AcceptPorts,
  options: AnalyseOptions,
  studyInstanceUid: Uid,
): Promise<StudyAccepted> {
  const { analyses, archive, watch, clock } = ports
  const begun = clock.now().getTime()
  const analysisId = await register(
    studyInstanceUid,
    await imageSetDigest(watch, await archive.retrieveMetadata(studyInstanceUid)),
  )
  const record = await analyses.move(analysisId, 'running')
  const alone = { ...options, priors: { ...options.priors, enabled: false }, consentRequired: false }
  await analyseStudy({ ...ports, ehr: NO_RECORD }, alone, record)
  const result = await analyses.result(analysisId)
  if (!result?.grid) throw new AppError('INPUT_IMPLAUSIBLE', 'the images of the study changed while it was analysed')
  const segmentation = (await analyses.artifact(analysisId, 'segmentation'))?.bytes
  const labels = resultLabels(result, result.grid, segmentation)
  const seconds = (clock.now().getTime() - begun) / 1000
  return { result, labels, ...(segmentation && { segmentation }), seconds }
}

/** MR studies in this range of study dates that the rules accept; our own results and other body parts are left out, as by the watch. */
export async function eligibleStudies(
  archive: Pick<ImageArchive, 'searchStudies' | 'retrieveMetadata'>,
  { from, to }: { from: string; to: string },
  isEligible: (study: Study) => boolean,
): Promise<Uid[]> {
  const eligible: Uid[] = []
  for (const { studyInstanceUid } of await archive.searchStudies({ from, to, modality: 'MR' }))
    if (isEligible(await archive.retrieveMetadata(studyInstanceUid))) eligible.push(studyInstanceUid)
  return eligible
}
