// The prediction step of an analysis: reads what headers and EHR say of the patient, then runs every head of the bundle on the features of the images.
import { texts } from '../dicom/dataset.ts'
import type { ClinicalFacts, Prediction, QualityNote } from '../domain/finding.ts'
import type { HeadStop } from '../domain/stop-rules.ts'
import type { PatientIdentity, Series } from '../domain/study.ts'
import { type Bundle, runnableHeads } from '../inference/bundle/manifest.ts'
import type { SaliencyMap } from '../inference/encoder/saliency.ts'
import { clinicalFeatures } from '../inference/heads/clinical.ts'
import { type PredictFromImagesInput, predictFromImages } from '../inference/heads/predict-from-images.ts'
import { stoppedReason } from '../wording/stop-rules.ts'

/** The bundle without the heads that are off, each of which says why; one that never answers keeps its own reason. */
export function withStopped<B extends Pick<Bundle, 'heads'>>(bundle: B, stops: readonly HeadStop[]): B {
  const heads = { ...bundle.heads }
  for (const stop of stops)
    if (heads[stop.head].status !== 'not_evaluable')
      heads[stop.head] = { status: 'not_evaluable', reason: stoppedReason(stop) }
  return { ...bundle, heads }
}

export interface PredictFromStudyInput extends Omit<PredictFromImagesInput, 'clinical'> {
  patient: PatientIdentity
  /** DICOM DA */
  studyDate: string
  /** The sequences that the networks saw. */
  series: readonly Series[]
  facts: ClinicalFacts | undefined
}

/** Nothing is computed for a bundle whose heads are all "not evaluable". */
export async function predictFromStudy(
  input: PredictFromStudyInput,
): Promise<{ predictions: Prediction[]; quality: QualityNote[]; saliency: SaliencyMap[] }> {
  const { patient, studyDate, series, facts } = input
  const patientAges = series.flatMap(({ instances }) =>
    instances.flatMap(({ metadata }) => texts(metadata, 'PatientAge')),
  )
  const clinical = clinicalFeatures({ patient, studyDate, patientAges, facts })
  const predicted = await predictFromImages({ ...input, clinical: clinical.features })
  const isAsked = runnableHeads(input.bundle).length > 0
  return { ...predicted, quality: [...(isAsked ? clinical.quality : []), ...predicted.quality] }
}
