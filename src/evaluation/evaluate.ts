// Compares a segmentation with the expert's: Dice, 95 % Hausdorff distance and volumes per region; pure.
import { type LabelVolume, voxelMillilitres } from '../domain/volume.ts'
import { quantile } from '../inference/volumes/quantile.ts'
import { boundingBox, crop } from './box.ts'
import { dice } from './dice.ts'
import { hausdorff95 } from './hausdorff.ts'

export interface RegionScore {
  region: string
  dice: number
  /** mm; absent if exactly one of the two masks is empty. */
  hausdorff95Mm?: number
  /** mL */
  volumeMl: number
  referenceMl: number
}

/** One score per region; both volumes must share one grid. */
export function scoreRegions(
  predicted: LabelVolume,
  expert: LabelVolume,
  regions: Readonly<Record<string, readonly number[]>>,
): RegionScore[] {
  if (predicted.data.length !== expert.data.length) throw new RangeError('the segmentations are not on one grid')
  const { size, spacing } = expert.grid
  const millilitres = voxelMillilitres(expert.grid)
  const box = boundingBox([predicted.data, expert.data], size) ?? { from: [0, 0, 0], size: [0, 0, 0] }
  const foundInBox = crop(predicted.data, size, box)
  const expertInBox = crop(expert.data, size, box)
  return Object.entries(regions).map(([region, members]) => {
    const a = maskOf(foundInBox, members)
    const b = maskOf(expertInBox, members)
    const distance = hausdorff95(a, b, box.size, spacing)
    return {
      region,
      dice: dice(a, b),
      ...(distance === undefined ? {} : { hausdorff95Mm: distance }),
      volumeMl: count(a) * millilitres,
      referenceMl: count(b) * millilitres,
    }
  })
}

/** For cases in which the expert drew no enhancing tumour: how much of it was segmented. */
export interface FalseEnhancement {
  cases: number
  /** At most LITTLE_ML was segmented. */
  little: number
  medianMl: number
  maxMl: number
}

/** The volume of enhancement, in mL, that still counts as none. */
export const LITTLE_ML = 0.1

/** Undefined if every case enhances, or none was scored. */
export function falseEnhancement(cases: readonly (readonly RegionScore[])[]): FalseEnhancement | undefined {
  const falseVolumes = cases
    .flatMap((scores) => scores.filter(({ region, referenceMl }) => region === 'ET' && referenceMl === 0))
    .map(({ volumeMl }) => volumeMl)
  if (falseVolumes.length === 0) return undefined
  const little = falseVolumes.filter((ml) => ml <= LITTLE_ML).length
  return { cases: falseVolumes.length, little, medianMl: quantile(falseVolumes, 0.5), maxMl: Math.max(...falseVolumes) }
}

export interface RegionSummary {
  region: string
  cases: number
  dice: { mean: number; min: number; max: number }
  /** Over the cases in which it is defined. */
  hausdorff95Mm?: { mean: number; cases: number }
  /** Mean of |volume - reference|. */
  volumeErrorMl: number
}

/** Means over cases, per region, in the order of the first case. */
export function summarise(cases: readonly (readonly RegionScore[])[]): RegionSummary[] {
  return (cases[0] ?? []).map(({ region }) => {
    const scores = cases.flatMap((scored) => scored.filter((score) => score.region === region))
    const overlaps = scores.map((score) => score.dice)
    const distances = scores.flatMap((score) => score.hausdorff95Mm ?? [])
    return {
      region,
      cases: scores.length,
      dice: { mean: mean(overlaps), min: Math.min(...overlaps), max: Math.max(...overlaps) },
      ...(distances.length > 0 ? { hausdorff95Mm: { mean: mean(distances), cases: distances.length } } : {}),
      volumeErrorMl: mean(scores.map((score) => Math.abs(score.volumeMl - score.referenceMl))),
    }
  })
}

function maskOf(labels: Uint8Array, members: readonly number[]): Uint8Array {
  const isMember = new Uint8Array(256)
  for (const label of members) isMember[label] = 1
  return labels.map((label) => isMember[label]!)
}

function count(mask: Uint8Array): number {
  return mask.reduce((sum, value) => sum + value, 0)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
