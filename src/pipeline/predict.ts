// The heads' step of an analysis: features from headers, EHR, labels, images and the encoder, then every head of the bundle.
import { texts } from '../dicom/dataset.ts'
import type { ClinicalFacts, Prediction, QualityNote } from '../domain/finding.ts'
import type { ModelRunner, SegmentResponse } from '../domain/ports/model-runner.ts'
import type { PatientIdentity, Sequence, Series } from '../domain/study.ts'
import type { LabelVolume } from '../domain/volume.ts'
import { type Bundle, runnableHeads, tumourLabels } from '../inference/bundle/manifest.ts'
import { encode } from '../inference/encoder/encode.ts'
import { explainImage, imageNotes, type SaliencyMap } from '../inference/encoder/saliency.ts'
import { cutWindow } from '../inference/encoder/window.ts'
import { computeTumourFeatures, type TumourFeatures } from '../inference/features/tumour-features.ts'
import { clinicalFeatures } from '../inference/heads/clinical.ts'
import { predictHeads } from '../inference/heads/predict.ts'
import { brainMask } from '../inference/segmentation/brain-mask.ts'
import { labelsOnGrid } from '../inference/segmentation/postprocess.ts'
import type { Prepared } from '../inference/segmentation/prepare.ts'

export interface PredictFromStudyInput {
  patient: PatientIdentity
  /** DICOM DA */
  studyDate: string
  chosen: Partial<Record<Sequence, Series>>
  prepared: Prepared
  segmented: Pick<SegmentResponse, 'grid' | 'probabilities'>
  /** On the reference series' own grid. */
  labels: LabelVolume
  noFinding: boolean
  facts: ClinicalFacts | undefined
  bundle: Bundle
  runner: Pick<ModelRunner, 'runHead' | 'encode'>
}

/** Nothing is computed for a bundle whose heads all say "not evaluable". */
export async function predictFromStudy(
  input: PredictFromStudyInput,
): Promise<{ predictions: Prediction[]; quality: QualityNote[]; saliency: SaliencyMap[] }> {
  const { patient, studyDate, chosen, noFinding, facts, bundle, runner } = input
  const wanted = runnableHeads(bundle).flatMap(({ head }) => head.features)
  const instances = Object.values(chosen).flatMap((series) => series.instances)
  const patientAges = instances.flatMap((instance) => texts(instance.metadata, 'PatientAge'))
  const clinical = clinicalFeatures({ patient, studyDate, patientAges, facts })
  const image = noFinding ? NOTHING : imageFeatures(input, wanted)
  const seen = noFinding ? undefined : await encodeStudy(input)
  const features = { ...image.features, ...clinical.features, ...seen?.encoded.features }
  const { predictions, quality } = await predictHeads({
    bundle,
    features,
    encoded: seen?.encoded,
    noFinding,
    missing: image.missing,
    runner,
  })
  const notes = [...(wanted.length > 0 ? clinical.quality : []), ...quality]
  if (!seen) return { predictions, quality: notes, saliency: [] }
  const { grid } = input.prepared
  const explained = await explainImage({ predictions, bundle, features, ...seen, grid, runner })
  return {
    predictions: explained.predictions,
    quality: [...notes, ...imageNotes(explained.predictions, bundle.labels)],
    saliency: explained.maps,
  }
}

/** What the encoder makes of the image; undefined where the bundle has none, or nothing is on the working grid that it asks for. */
async function encodeStudy({ prepared, segmented, bundle, runner }: PredictFromStudyInput) {
  if (!bundle.encoder) return undefined
  const { grid, channels } = prepared
  const labels = labelsOnGrid(segmented.probabilities, segmented.grid, grid, bundle).labels.data
  const window = cutWindow(channels, grid, labels, bundle.encoder)
  return window && { window, labels, encoded: await encode(window.data, bundle, runner) }
}

const NOTHING: TumourFeatures = { features: {}, missing: [] }
/** Shares that the segmentation cannot know without contrast. */
const NEEDS_CONTRAST = ['enhancing_fraction', 'necrosis_fraction']

/** Every feature that a head of the bundle asks for, from the labels and the sequences on the reference series' grid. */
function imageFeatures(
  { prepared, segmented, labels, bundle }: PredictFromStudyInput,
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
    brain: brainMask(segmented.probabilities, segmented.grid, bundle),
    wanted: [...new Set(wanted)],
  })
  if (t1c) return found
  const unknown = NEEDS_CONTRAST.filter((name) => wanted.includes(name))
  return {
    features: { ...found.features, ...Object.fromEntries(unknown.map((name) => [name, Number.NaN])) },
    missing: [...found.missing, ...(unknown.length > 0 ? [{ reason: 'no T1c' as const, features: unknown }] : [])],
  }
}
