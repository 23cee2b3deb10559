// Which parts of the image influenced each head that looks at it: maps for the archive, facts for the prediction, sentences for readers.

import type { Head, Prediction, QualityNote, Segment } from '../../domain/finding.ts'
import type { ModelRunner } from '../../domain/ports/model-runner.ts'
import type { Grid, Volume } from '../../domain/volume.ts'
import { SHORT_HEAD_NAMES } from '../../wording/names.ts'
import { partPercent } from '../../wording/quantities.ts'
import { remark } from '../../wording/remarks.ts'
import { isEncoderFeature } from '../bundle/encoder.ts'
import { type Bundle, runnableHeads } from '../bundle/manifest.ts'
import { logOdds } from '../heads/explain.ts'
import type { Features } from '../heads/feature-values.ts'
import { encode } from './encode.ts'
import { occlude, saliencyFacts } from './occlusion.ts'
import type { ImageWindow } from './window.ts'

/** On the working grid. */
export interface SaliencyMap {
  head: Head
  map: Volume
}

export interface SaliencyInput {
  predictions: readonly Prediction[]
  bundle: Bundle
  /** All features, including those of the encoder. */
  features: Features
  window: ImageWindow
  grid: Grid
  /** On that grid. */
  labels: Uint8Array
  runner: Pick<ModelRunner, 'encode' | 'runHead'>
}

/** The predictions with their saliency, and the maps; unchanged if the bundle declares no occlusion. */
export async function explainImage(input: SaliencyInput): Promise<{ predictions: Prediction[]; maps: SaliencyMap[] }> {
  const { bundle, window, grid, labels, runner } = input
  const rules = bundle.encoder?.occlusion
  const explained = answersOf(input)
  if (!rules || explained.length === 0) return { predictions: [...input.predictions], maps: [] }
  const scoresOf = async (hidden: Float32Array) => {
    const features = { ...input.features, ...(await encode(hidden, bundle, runner)).features }
    const scores: number[] = []
    for (const { name, head, at } of explained) {
      const rows = Float32Array.from(head.features, (feature) => features[feature] ?? Number.NaN)
      const { output } = await runner.runHead({ head: name, rows, count: 1, members: false })
      scores.push(head.status === 'tabular' ? logOdds(output[at]!) : output[at]!)
    }
    return scores
  }
  const volumes = await occlude({ window, grid, labels, rules, scoresOf })
  const maps = explained.map(({ name }, n) => ({ head: name, map: volumes[n]! }))
  const segments = bundle.labels.map(({ index, key }) => ({ label: index, key }))
  const predictions = input.predictions.map((prediction) => {
    const own = maps.find(({ head }) => head === prediction.head)
    const saliency = own && saliencyFacts(own.map, labels, segments, rules.block_voxels)
    return saliency && prediction.status !== 'not-evaluable' ? { ...prediction, saliency } : prediction
  })
  return { predictions, maps }
}

/** Heads that answered from the image; `at` is the index of the output to explain. */
function answersOf({ predictions, bundle }: SaliencyInput) {
  return runnableHeads(bundle).flatMap(({ name, head }) => {
    const prediction = predictions.find((one) => one.head === name)
    if (!prediction || prediction.status === 'not-evaluable' || !head.features.some(isEncoderFeature)) return []
    const at = head.status === 'tabular' ? head.classes.indexOf(prediction.explained?.of ?? '') : 0
    return at < 0 ? [] : [{ name, head, at }]
  })
}

/** What influenced the image heads, in sentences; past patients appear only by rank and cosine. */
export function imageNotes(
  predictions: readonly Prediction[],
  segments: readonly Pick<Segment, 'key' | 'name'>[],
): QualityNote[] {
  return predictions.flatMap((prediction) => {
    if (prediction.status === 'not-evaluable') return []
    const note = (code: string, text: string): QualityNote => ({
      code,
      severity: 'info',
      text: `${SHORT_HEAD_NAMES[prediction.head]}: ${text}`,
    })
    const { similar, saliency, explained } = prediction
    const parts = segments.flatMap(({ key, name }) => {
      const share = saliency?.segments[key] ?? 0
      return share > 0 ? [`${name} ${partPercent(share)}`] : []
    })
    const scale = explained?.scale === 'log-risk' ? 'the risk of death' : `the odds of ${explained?.of}`
    return [
      ...(similar
        ? [
            {
              code: 'similar-patients',
              severity: 'info' as const,
              ...remark('similar-patients', { head: prediction.head, of: similar.of, cosines: similar.cosines }),
            },
          ]
        : []),
      ...(saliency
        ? [
            note(
              'saliency',
              `hiding blocks of ${saliency.blockMm.map((mm) => mm.toFixed(0)).join(' × ')} mm moved ${scale} most around LPS (${saliency.centre.map((mm) => mm.toFixed(0)).join(', ')}) mm; ${partPercent(saliency.insideTumour)} of the strongest places lie in the tumour${parts.length > 0 ? ` (${parts.join(', ')})` : ''}.`,
            ),
          ]
        : []),
    ]
  })
}
