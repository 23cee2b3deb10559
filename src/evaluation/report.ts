// The results of a segmentation evaluation, by case and over all of them.
import type { BundleIdentity, ExecutionRecord } from '../domain/finding.ts'
import type { Sequence } from '../domain/study.ts'
import type { FalseEnhancement, RegionScore, RegionSummary } from './evaluate.ts'

export interface CaseReport {
  case: string
  scores: RegionScore[]
  noFinding: boolean
  /** Rigid motion that registration found, per sequence. */
  motion: Partial<Record<Sequence, { translationMm: number; rotationDegrees: number }>>
  /** Seconds per step. */
  seconds: { read: number; prepare: number; segment: number; label: number; score: number; total: number }
}

export interface EvaluationReport {
  bundle: BundleIdentity
  execution: Omit<ExecutionRecord, 'seconds' | 'peakRssMb'> | undefined
  cases: CaseReport[]
  summary: RegionSummary[]
  /** Absent if every case enhances. */
  falseEnhancement?: FalseEnhancement
  failures: { case: string; code: string; message: string }[]
  /** Highest resident size in MiB of the service's process and of the inference process. */
  peakRssMb: { service: number; inference: number }
}
