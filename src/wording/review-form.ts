// Words of the form with which a person decides on a result.
import type { Decision } from '../domain/review.ts'

export const DECISION_NAMES: Readonly<Record<Decision, string>> = {
  accept: 'Accept',
  'accept-with-edits': 'Accept with edits',
  reject: 'Reject',
}

/** Of heads without a class to call. */
export const CALLS: Readonly<Record<string, string>> = {
  'not-evaluable': 'not evaluable',
  indeterminate: 'indeterminate',
}

export const REVIEW_FORM = {
  title: 'Decide on this result',
  again: 'Decide once more',
  againHint: 'A further decision amends the one before; it states all its edits anew.',
  skip: 'Skip to the decision',
  decision: 'Decision',
  edits: 'Edits',
  volumes: 'Volumes, mL',
  region: 'Region',
  software: 'Software',
  corrected: 'Corrected',
  exclude: 'Exclude',
  why: 'Why',
  predictions: 'Predictions',
  keep: 'as it is',
  indeterminate: 'indeterminate',
  sums: 'Sums of corrected parts follow by themselves. "Exclude" takes a segment out altogether.',
  reason: 'Reason, or a remark',
  reasonHint: 'A rejection needs one, and is final.',
  reviewer: 'Reviewer',
  name: 'Name',
  identifier: 'Identifier',
  organization: 'Organization',
  send: 'Record the decision',
  meanwhile:
    'Somebody decided on this result while this form was open. Nothing of yours is lost or sent: read the decision above, then load the page again to decide on what stands now.',
  load: 'Load the page again',
} as const
