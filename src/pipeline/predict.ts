// The heads' step of an analysis: features from headers, EHR, labels and images, then every head of the bundle.
import { texts } from '../dicom/dataset.ts'
import type { ClinicalFacts, Prediction, QualityNote } from '../domain/finding.ts'
import type { ModelRunner } from '../domain/ports.ts'
import type { PatientIdentity, Sequence, Series } from '../domain/study.ts'
import type { LabelVolume } from '../domain/volume.ts'
import { brainMask } from '../inference/brain-mask.ts'
import { type Bundle, runnableHeads } from '../inference/bundle.ts'
import { computeTumourFeatures, type TumourFeatures, tumourLabels } from '../inference/features/tumour-features.ts'
import { clinicalFeatures } from '../inference/heads/clinical.ts'
import { predictHeads } from '../inference/heads/predict.ts'
import type { Prepared } from '../inference/prepare.ts'

export interface PredictFromStudyInput {
  patient: PatientIdentity
  /** DICOM DA */
  studyDate: string
  chosen: Partial<Record<Sequence, Series>>
  prepared: Prepared
  /** Of each class on the working grid. */
  probabilities: readonly Float32Array[]
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
  const wanted = runnableHeads(bundle).flatMap(({ head }) => head.features)
  const instances = Object.values(chosen).flatMap((series) => series.instances)
  const patientAges = instances.flatMap((instance) => texts(instance.metadata, 'PatientAge'))
  const clinical = clinicalFeatures({ patient, studyDate, patientAges, facts })
  const image = noFinding ? NOTHING : imageFeatures(input, wanted)
  const { predictions, quality } = await predictHeads({
    bundle,
    features: { ...image.features, ...clinical.features },
    noFinding,
    missing: image.missing,
    runner,
  })
  return { predictions, quality: [...(wanted.length > 0 ? clinical.quality : []), ...quality] }
}

const NOTHING: TumourFeatures = { features: {}, missing: [] }
/** Shares that the segmentation cannot know without contrast. */
const NEEDS_CONTRAST = ['enhancing_fraction', 'necrosis_fraction']

/** Every feature that a head of the bundle asks for, from the labels and the sequences on the reference series' grid. */
function imageFeatures(
  { prepared, probabilities, labels, bundle }: PredictFromStudyInput,
  wanted: readonly string[],
): TumourFeatures {
  if (wanted.length === 0) return NOTHING
  const imageOf = (sequence: Sequence) => prepared.onReference.find((one) => one.sequence === sequence)?.image
  const t1c = imageOf('T1c')
  const found = computeTumourFeatures({
    t1c,
    t2: imageOf('T2'),
    flair: imageOf('FLAIR'),
    labels,
    tumour: tumourLabels(bundle),
    brain: brainMask(probabilities, prepared.grid, bundle),
    wanted: [...new Set(wanted)],
  })
  if (t1c) return found
  const unknown = NEEDS_CONTRAST.filter((name) => wanted.includes(name))
  return {
    features: { ...found.features, ...Object.fromEntries(unknown.map((name) => [name, Number.NaN])) },
    missing: [...found.missing, ...(unknown.length > 0 ? [{ reason: 'no T1c' as const, features: unknown }] : [])],
  }
}
