// All heads of a bundle on one patient's images: features of the tumour and from the encoder, for the outline and each of its samples.
import type { Prediction, QualityNote } from '../../domain/finding.ts'
import { nextTurn } from '../../domain/next-turn.ts'
import type { ModelRunner, SegmentResponse } from '../../domain/ports/model-runner.ts'
import type { Sequence } from '../../domain/study.ts'
import type { LabelVolume } from '../../domain/volume.ts'
import { type Bundle, runnableHeads, tumourLabels } from '../bundle/manifest.ts'
import { encode } from '../encoder/encode.ts'
import { explainImage, imageNotes, type SaliencyMap } from '../encoder/saliency.ts'
import { cutWindow } from '../encoder/window.ts'
import { type Brain, brainIn } from '../features/brain.ts'
import { computeTumourFeatures, type TumourFeatures } from '../features/tumour-features.ts'
import { brainMask } from '../segmentation/brain-mask.ts'
import { applySizeRules, labelsOnGrid } from '../segmentation/postprocess.ts'
import type { Prepared } from '../segmentation/prepare.ts'
import type { Features } from './feature-values.ts'
import { predictHeads } from './predict.ts'

export interface PredictFromImagesInput {
  /** Of clinicalFeatures. */
  clinical: Features
  prepared: Prepared
  segmented: Pick<SegmentResponse, 'grid' | 'probabilities' | 'samples'>
  /** On the reference series' own grid. */
  labels: LabelVolume
  noFinding: boolean
  bundle: Bundle
  runner: Pick<ModelRunner, 'runHead' | 'encode'>
  /** As in PredictInput; nothing is explained then. */
  isMeasured?: boolean
}

/** Features are computed for at most this many samples: each takes about as long as the outline itself. */
export const MAX_SAMPLES = 6

/** Nothing is computed for a bundle whose heads are all "not evaluable". */
export async function predictFromImages(
  input: PredictFromImagesInput,
): Promise<{ predictions: Prediction[]; quality: QualityNote[]; saliency: SaliencyMap[] }> {
  const { clinical, prepared, segmented, noFinding, bundle, runner } = input
  const { grid } = prepared
  const featureNames = [...new Set(runnableHeads(bundle).flatMap(({ head }) => head.features))]
  const isNothing = noFinding || featureNames.length === 0
  const mask = isNothing ? undefined : brainMask(segmented.probabilities, segmented.grid, bundle)
  const brain = mask && brainIn(mask)
  const image = isNothing ? NOTHING : imageFeatures(input, input.labels, brain, featureNames)
  const seen =
    noFinding || !bundle.encoder ? undefined : await encodeStudy(input, onWorkGrid(input, segmented.probabilities))
  const features = { ...image.features, ...clinical, ...seen?.encoded.features }
  const samples: (Features | undefined)[] = []
  for (const sample of isNothing ? [] : samplesOf(segmented)) {
    const labels: LabelVolume = { grid: segmented.grid, data: sample.labels.slice() }
    if (applySizeRules(labels, bundle)) {
      samples.push(undefined)
      continue
    }
    // Features take about a second: pages are answered, and images packed for them, between one sample and the next.
    await nextTurn()
    const own = bundle.encoder && (await encodeStudy(input, onWorkGrid(input, oneHot(labels.data, segmented))))
    samples.push({
      ...imageFeatures(input, labels, brain, featureNames).features,
      ...clinical,
      ...own?.encoded.features,
    })
  }
  const { predictions, quality } = await predictHeads({
    bundle,
    features,
    samples,
    encoded: seen?.encoded,
    noFinding,
    missing: image.missing,
    runner,
    isMeasured: input.isMeasured ?? false,
  })
  if (!seen || input.isMeasured) return { predictions, quality, saliency: [] }
  const explained = await explainImage({ predictions, bundle, features, ...seen, grid, runner })
  return {
    predictions: explained.predictions,
    quality: [...quality, ...imageNotes(explained.predictions, bundle.labels)],
    saliency: explained.maps,
  }
}

/** At most MAX_SAMPLES, spread evenly over their order; none if the answer came from a single sample. */
function samplesOf({ samples }: PredictFromImagesInput['segmented']): PredictFromImagesInput['segmented']['samples'] {
  if (samples.length < 2 || samples.length <= MAX_SAMPLES) return samples.length < 2 ? [] : samples
  return Array.from({ length: MAX_SAMPLES }, (_, n) => samples[Math.floor((n * samples.length) / MAX_SAMPLES)]!)
}

/** Labels on the grid that the encoder sees. */
function onWorkGrid({ prepared, segmented, bundle }: PredictFromImagesInput, probabilities: readonly Float32Array[]) {
  return labelsOnGrid(probabilities, segmented.grid, prepared.grid, bundle).labels.data
}

function oneHot(labels: Uint8Array, { probabilities }: PredictFromImagesInput['segmented']): Float32Array[] {
  return probabilities.map((_, c) => Float32Array.from(labels, (label) => Number(label === c)))
}

/** The encoder's features of the image around `labels` on the working grid; undefined if nothing it requires is there. */
async function encodeStudy({ prepared, bundle, runner }: PredictFromImagesInput, labels: Uint8Array) {
  const window = cutWindow(prepared.channels, prepared.grid, labels, bundle.encoder!)
  return window && { window, labels, encoded: await encode(window.data, bundle, runner) }
}

const NOTHING: TumourFeatures = { features: {}, missing: [] }
/** Fractions that the segmentation cannot know without contrast. */
const NEEDS_CONTRAST = ['enhancing_fraction', 'necrosis_fraction']

/** Every feature that a head of the bundle requires, for the tumour shown by `labels`. */
function imageFeatures(
  { prepared, bundle }: PredictFromImagesInput,
  labels: LabelVolume,
  brain: Brain | undefined,
  featureNames: readonly string[],
): TumourFeatures {
  const imageOf = (sequence: Sequence) => prepared.onReference.find((one) => one.sequence === sequence)?.image
  const t1c = imageOf('T1c')
  const features = computeTumourFeatures({
    t1c,
    t2: imageOf('T2'),
    flair: imageOf('FLAIR'),
    labels,
    tumour: tumourLabels(bundle),
    brain,
    names: featureNames,
  })
  if (t1c) return features
  const unknown = NEEDS_CONTRAST.filter((name) => featureNames.includes(name))
  return {
    features: { ...features.features, ...Object.fromEntries(unknown.map((name) => [name, Number.NaN])) },
    missing: [...features.missing, ...(unknown.length > 0 ? [{ reason: 'no T1c' as const, features: unknown }] : [])],
  }
}
