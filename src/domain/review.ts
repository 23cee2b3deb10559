// A person's decision on an analysis: accepted, accepted with edits, or rejected; what it makes of the result, and how it is delivered.
import type { LegRecord } from './delivery.ts'
import { AppError } from './errors.ts'
import type { AnalysisResult, Measurement, Prediction } from './finding.ts'

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
  /** Delivered to every leg. */
  delivered: boolean
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

/** Volumes are shown with two decimals at most, so a reviewer may quote them so. */
const QUOTED_WITHIN_ML = 0.05

type Reviewed = Pick<AnalysisResult, 'measurements' | 'predictions'>

/** The result as the reviewer left it. Throws REVIEW_INVALID naming each edit that does not fit the result. */
export function applyEdits<T extends Reviewed>(result: T, edits: readonly Edit[]): T {
  const problems: string[] = []
  const targets = edits.map((edit) => edit.target)
  for (const [index, { target }] of edits.entries())
    if (targets.indexOf(target) !== index) problems.push(`${target} is edited twice`)
  const measurements = result.measurements.map((measurement) => {
    const edit = edits.find(({ target }) => target === `measurement.${measurement.region}`)
    return edit ? editedMeasurement(measurement, edit, problems) : measurement
  })
  const predictions = result.predictions.map((prediction) => {
    const edit = edits.find(({ target }) => target === `prediction.${prediction.head}`)
    return edit ? editedPrediction(prediction, edit, problems) : prediction
  })
  const known = [
    ...result.measurements.map(({ region }) => `measurement.${region}`),
    ...result.predictions.map(({ head }) => `prediction.${head}`),
  ]
  for (const { target } of edits) if (!known.includes(target)) problems.push(`the result has no ${target}`)
  if (problems.length > 0) throw new AppError('REVIEW_INVALID', problems.join('; '))
  return { ...result, measurements, predictions }
}

/** The estimate of uncertainty was the software's, for its own value: it goes. */
function editedMeasurement(measurement: Measurement, edit: Edit, problems: string[]): Measurement {
  const { standardDeviation: _its, ...rest } = measurement
  if (typeof edit.from !== 'number' || Math.abs(edit.from - measurement.value) > QUOTED_WITHIN_ML)
    problems.push(`${edit.target}: from is not what the software measured`)
  if (typeof edit.to !== 'number' || edit.to < 0) {
    problems.push(`${edit.target}: to must be a volume in mL`)
    return measurement
  }
  return { ...rest, value: edit.to }
}

function editedPrediction(prediction: Prediction, edit: Edit, problems: string[]): Prediction {
  if (prediction.head === 'survival') {
    problems.push('prediction.survival: probabilities of survival cannot be edited; reject the analysis instead')
    return prediction
  }
  if (edit.from !== callOf(prediction)) problems.push(`${edit.target}: from is not what the software called`)
  const given = prediction.status === 'not-evaluable' ? undefined : prediction
  const classes = given ? Object.keys(given.probabilities) : []
  if (typeof edit.to !== 'string' || (edit.to !== 'indeterminate' && given && !classes.includes(edit.to))) {
    problems.push(`${edit.target}: to must be indeterminate or one of ${classes.join(', ')}`)
    return prediction
  }
  const {
    call: _call,
    remaining: _remaining,
    errorRate: _rate,
    ...rest
  } = given ?? {
    head: prediction.head,
    probabilities: {},
    intervals: {},
    explanation: [],
  }
  return edit.to === 'indeterminate'
    ? { ...rest, status: 'indeterminate' }
    : { ...rest, status: 'evaluable', call: edit.to }
}

/** "12.3 mL", "IDH-mutant" */
export function editValue({ target }: Pick<Edit, 'target'>, value: number | string): string {
  return target.startsWith('measurement.') ? `${value} mL` : String(value)
}

/** "Changed by Dr Nine (dr-9) on 2026-03-01 from 12.3 mL to 11 mL: vessel outlined as tumour" */
export function editSentence(review: Pick<Review, 'reviewer' | 'at'>, edit: Edit): string {
  const from = editValue(edit, edit.from)
  return `Changed by ${reviewerLine(review)} from ${from} (the software's value) to ${editValue(edit, edit.to)}: ${edit.reason}`
}

/** "Dr Nine (dr-9) on 2026-03-01 03:04 UTC" */
export function reviewerLine({ reviewer, at }: Pick<Review, 'reviewer' | 'at'>): string {
  return `${reviewer.name} (${reviewer.identifier}) on ${at.slice(0, 10)} ${at.slice(11, 16)} UTC`
}

/** The sentence that takes the place of "not reviewed". */
export function reviewSentence(review: Omit<Review, 'reviewId' | 'analysisId'>): string {
  const who = reviewerLine(review)
  const remark = review.reason ? `: ${review.reason}` : ''
  if (review.decision === 'reject') return `Rejected by ${who}${remark}. Do not use.`
  const how = review.edits.length > 0 ? 'accepted with edits' : 'accepted'
  return `Written by software (artificial intelligence); reviewed and ${how} by ${who}${remark}. Research use only.`
}
