// Turns the review form's fields into the same request that a program sends; edits are stated against what the software said.

import type { AnalysisRecord } from '../domain/analysis.ts'
import { pairText } from '../domain/corrected-diameters.ts'
import { sha256Of } from '../domain/digest.ts'
import { numberOf } from '../domain/finding.ts'
import {
  callOf,
  diametersTarget,
  EXCLUDED,
  lesionTarget,
  measurementTarget,
  OUTLINES_TARGET,
  predictionTarget,
  REDRAWN,
  type Reviewer,
  SOFTWARE,
  segmentTarget,
} from '../domain/review.ts'
import { FIELDS } from '../web/edit-tables.ts'
import { softwareSummary } from '../web/summary.ts'
import { parseRequest, readJson } from './contracts.ts'
import { reviewBody } from './review-contract.ts'

/** Throws a problem that names what is wrong. Edits filled in for a decision other than "with edits" are refused, not dropped. */
export function readReviewForm(record: AnalysisRecord, fields: Readonly<Record<string, unknown>>, person?: Reviewer) {
  const field = (name: string) => {
    const value = fields[name]
    return typeof value === 'string' ? value.trim() : ''
  }
  const edits = editable(record).flatMap(({ target, from, read }) => {
    const to = read(field)
    return to === undefined ? [] : [{ target, from, to, reason: field(FIELDS.why + target) }]
  })
  const strokes = field(FIELDS.strokes) === '' ? [] : readJson(field(FIELDS.strokes))
  const [reason, organization] = [field('reason'), field('organization')]
  const decided = parseRequest(
    reviewBody,
    {
      decision: field('decision'),
      version: Number(field('version')),
      // The person who signed in is the one who decides, whatever the form says.
      reviewer: person ?? {
        identifier: field('identifier'),
        name: field('name'),
        ...(organization !== '' && { organization }),
      },
      ...(reason !== '' && { reason }),
      edits,
      ...(Array.isArray(strokes) && strokes.length === 0 ? {} : { strokes }),
    },
    'body',
  )
  // The same form sent twice, by a double click or after a lost answer, is one review.
  const key = `form-${sha256Of(JSON.stringify([record.analysisId, decided]))}`
  return { ...decided, key }
}

interface Editable {
  target: string
  from: number | string
  /** The corrected value in the form; undefined if the field is empty. */
  read(field: (name: string) => string): number | string | undefined
}

/** Everything in the software's result that the form can edit. */
function editable(record: AnalysisRecord): Editable[] {
  const { measurements, predictions, segments, lesions = [], diameters = [] } = softwareSummary(record)
  const stated = (target: string) => (field: Field) => field(FIELDS.to + target) || undefined
  const excluded = (target: string) => (field: Field) => (field(FIELDS.exclude + target) === '' ? undefined : EXCLUDED)
  return [
    ...measurements.map(({ region, value }): Editable => {
      const target = measurementTarget(region)
      return {
        target,
        from: value,
        read: (field) => (stated(target)(field) ? Number(field(FIELDS.to + target)) : undefined),
      }
    }),
    ...predictions.map((prediction): Editable => {
      const target = predictionTarget(prediction.head)
      return { target, from: callOf(prediction), read: stated(target) }
    }),
    ...diameters.map((lesion, index): Editable => {
      const target = diametersTarget(numberOf(lesion, index))
      return { target, from: pairText(lesion), read: (field) => pairIn(field, target) }
    }),
    ...segments.map(({ key }): Editable => {
      const target = segmentTarget(key)
      return { target, from: SOFTWARE, read: excluded(target) }
    }),
    ...lesions.map(({ millilitres }, index): Editable => {
      const target = lesionTarget(index + 1)
      return { target, from: millilitres, read: excluded(target) }
    }),
    { target: OUTLINES_TARGET, from: SOFTWARE, read: (field) => (field(FIELDS.strokes) === '' ? undefined : REDRAWN) },
  ]
}

type Field = (name: string) => string

/** Both lengths, or one of them beside an empty field, which the domain then refuses by name. */
function pairIn(field: Field, target: string): string | undefined {
  const [longest, perpendicular] = [field(FIELDS.to + target), field(FIELDS.across + target)]
  return longest === '' && perpendicular === '' ? undefined : `${longest} x ${perpendicular}`
}
