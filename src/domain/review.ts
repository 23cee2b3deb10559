// A person's decision on an analysis: accepted, accepted with edits, or rejected; its effect on the result, and its delivery.

import type { Stroke } from './brush.ts'
import type { LegRecord } from './delivery.ts'
import {
  type Bidimensional,
  HEADS,
  type Head,
  type Measurement,
  type Prediction,
  type Segment,
  type TumourLesion,
} from './finding.ts'

export const DECISIONS = ['accept', 'accept-with-edits', 'reject'] as const
export type Decision = (typeof DECISIONS)[number]

/** The identifier under which the site knows the person who decided. */
export interface Reviewer {
  identifier: string
  /** URI of the system that issued the identifier; absent if the site has none. */
  system?: string
  name: string
  organization?: string
}

/** One value that the reviewer corrected. Each review states all its edits again, against what the software said. */
export interface Edit {
  /**
   * "measurement.ET" (mL), "prediction.idh", "diameters.1" ("23.4 x 15.1", mm); for outlines: "segment.ET" and "lesion.2", if
   * excluded, and "outlines", if redrawn with the brush.
   */
  target: string
  /** What the software said, so that an edit of something else is noticed. */
  from: number | string
  to: number | string
  reason: string
  /** Not stated by the reviewer but derived from their corrections: a sum of volumes, or a measurement on redrawn outlines. Never stored. */
  isDerived?: true
}

/** The tumour with the reviewer's outlines, measured by the service, never by a browser. */
export interface Redrawn {
  segments: Segment[]
  measurements: Measurement[]
  diameters?: Bidimensional[]
  lesions: TumourLesion[]
  /** Strokes of the brush, in order; empty if segments or lesions were only excluded. */
  strokes: Stroke[]
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
  /** Set if this review redraws the outlines, or reverts what an earlier one redrew. */
  redrawn?: Redrawn
}

export interface ReviewDelivery extends LegRecord {
  reviewId: string
}

export interface RecordedReview extends Review {
  deliveries: ReviewDelivery[]
}

/** What the record of an analysis says about its last review. */
export interface ReviewFact {
  number: number
  decision: Decision
  at: string
  reviewer: string
  /** Of a rejection always; else a remark. */
  reason?: string
  edits: Edit[]
  redrawn?: Redrawn
  /** Delivered to every leg. */
  delivered: boolean
}

/** What an edit is about: the volume of a region, the call of a head, the two diameters of an enhancing lesion, or outlines. */
export type EditTarget =
  | { region: string }
  | { head: Head }
  | { diameters: number }
  | { segment: string }
  | { lesion: number }
  | { outlines: true }

export const measurementTarget = (region: string) => `measurement.${region}`
export const predictionTarget = (head: Head) => `prediction.${head}`
/** The number of the enhancing lesion, 1-based. */
export const diametersTarget = (number: number) => `diameters.${number}`
export const segmentTarget = (key: string) => `segment.${key}`
/** The position among the lesions of the whole tumour, 1-based. */
export const lesionTarget = (number: number) => `lesion.${number}`
export const OUTLINES_TARGET = 'outlines'

/** The new value (`to`) of an excluded segment or lesion, and of outlines redrawn with the brush. */
export const EXCLUDED = 'excluded'
export const REDRAWN = 'redrawn'
/** The previous value (`from`) of redrawn outlines, and of an excluded segment. */
export const SOFTWARE = 'software'

/** The only place that parses `Edit.target`; undefined if it names nothing known. */
export function targetOf({ target }: Pick<Edit, 'target'>): EditTarget | undefined {
  if (target === OUTLINES_TARGET) return { outlines: true }
  const [, kind, name = ''] = /^(measurement|prediction|diameters|segment|lesion)\.(.+)$/s.exec(target) ?? []
  if (kind === 'measurement') return { region: name }
  if (kind === 'segment') return { segment: name }
  if (kind === 'prediction') {
    const head = HEADS.find((one) => one === name)
    return head && { head }
  }
  if (!/^[1-9]\d{0,3}$/.test(name)) return undefined
  return kind === 'lesion' ? { lesion: Number(name) } : { diameters: Number(name) }
}

/** Whether the edit changes outlines, so that everything is measured again on them. */
export function redraws(edit: Pick<Edit, 'target'>): boolean {
  const target = targetOf(edit)
  return target !== undefined && ('segment' in target || 'lesion' in target || 'outlines' in target)
}

/** Regions whose volume the edits correct. */
export function correctedRegions(edits: readonly Edit[]): string[] {
  return edits.flatMap((edit) => {
    const target = targetOf(edit)
    return target && 'region' in target ? [target.region] : []
  })
}

/** Status of the report in terms of FHIR R4: the first plain acceptance is final; later decisions amend it. */
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
