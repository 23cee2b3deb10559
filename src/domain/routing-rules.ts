// The routing rules of a site, as data: which of the settled brain MR studies are analysed.
import type { Sequence } from './study.ts'

/** Attributes by which a site may exclude studies. Their values are compared but never shown. */
export const EXCLUDABLE = [
  'StudyDescription',
  'SeriesDescription',
  'ProtocolName',
  'RequestedProcedureDescription',
  'PatientID',
  'PatientName',
  'InstitutionName',
  'InstitutionalDepartmentName',
  'StationName',
  'ManufacturerModelName',
  'ReferringPhysicianName',
] as const

export interface Exclusion {
  attribute: (typeof EXCLUDABLE)[number]
  /** Regular expression, case-insensitive, over any value of the attribute in the study's images. */
  matches: string
  /** Shown to people and stored. */
  reason: string
}

export interface RoutingRules {
  /** Sequences without which a study is not analysed … */
  requiredSeries: readonly Sequence[]
  /** … and how long to wait for them while the study does not change. */
  waitSeconds: number
  minimumAgeYears?: number
  maximumAgeYears?: number
  exclude: readonly Exclusion[]
}

/**
 * One rule as applied to one study, for people who ask why a study was analysed or not. None of its texts holds patient data.
 * pass, fail: decided. wait: fails for now, but more images may still arrive. later: decided by a later step.
 */
export interface RuleOutcome {
  rule: string
  /** What it requires, and what the study has. */
  compared: string
  outcome: 'pass' | 'fail' | 'wait' | 'later'
  /** Why it fails. */
  reason?: string
}
