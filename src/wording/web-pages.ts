// Wording of the pages.
import type { AnalysisState } from '../domain/analysis.ts'
import type { Leg, LegState } from '../domain/delivery.ts'
import type { Head } from '../domain/finding.ts'
import type { Step } from '../domain/steps.ts'
import { className } from './predictions.ts'

export const PRODUCT = 'Gliabridge'

export const STATES: Record<AnalysisState, { name: string; sentence: string }> = {
  queued: { name: 'Waiting', sentence: 'Waiting for its turn.' },
  running: { name: 'Running', sentence: 'Being analysed now.' },
  analysed: { name: 'Delivering', sentence: 'Analysed; the results are on their way to the PACS and the EHR.' },
  delivered: { name: 'Delivered', sentence: 'The results are in the PACS and the EHR.' },
  held: { name: 'On hold', sentence: 'Stopped; a person has to decide.' },
  superseded: { name: 'Superseded', sentence: 'Replaced by a newer analysis of this study.' },
}

export const LEG_NAMES: Record<Leg, string> = { pacs: 'PACS', ehr: 'EHR' }
export const LEG_STATES: Record<LegState, string> = { waiting: 'waiting', done: 'done', failed: 'failed' }

const STEP_NAMES: Readonly<Record<Step, string>> = {
  identify: 'Identify patient and study',
  select: 'Choose series',
  retrieve: 'Fetch images',
  prepare: 'Align and resample',
  check: 'Check pixels against headers',
  segment: 'Segment',
  measure: 'Measure',
  compare: 'Compare with an earlier study',
  predict: 'Predict from features',
  encode: 'Write SEG and PDF',
  keep: 'Keep images for this page',
}

/** A step of another release, which the history may have, is called as it was noted. */
export function stepName(step: string): string {
  return step in STEP_NAMES ? STEP_NAMES[step as Step] : step
}

const RECEIPTS: Readonly<Record<string, string>> = {
  segmentation: 'Segmentation',
  'encapsulated-pdf': 'Report (PDF)',
  report: 'Measurements (SR)',
  diagnosticReport: 'Report',
  documentReference: 'Document',
  imagingStudy: 'Imaging study',
  riskAssessment: 'Survival risk',
  'observation.idh': 'IDH',
  'observation.1p19q': '1p/19q',
  'observation.mgmt': 'MGMT',
}

/** "Volume WT" of "observation.volume.WT", "Grade" of "observation.grade". */
export function receiptName(role: string): string {
  const receipt = RECEIPTS[role]
  if (receipt !== undefined) return receipt
  const words = role.replace(/^observation\./, '').replaceAll('.', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

export const REVIEWED_NOTICE = 'Written by software (AI) and reviewed by the person named above. Research use only.'
export const WITHDRAWN = 'Withdrawn: a reviewer rejected what was delivered to the PACS and the EHR.'
/** Title of the bar chart that explains a prediction. */
export function contributionsTitle(head: Head, explained: { of: string } | undefined): string {
  if (head === 'survival') return 'What moved the risk of death'
  return explained ? `What spoke for ${className(head, explained.of)}` : 'What moved it most'
}
export const groupSentence = (name: string, n: number, events: number) =>
  `Risk group: ${name} (${n} patients of the training data, ${events} deaths)`
export const GROUP_CURVE =
  'Line and band: share of the group alive by month (Kaplan-Meier, 95 %). Points: predicted for this patient; their intervals show how much models and outlines differ and how uncertain a group of this size is, not how much survival varies between patients.'

export const SERIES = {
  title: 'Series',
  missing: 'Not in this study, or not usable',
  number: 'No.',
  picture: 'Image',
  series: 'Series',
  usedAs: 'Used as',
  why: 'Why',
  notUsed: 'left out',
  reference: 'reference',
  moved: 'moved',
  middleOf: 'Middle image of series',
  noNumber: 'no number',
  noDescription: 'no description',
  none: 'none',
  choose: 'Choose other series and analyse again',
  chooseHint:
    'Your choice overrides what the headers say. The study is analysed again, and the new analysis replaces this one; a result that a reviewer has accepted stands until a reviewer rejects it.',
  by: 'Chosen by',
  again: 'Analyse again',
} as const
