// The heads' step of an analysis: features from headers, EHR, labels and images, then every head of the bundle.
import { texts } from '../dicom/dataset.ts'
import type { ClinicalFacts, Prediction, QualityNote } from '../domain/finding.ts'
import type { ModelRunner } from '../domain/ports.ts'
import { type PatientIdentity, SEQUENCES, type Sequence, type Series } from '../domain/study.ts'
import type { LabelVolume } from '../domain/volume.ts'
import { type Bundle, runnableHeads } from '../inference/bundle.ts'
import { clinicalFeatures } from '../inference/heads/clinical.ts'
import type { Features } from '../inference/heads/evaluate-head.ts'
import { predictHeads } from '../inference/heads/predict.ts'
import type { Prepared } from '../inference/prepare.ts'

export interface PredictFromStudyInput {
  patient: PatientIdentity
  /** DICOM DA */
  studyDate: string
  chosen: Partial<Record<Sequence, Series>>
  prepared: Prepared
  /** On the reference series' own grid. */
  labels: LabelVolume
  noFinding: boolean
  facts: ClinicalFacts | undefined
  bundle: Bundle
  runner: Pick<ModelRunner, 'runHead'>
}

/** Nothing is computed for a bundle whose heads all say "not evaluable". */
export async function predictFromStudy(
  input: PredictFromStudyInput,
): Promise<{ predictions: Prediction[]; quality: QualityNote[] }> {
  const { patient, studyDate, chosen, noFinding, facts, bundle, runner } = input
  const wanted = runnableHeads(bundle).length > 0
  const instances = Object.values(chosen).flatMap((series) => series.instances)
  const patientAges = instances.flatMap((instance) => texts(instance.metadata, 'PatientAge'))
  const clinical = clinicalFeatures({ patient, studyDate, patientAges, facts })
  const image: Features = wanted && !noFinding ? {} : {}
  const absent = SEQUENCES.filter((sequence) => bundle.sequences[sequence] && !chosen[sequence])
  const { predictions, quality } = await predictHeads({
    bundle,
    features: { ...image, ...clinical.features },
    noFinding,
    absent,
    runner,
  })
  return { predictions, quality: [...(wanted ? clinical.quality : []), ...quality] }
}
