// A segmentation that is known from the input alone: images in which the tumour is bright, and a network that marks what is bright.
import type { ModelRunner, SegmentResponse } from '../../src/domain/ports/model-runner.ts'
import type { LoadedBundle } from '../../src/inference/bundle/manifest.ts'
import { IDENTITY, type Registrar } from '../../src/inference/volumes/rigid.ts'

/** Voxels; x grows to the right as in BraTS files. */
export const size = [40, 44, 30]
export const affine = [
  [-2, 0, 0, 30],
  [0, -2, 0, 50],
  [0, 0, 2, -20],
]
export const inHead = (i: number, j: number, k: number) => i > 2 && i < 37 && j > 3 && j < 40 && k > 2 && k < 27
export const paint = (f: (i: number, j: number, k: number) => number) =>
  Array.from({ length: 40 * 44 * 30 }, (_, v) => f(v % 40, Math.floor(v / 40) % 44, Math.floor(v / 1760)))

/** Answers with "enhancing" where FLAIR, normalised, is above 1.2; `samplesOf` gives the samples of the same FLAIR. */
export const brightIsTumour = (
  bundle: LoadedBundle,
  samplesOf: (flair: Float32Array) => SegmentResponse['samples'] = () => [],
): ModelRunner => ({
  bundle: bundle.identity,
  runHead: () => Promise.reject(new Error('no head is evaluated here')),
  encode: () => Promise.reject(new Error('no image is encoded here')),
  async segment({ channels }) {
    const flair = channels[3]!
    const high = flair.data.map((value) => (value > 1.2 ? 0.9 : 0.05))
    const rest = high.map((value) => (1 - value) / 3)
    const background = high.map((value) => (value > 0.5 ? 0.04 : 0.85))
    return {
      grid: flair.grid,
      samples: samplesOf(flair.data),
      probabilities: [background, rest.map((v) => v / 2), rest.map((v) => v / 2), high],
      execution: { provider: 'cpu', requested: ['cpu'], declined: [], runtime: 'test', seconds: 1, peakRssMb: 123 },
    }
  },
  async close() {},
})

/** Finds that nothing moved. */
export const still: Registrar = {
  async register() {
    return { transform: IDENTITY, translationMm: 0, rotationDegrees: 0, agreementBefore: 1.2, agreementAfter: 1.2 }
  },
  async close() {},
}
