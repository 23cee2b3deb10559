// A site with enough cases to say something, counted by the service from made cases: 60 patients, tissue of 48 of them.
import type { SiteCase } from '../../src/domain/concordance.ts'
import type { Prediction } from '../../src/domain/finding.ts'
import { siteFigures } from '../../src/evaluation/concordance.ts'
import type { TabularHead } from '../../src/inference/bundle/heads.ts'

export const CLASSES = ['IDH-wildtype', 'IDH-mutant'] as const
export const MODEL = 'ab'.repeat(32)
export const REVIEWER = { identifier: 'P-77', name: 'Dora Nine' }

export const idhHead = {
  status: 'tabular',
  classes: [...CLASSES],
  calibration: {
    n_by_class: { 'IDH-wildtype': 300, 'IDH-mutant': 120 },
    bins: [
      { lower: 0.5, upper: 0.8, n: 90, wrong: 31 },
      { lower: 0.8, upper: 0.9, n: 110, wrong: 9 },
      { lower: 0.9, upper: 1, n: 220, wrong: 5 },
    ],
    max_probability: { 'IDH-wildtype': 0.99, 'IDH-mutant': 0.97 },
    min_call_probability: 0.8,
  },
  evaluation: { within_cohorts: { auc: { value: 0.93, ci95: [0.9, 0.95] } } },
} as unknown as TabularHead

const off = { status: 'not_evaluable', reason: 'not measured' } as const
export const sampleBundle = {
  heads: { idh: idhHead, '1p19q': off, mgmt: off, grade: off, survival: off },
  identity: { id: 'glioma-test', version: '1.2.0', modelDigest: MODEL } as never,
} as Parameters<typeof siteFigures>[1]

export const PERIOD = { from: '2025-12-01T00:00:00.000Z', until: '2026-12-01T00:00:00.000Z', readsTissue: true }

/** `mutant` is the probability; a call from 0.8 on. */
export function idhPrediction(mutant: number): Prediction {
  const probabilities = { 'IDH-wildtype': 1 - mutant, 'IDH-mutant': mutant }
  const base = { head: 'idh', probabilities, intervals: {}, explanation: [] } as const
  if (mutant >= 0.8) return { ...base, status: 'evaluable', call: 'IDH-mutant' } as unknown as Prediction
  if (mutant <= 0.2) return { ...base, status: 'evaluable', call: 'IDH-wildtype' } as unknown as Prediction
  return { ...base, status: 'indeterminate', remaining: [...CLASSES] } as unknown as Prediction
}

export function siteCase(n: number, prediction: Prediction, truth?: string): SiteCase {
  return {
    analysisId: `a-${n}`,
    createdAt: `2026-03-01T00:00:${String(n % 60).padStart(2, '0')}.000Z`,
    patientKey: `p-${n}`,
    studyDate: '20260301',
    modelDigest: MODEL,
    predictions: [prediction],
    measurements: [{ region: 'WT', name: 'whole tumour', quantity: 'volume', value: 40, unit: 'mL' }],
    answers: truth === undefined ? [] : [{ head: 'idh', answer: truth, reference: `Observation/${n}` }],
    opinions: [],
  }
}

const made = Array.from({ length: 60 }, (_, n): SiteCase => {
  const mutant = n % 3 === 0 ? 0.93 : n % 7 === 0 ? 0.5 : 0.08 + (n % 5) / 50
  const isMutant = n % 3 === 0 ? n % 12 !== 0 : n % 11 === 0
  const one = siteCase(n, idhPrediction(mutant), n % 5 === 4 ? undefined : CLASSES[Number(isMutant)])
  if (n % 2 === 1) return one
  if (n === 10) return { ...one, review: { decision: 'reject', edits: [], reviewer: REVIEWER } }
  const isEdited = n % 8 === 0
  const edits = isEdited ? [{ target: 'measurement.WT', from: 40, to: 44 + n / 10, reason: 'rim' }] : []
  return { ...one, review: { decision: isEdited ? 'accept-with-edits' : 'accept', edits, reviewer: REVIEWER } }
})

export const sampleFigures = siteFigures(made, sampleBundle, PERIOD)
