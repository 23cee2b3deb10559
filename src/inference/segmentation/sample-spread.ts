// How well the samples of one inference (ensemble members under test-time flips) agree, per voxel and per region.
import type { Measurement } from '../../domain/finding.ts'
import { type Grid, type LabelVolume, voxelMillilitres } from '../../domain/volume.ts'
import type { BundleManifest } from '../bundle/manifest.ts'
import { removeSmallComponents } from '../volumes/components.ts'
import { type DecisionRule, decideVoxel, voxelsIn } from './decision.ts'

/** The labels of one sample [Z, Y, X]. */
export interface Sample {
  labels: Uint8Array
}

/** `deviation` is the standard deviation of the tumour's probability per voxel; absent with one sample, when it is unknown. */
export interface Spread {
  samples: Sample[]
  deviation?: Float32Array
}

/** What is kept of a voxel of one sample. */
export interface Coding {
  /** One byte: the label, or which of some regions the voxel is in. */
  code: (voxel: Float64Array) => number
  /** Outputs that together are tumour, whose deviation is computed. */
  tumour: readonly number[]
}

/** Of classes: background, labels, anatomy. */
export function labelCoding(rule: DecisionRule): Coding {
  return { code: (voxel) => decideVoxel(voxel, rule), tumour: Array.from({ length: rule.labelCount }, (_, n) => n + 1) }
}

/** Collects samples as they arrive, each held as labels only. */
export class SpreadGatherer {
  readonly #coding: Coding
  readonly #samples: Sample[] = []
  #mean = new Float64Array(0)
  #squares = new Float64Array(0)

  constructor(coding: Coding) {
    this.#coding = coding
  }

  /** `probabilities`: one array [Z, Y, X] per output of the stage. */
  add(probabilities: readonly Float32Array[]): void {
    const voxels = probabilities[0]!.length
    if (this.#samples.length === 0) {
      this.#mean = new Float64Array(voxels)
      this.#squares = new Float64Array(voxels)
    }
    const labels = new Uint8Array(voxels)
    const voxel = new Float64Array(probabilities.length)
    const { code, tumour: outputs } = this.#coding
    for (let v = 0; v < voxels; v++) {
      for (let c = 0; c < voxel.length; c++) voxel[c] = probabilities[c]![v]!
      labels[v] = code(voxel)
      let tumour = 0
      for (const c of outputs) tumour += voxel[c]!
      // Running mean and squares (Welford) in double precision: small deviations would be lost otherwise.
      const off = tumour - this.#mean[v]!
      this.#mean[v]! += off / (this.#samples.length + 1)
      this.#squares[v]! += off * (tumour - this.#mean[v]!)
    }
    this.#samples.push({ labels })
  }

  finish(): Spread {
    const samples = this.#samples
    if (samples.length < 2) return { samples }
    const deviation = Float32Array.from(this.#squares, (sum) => Math.sqrt(Math.max(0, sum) / (samples.length - 1)))
    return { samples, deviation }
  }
}

/** The measurements with the error that the samples show; unchanged if there was one sample. */
export function withDeviations(
  measurements: readonly Measurement[],
  samples: readonly Sample[],
  grid: Grid,
  bundle: Pick<BundleManifest, 'labels' | 'regions' | 'postprocess'>,
): Measurement[] {
  if (samples.length < 2) return [...measurements]
  const volumes = Object.fromEntries(measurements.map(({ region, value }) => [region, value]))
  const deviations = volumeDeviations(samples, grid, bundle, volumes)
  return measurements.map((one) => {
    const standardDeviation = deviations[one.region]
    return standardDeviation === undefined ? one : { ...one, standardDeviation }
  })
}

/**
 * Standard deviation in mL of each region's and each label's volume, by key: that over the samples, each after the component
 * rule, combined in quadrature with the error that the bundle's evaluation measured on unseen cases, which the samples cannot
 * show (`volume_relative_sd`, a share of the volume in mL given in `volumes`).
 */
export function volumeDeviations(
  samples: readonly Sample[],
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
  const counted = samples.map((sample) => {
    const labels: LabelVolume = { grid, data: sample.labels.slice() }
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
