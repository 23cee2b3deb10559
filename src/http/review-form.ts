// The review form's fields → the same request that a program sends; edits are taken against what the software said.
import { createHash } from 'node:crypto'
import type { AnalysisRecord } from '../domain/analysis.ts'
import { callOf } from '../domain/review.ts'
import { FIELDS } from '../web/review-form.ts'
import { softwareSummary } from '../web/summary.ts'
import { parseRequest, reviewBody } from './contracts.ts'

/** Throws a problem that names what is wrong. Edits that were filled in for another decision than "with edits" are refused, not dropped. */
export function readReviewForm(record: AnalysisRecord, fields: Readonly<Record<string, unknown>>) {
  const field = (name: string) => {
    const value = fields[name]
    return typeof value === 'string' ? value.trim() : ''
  }
  const edits = targetsOf(record).flatMap(({ target, from }) => {
    const isExcluded = field(FIELDS.exclude + target) !== ''
    const given = isExcluded ? '0' : field(FIELDS.to + target)
    if (given === '') return []
    const to = target.startsWith('measurement.') ? Number(given) : given
    return [{ target, from, to, reason: field(FIELDS.why + target) }]
  })
  const [reason, organization] = [field('reason'), field('organization')]
  const decided = parseRequest(
    reviewBody,
    {
      decision: field('decision'),
      version: Number(field('version')),
      reviewer: {
        identifier: field('identifier'),
        name: field('name'),
        ...(organization !== '' && { organization }),
      },
      ...(reason !== '' && { reason }),
      edits,
    },
    'body',
  )
  // The same form sent twice, by a double click or after a lost answer, is one review.
  const key = `form-${createHash('sha256')
    .update(JSON.stringify([record.analysisId, decided]))
    .digest('hex')}`
  return { ...decided, key }
}

function targetsOf(record: AnalysisRecord): { target: string; from: number | string }[] {
  const { measurements, predictions } = softwareSummary(record)
  return [
    ...measurements.map(({ region, value }) => ({ target: `measurement.${region}`, from: value })),
    ...predictions.map((prediction) => ({ target: `prediction.${prediction.head}`, from: callOf(prediction) })),
  ]
}
