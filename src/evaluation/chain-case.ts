// Measurements of one case along the chain from images to calls.
import type { Prediction, QualityNote } from '../domain/finding.ts'
import type { RegionScore } from './evaluate.ts'
import type { Labels } from './label-table.ts'

export interface ChainCase {
  case: string
  noFinding: boolean
  /** mL by region and label. */
  volumes: Record<string, number>
  /** Against the expert's labels, or only for the whole tumour if the expert drew a mask; empty with neither. */
  scores: RegionScore[]
  predictions: Prediction[]
  labels: Labels
  /** Years; NaN is written as null. */
  age: number
  quality: QualityNote[]
  /** Samples of the segmentation. */
  samples: number
  /** Seconds per step. */
  seconds: { read: number; prepare: number; segment: number; label: number; predict: number; total: number }
}
