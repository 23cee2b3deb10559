// Wording of the form with which a person decides on a result.
import type { Decision } from '../domain/review.ts'

export const DECISION_NAMES: Readonly<Record<Decision, string>> = {
  accept: 'Accept',
  'accept-with-edits': 'Accept with edits',
  reject: 'Reject',
}

/** Readable statuses of heads that call no class. */
export const CALLS: Readonly<Record<string, string>> = {
  'not-evaluable': 'not evaluable',
  indeterminate: 'indeterminate',
}

export const REVIEW_FORM = {
  title: 'Decide on this result',
  again: 'Decide again',
  againHint: 'A further decision amends the one before and states all its edits again.',
  skip: 'Skip to the decision',
  decision: 'Decision',
  edits: 'Edits',
  reason: 'Reason or remark',
  reasonHint: 'Required for a rejection, which is final.',
  reviewer: 'Reviewer',
  signedIn: 'Deciding as',
  name: 'Name',
  identifier: 'Identifier',
  organization: 'Organization',
  send: 'Record the decision',
  meanwhile:
    'Someone decided on this result while this form was open. Nothing you entered has been lost or sent: read the decision above, then reload the page to decide on the result as it is now.',
  load: 'Reload the page',
  others: 'Also opened by: {names}. Nothing is overwritten; whoever decides second is told.',
} as const

export const EDIT_TABLES = {
  outlines: 'Outlines',
  outline: 'Outline',
  lesion: 'Lesion',
  exclude: 'Exclude',
  brush: 'Redrawn with the brush',
  keepStrokes: 'Keep what was drawn',
  remeasured:
    'The segmentation is rewritten without what is excluded, and volumes and diameters are measured on it again; they cannot also be corrected as numbers.',
  volumes: 'Volumes, mL',
  region: 'Region',
  software: 'Software',
  corrected: 'Corrected',
  why: 'Why',
  sums: 'Sums of corrected parts are updated automatically.',
  diameters: 'Diameters of the enhancing lesions, mm',
  longest: 'Longest diameter',
  perpendicular: 'Diameter at right angles to it',
  predictions: 'Predictions',
  prediction: 'Prediction',
  keep: 'as it is',
  indeterminate: 'indeterminate',
} as const

/** Consequences of a decision's edits. */
export const REVIEW = {
  summed: 'Sums of corrected volumes were recomputed.',
  remeasured: 'Volumes and diameters were measured again on the corrected outlines.',
} as const
