// The features that a bundle's encoder supplies to the heads: its own numbers, and the values of the most similar past patients in its library.
import type { EvaluatedPrediction } from '../../domain/finding.ts'
import type { ModelRunner } from '../../domain/ports/model-runner.ts'
import { encoderFeatures } from '../bundle/encoder.ts'
import { proxyOf } from '../bundle/library.ts'
import type { Bundle } from '../bundle/manifest.ts'
import type { Features } from '../heads/feature-values.ts'
import { type Reason, unlikeLibraryReason } from '../heads/reasons.ts'

export interface Encoded {
  /** image_1 …, and proxy_1 … if there is a library. */
  features: Features
  similar?: NonNullable<EvaluatedPrediction['similar']>
  /** Why heads that use the proxy must not answer. */
  refused?: Reason
}

/** `window` is the encoder's input, as returned by cutWindow. */
export async function encode(
  window: Float32Array,
  { encoder, library }: Pick<Bundle, 'encoder' | 'library'>,
  runner: Pick<ModelRunner, 'encode'>,
): Promise<Encoded> {
  const { features, embedding } = await runner.encode(window)
  const image = encoderFeatures('image', features)
  if (!encoder?.library || !library || !embedding) return { features: image }
  const { value, neighbours } = proxyOf(library, embedding)
  const cosines = neighbours.map(({ cosine }) => cosine)
  const least = encoder.library.least_cosine
  return {
    features: { ...image, ...encoderFeatures('proxy', value) },
    similar: { cosines, of: library.facts.rows },
    ...(cosines[0]! < least && { refused: unlikeLibraryReason(cosines[0]!, least) }),
  }
}
