// What EHRs write of tumour boards: which words are the question, which plan is the last decision.
import type { CarePlan, ServiceRequest } from '@medplum/fhirtypes'
import { describe, expect, it } from 'vitest'
import { linesSince } from '../../../src/domain/volume-course.ts'
import { decisionOf, questionOf } from '../../../src/fhir/reads/board-record.ts'

const CODES = ['urn:hospital|board']
const subject = { reference: 'Patient/1' }
const order = (change: Partial<ServiceRequest>): ServiceRequest => ({
  resourceType: 'ServiceRequest',
  id: 'o',
  status: 'active',
  intent: 'order',
  subject,
  ...change,
})
const plan = (change: Partial<CarePlan>): CarePlan => ({
  resourceType: 'CarePlan',
  id: 'p',
  status: 'completed',
  intent: 'plan',
  subject,
  category: [{ coding: [{ system: 'urn:hospital', code: 'board' }] }],
  created: '2026-01-10T15:00:00Z',
  description: 'Resection',
  ...change,
})

describe('the question', () => {
  it.each<[string, Partial<ServiceRequest>, string | undefined]>([
    ['in words', { reasonCode: [{ text: 'Progression?' }] }, 'Progression?'],
    [
      'by its display',
      { reasonCode: [{ coding: [{ code: '1', display: 'Follow-up of glioma' }] }] },
      'Follow-up of glioma',
    ],
    [
      'of several reasons, each once',
      { reasonCode: [{ text: 'Progression?' }, { text: 'Progression?' }], reasonReference: [{ display: 'Glioma' }] },
      'Progression?; Glioma',
    ],
    ['that nobody put', {}, undefined],
    ['that is empty', { reasonCode: [{ text: ' ' }], reasonReference: [{ reference: 'Condition/1' }] }, undefined],
  ])('%s', (_, change, text) => {
    expect(questionOf(order(change))).toEqual(text && { text, reference: 'ServiceRequest/o' })
  })
})

describe('the last decision', () => {
  const of = (plans: Partial<CarePlan>[], studyDate: string | undefined = '2026-03-01') =>
    decisionOf(plans.map(plan), CODES, studyDate)

  it('is the latest on or before the day of imaging', () => {
    const plans = [
      { id: 'a', created: '2025-11-02' },
      { id: 'b', created: '2026-03-01', description: 'Radiotherapy' },
      { id: 'c', created: '2026-03-02' },
    ]
    expect(of(plans)).toEqual({ text: 'Radiotherapy', date: '2026-03-01', reference: 'CarePlan/b' })
    expect(of(plans, '2026-02-28')?.reference).toBe('CarePlan/a')
    expect(decisionOf(plans.map(plan), CODES, undefined)?.reference).toBe('CarePlan/c')
  })

  it.each<[string, Partial<CarePlan>, string | undefined]>([
    [
      'description first',
      { title: 'Board', activity: [{ detail: { status: 'scheduled', description: 'x' } }] },
      'Resection',
    ],
    [
      'then what is planned',
      {
        description: undefined as never,
        title: 'Board',
        activity: [
          { detail: { status: 'scheduled', description: 'Resection' } },
          { detail: { status: 'scheduled', code: { text: 'Radiotherapy' } } },
          { reference: { display: 'Temozolomide' } },
        ],
      },
      'Resection; Radiotherapy; Temozolomide',
    ],
    ['then the title', { description: ' ', title: 'Watch and wait' }, 'Watch and wait'],
    ['no words', { description: '' }, undefined],
    ['of another category', { category: [{ coding: [{ system: 'urn:hospital', code: 'diet' }] }] }, undefined],
    ['taken back', { status: 'entered-in-error' }, undefined],
    ['a draft', { status: 'draft' }, undefined],
    ['of a month', { created: '2026-01' }, undefined],
    ['by its period', { created: undefined as never, period: { start: '2026-01-11' } }, 'Resection'],
  ])('%s', (_, change, text) => {
    expect(of([change])?.text).toBe(text)
  })
})

it('what changed since: the last study up to that day beside the present one', () => {
  const points = [
    ['20251101', 10],
    ['20260110', 20],
    ['20260301', 30],
  ].map(([studyDate, value], n) => ({ studyDate: String(studyDate), days: n, value: Number(value) }))
  const line = { region: 'WT', name: 'whole tumour', points }
  const valuesOf = (day: string) => linesSince([line], day).map((one) => one.points.map(({ value }) => value))
  expect(valuesOf('2026-01-10')).toEqual([[20, 30]])
  expect(valuesOf('2026-01-09')).toEqual([[10, 30]])
  expect(valuesOf('2025-10-31')).toEqual([])
  expect(valuesOf('2026-03-01')).toEqual([])
})
