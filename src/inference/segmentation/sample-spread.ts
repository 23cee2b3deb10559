// How far the samples of one inference (members of the ensemble under test-time flips) agree: per voxel and per region.
import type { Measurement } from '../../domain/finding.ts'
import { type Grid, type LabelVolume, voxelMillilitres } from '../../domain/volume.ts'
import type { BundleManifest } from '../bundle/manifest.ts'
import { removeSmallComponents } from '../volumes/components.ts'
import { decideVoxel, voxelsIn } from './decision.ts'

/** On the working grid; `deviation` is per voxel [Z, Y, X] the standard deviation of the tumour's probability over the samples. */
export interface Spread {
  deviation: Float32Array
  /** The labels of each sample alone [Z, Y, X]. */
  samples: Uint8Array[]
}

/** Gathers samples as they come, each held as labels only. */
export class SpreadGatherer {
  readonly #labelCount: number
  readonly #decision: BundleManifest['postprocess']['decision']
  readonly #samples: Uint8Array[] = []
  #mean = new Float64Array(0)
  #squares = new Float64Array(0)

  constructor(labelCount: number, decision: BundleManifest['postprocess']['decision']) {
    this.#labelCount = labelCount
    this.#decision = decision
  }

  /** `probabilities`: background, labels, anatomy, each [Z, Y, X]. */
  add(probabilities: readonly Float32Array[]): void {
    const voxels = probabilities[0]!.length
    if (this.#samples.length === 0) {
      this.#mean = new Float64Array(voxels)
      this.#squares = new Float64Array(voxels)
    }
    const labels = new Uint8Array(voxels)
    const voxel = new Float64Array(probabilities.length)
    for (let v = 0; v < voxels; v++) {
      let tumour = 0
      for (let c = 0; c < voxel.length; c++) {
        voxel[c] = probabilities[c]![v]!
        if (c > 0 && c <= this.#labelCount) tumour += voxel[c]!
      }
      labels[v] = decideVoxel(voxel, this.#labelCount, this.#decision)
      // Running mean and squares (Welford), in double precision: small deviations would be lost otherwise.
      const off = tumour - this.#mean[v]!
      this.#mean[v]! += off / (this.#samples.length + 1)
      this.#squares[v]! += off * (tumour - this.#mean[v]!)
    }
    this.#samples.push(labels)
  }

  /** Undefined with fewer than two samples: nothing can be said. */
  finish(): Spread | undefined {
    const n = this.#samples.length
    if (n < 2) return undefined
    const deviation = Float32Array.from(this.#squares, (squares) => Math.sqrt(Math.max(0, squares) / (n - 1)))
    return { deviation, samples: this.#samples }
  }
}

/** The measurements with what the spread says of their error; as they are when there was one sample. */
export function withDeviations(
  measurements: readonly Measurement[],
  spread: Spread | undefined,
  grid: Grid,
  bundle: Pick<BundleManifest, 'labels' | 'regions' | 'postprocess'>,
): Measurement[] {
  if (!spread) return [...measurements]
  const volumes = Object.fromEntries(measurements.map(({ region, value }) => [region, value]))
  const deviations = volumeDeviations(spread, grid, bundle, volumes)
  return measurements.map((one) => {
    const standardDeviation = deviations[one.region]
    return standardDeviation === undefined ? one : { ...one, standardDeviation }
  })
}

/**
 * Standard deviation in mL of each region's and each label's volume, by key: over the samples, each after the component rule,
 * joined in quadrature with the error that the bundle's evaluation measured on cases it never saw, which the samples cannot
 * show (`volume_relative_sd`, a share of the volume in mL given in `volumes`).
 */
export function volumeDeviations(
  { samples }: Spread,
  grid: Grid,
  bundle: Pick<BundleManifest, 'labels' | 'regions' | 'postprocess'>,
  volumes: Readonly<Record<string, number>>,
): Record<string, number> {
  const ml = voxelMillilitres(grid)
  const measured = bundle.postprocess.volume_relative_sd
  const members: Record<string, readonly number[]> = {
    ...Object.fromEntries(bundle.labels.map(({ key, index }) => [key, [index]])),
    ...bundle.regions,
  }
  const counted = samples.map((data) => {
    const labels: LabelVolume = { grid, data: data.slice() }
    removeSmallComponents(labels, voxelsIn(bundle.postprocess.min_component_ml, grid))
    const counts = new Float64Array(256)
    for (const label of labels.data) counts[label]!++
    return counts
  })
  const out: Record<string, number> = {}
  for (const [key, indices] of Object.entries(members)) {
    const sampled = counted.map((counts) => indices.reduce((sum, index) => sum + counts[index]!, 0) * ml)
    const mean = sampled.reduce((a, b) => a + b, 0) / sampled.length
    const variance = sampled.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (sampled.length - 1)
    const unseen = (measured?.[key] ?? 0) * (volumes[key] ?? 0)
    out[key] = Math.sqrt(variance + unseen ** 2)
  }
  return out
}
