// All heads of a bundle on one study, and whether their answers are consistent.
import { HEADS, type Prediction, type QualityNote } from '../../domain/finding.ts'
import type { ModelRunner } from '../../domain/ports/model-runner.ts'
import type { RunnableHead } from '../bundle/heads.ts'
import type { BundleManifest } from '../bundle/manifest.ts'
import type { Encoded } from '../encoder/encode.ts'
import type { TumourFeatures } from '../features/tumour-features.ts'
import { evaluateHead } from './evaluate-head.ts'
import type { Features } from './feature-values.ts'
import { MISSING, NO_TUMOUR, NOT_ADULT, type Reason } from './reasons.ts'
import { whoNotes } from './who-2021.ts'

export interface PredictInput {
  bundle: Pick<BundleManifest, 'heads'>
  features: Features
  /** The same for samples of the segmentation; undefined for a sample without a tumour. */
  samples?: readonly (Features | undefined)[]
  /** No tumour above the bundle's limit. */
  noFinding: boolean
  /** From the bundle's encoder, if it has one. */
  encoded?: Pick<Encoded, 'similar' | 'refused'> | undefined
  /** Why image features are missing. */
  missing: TumourFeatures['missing']
  runner: Pick<ModelRunner, 'runHead'>
  /** For measuring the heads: without contributions, and including the probabilities before their bounds. */
  isMeasured?: boolean
}

const ADULT_YEARS = 18
/** One prediction per head, in the order of the domain, and notes on contradictions and patterns. */
export async function predictHeads(
  input: PredictInput,
): Promise<{ predictions: Prediction[]; quality: QualityNote[] }> {
  const predictions: Prediction[] = []
  for (const name of HEADS) {
    const head = input.bundle.heads[name]
    // A bundle says in its own words why a head never answers.
    const reason = head.status === 'not_evaluable' ? { reason: head.reason } : obstacle(head, input)
    if (head.status === 'not_evaluable' || reason !== undefined) {
      predictions.push({ head: name, status: 'not-evaluable', reason: '', ...reason })
      continue
    }
    const run = (rows: Float32Array, count: number, members: boolean) =>
      input.runner.runHead({ head: name, rows, count, members })
    const prediction = await evaluateHead(name, head, input.features, run, {
      samples: input.samples ?? [],
      isExplained: !input.isMeasured,
      isMeasured: input.isMeasured ?? false,
    })
    const similar = takesProxy(head) ? input.encoded?.similar : undefined
    predictions.push(prediction.status === 'not-evaluable' || !similar ? prediction : { ...prediction, similar })
  }
  return { predictions, quality: whoNotes(predictions) }
}

/** What prevents every head from answering for this study, or this one for lack of an image or a label. */
function obstacle(head: RunnableHead, { features, noFinding, missing, encoded }: PredictInput): Reason | undefined {
  if (noFinding) return NO_TUMOUR
  if (features.age_years !== undefined && features.age_years < ADULT_YEARS) return NOT_ADULT
  for (const { reason, features: names } of missing) {
    if (reason !== 'undefined' && head.required.some((name) => names.includes(name))) return MISSING[reason]
  }
  return takesProxy(head) ? encoded?.refused : undefined
}

const takesProxy = (head: RunnableHead) => head.features.some((name) => name.startsWith('proxy_'))
