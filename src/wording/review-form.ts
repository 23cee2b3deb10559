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
  reason: 'Reason, or a remark',
  reasonHint: 'A rejection needs one, and is final.',
  reviewer: 'Reviewer',
  signedIn: 'You decide as',
  name: 'Name',
  identifier: 'Identifier',
  organization: 'Organization',
  send: 'Record the decision',
  meanwhile:
    'Somebody decided on this result while this form was open. Nothing of yours is lost or sent: read the decision above, then load the page again to decide on what stands now.',
  load: 'Load the page again',
  others: 'Also open with: {names}. Nothing is overwritten; whoever records a decision second is told.',
} as const

export const EDIT_TABLES = {
  outlines: 'Outlines',
  outline: 'Outline',
  lesion: 'Lesion',
  exclude: 'Exclude',
  brush: 'Redrawn with the brush',
  keepStrokes: 'Keep what was drawn',
  remeasured:
    'The segmentation is written anew without what is excluded, and volumes and diameters are measured on it; they cannot be corrected as numbers besides.',
  volumes: 'Volumes, mL',
  region: 'Region',
  software: 'Software',
  corrected: 'Corrected',
  why: 'Why',
  sums: 'Sums of corrected parts follow by themselves.',
  diameters: 'Diameters of the enhancing lesions, mm',
  longest: 'Longest diameter',
  perpendicular: 'Diameter at right angles to it',
  predictions: 'Predictions',
  prediction: 'Prediction',
  keep: 'as it is',
  indeterminate: 'indeterminate',
} as const

/** What follows from a decision's edits. */
export const REVIEW = {
  summed: 'Sums of corrected volumes were recomputed.',
  remeasured: 'Volumes and diameters were measured anew on the outlines as corrected.',
} as const
