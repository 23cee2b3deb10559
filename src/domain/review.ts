// A person's decision on an analysis: accepted, accepted with edits, or rejected; what it makes of the result, and how it is delivered.

import type { LegRecord } from './delivery.ts'
import { HEADS, type Head, type Prediction } from './finding.ts'

export const DECISIONS = ['accept', 'accept-with-edits', 'reject'] as const
export type Decision = (typeof DECISIONS)[number]

/** Who decided: the identifier under which the site knows the person. */
export interface Reviewer {
  identifier: string
  /** URI of the system that gave the identifier; absent where the site has none. */
  system?: string
  name: string
  organization?: string
}

/** One value that the reviewer corrected. Each review states all its edits anew, against what the software said. */
export interface Edit {
  /** "measurement.ET" (mL) or "prediction.idh" */
  target: string
  /** What the software said, so that an edit of something else is noticed. */
  from: number | string
  to: number | string
  reason: string
  /** Not stated by the reviewer, but following from the corrections of parts: a sum of volumes. Never stored. */
  isDerived?: true
}

export interface Review {
  reviewId: string
  analysisId: string
  /** 1 for the first decision on this analysis. */
  number: number
  /** ISO 8601 UTC. */
  at: string
  decision: Decision
  reviewer: Reviewer
  /** Of a rejection always; else a remark. */
  reason?: string
  edits: Edit[]
}

export interface ReviewDelivery extends LegRecord {
  reviewId: string
}

export interface RecordedReview extends Review {
  deliveries: ReviewDelivery[]
}

/** What the record of an analysis says of its last review. */
export interface ReviewFact {
  number: number
  decision: Decision
  at: string
  reviewer: string
  /** Of a rejection always; else a remark. */
  reason?: string
  edits: Edit[]
  /** Delivered to every leg. */
  delivered: boolean
}

/** What an edit is about: a volume of this region, or the call of this head. */
export type EditTarget = { region: string } | { head: Head }

const MEASUREMENT = 'measurement.'
const PREDICTION = 'prediction.'

export const measurementTarget = (region: string) => `${MEASUREMENT}${region}`
export const predictionTarget = (head: Head) => `${PREDICTION}${head}`

/** The only reader of `Edit.target`; undefined for what names neither. */
export function targetOf({ target }: Pick<Edit, 'target'>): EditTarget | undefined {
  if (target.startsWith(MEASUREMENT)) return { region: target.slice(MEASUREMENT.length) }
  const head = HEADS.find((one) => target === predictionTarget(one))
  return head && { head }
}

/** Regions whose volume the edits correct. */
export function correctedRegions(edits: readonly Edit[]): string[] {
  return edits.flatMap((edit) => {
    const target = targetOf(edit)
    return target && 'region' in target ? [target.region] : []
  })
}

/** Status of the report in the words of FHIR R4: the first plain acceptance is final, whatever comes after it amends. */
export function statusOf({
  decision,
  number,
}: Pick<Review, 'decision' | 'number'>): 'final' | 'amended' | 'entered-in-error' {
  if (decision === 'reject') return 'entered-in-error'
  return decision === 'accept' && number === 1 ? 'final' : 'amended'
}

/** "indeterminate" and "not-evaluable" stand for a head without a call. */
export function callOf(prediction: Prediction): string {
  if (prediction.status !== 'evaluable') return prediction.status
  return prediction.call ?? 'evaluable'
}
