import { describe, expect, it } from 'vitest'
import { type ClinicalInput, clinicalFeatures } from '../../../src/inference/heads/clinical.ts'

const input = (change: Partial<ClinicalInput> & { birth?: string; sex?: string } = {}): ClinicalInput => ({
  patient: { patientBirthDate: change.birth ?? '19610304', patientSex: change.sex ?? 'F' },
  studyDate: '20260301',
  patientAges: [],
  ...change,
})
const ageOf = (change: Parameters<typeof input>[0]) => clinicalFeatures(input(change)).features.age_years

describe('clinical features', () => {
  it('take the age from birth and study date, to the day', () => {
    expect(ageOf({})).toBeCloseTo(64.99, 2)
    expect(ageOf({ birth: '20000101', studyDate: '20000201' })).toBeCloseTo(31 / 365.25, 6)
  })

  it('fall back to PatientAge in its four units', () => {
    const ages = { '071Y': 71, '030M': 2.5, '026W': 0.498, '100D': 0.274 }
    for (const [stated, years] of Object.entries(ages))
      expect(ageOf({ birth: '', patientAges: ['', stated, stated] })).toBeCloseTo(years, 3)
  })

  it.each([
    ['no date', { birth: '' }],
    ['an impossible date', { birth: '19610231' }],
    ['a birth after the study', { birth: '20270101' }],
    ['an age of 126', { birth: '19000101' }],
    ['a bare number', { birth: '', patientAges: ['42'] }],
    ['two ages', { birth: '', patientAges: ['042Y', '043Y'] }],
  ])('know no age of %s', (_name, change) => expect(ageOf(change)).toBeNaN())

  it('know no age when the two contradict each other, and say so', () => {
    const { features, quality } = clinicalFeatures(input({ patientAges: ['056Y'] }))
    expect(features.age_years).toBeNaN()
    expect(quality).toEqual([expect.objectContaining({ code: 'age-contradiction', severity: 'warning' })])
    expect(quality[0]!.text).not.toMatch(/56|65|1961/)
    expect(clinicalFeatures(input({ patientAges: ['064Y'] })).quality).toEqual([])
  })

  it('know sex only as male or female', () => {
    const sexes = ['M', 'F', 'O', ''].map((sex) => clinicalFeatures(input({ sex })).features.sex_male)
    expect(sexes).toEqual([1, 0, Number.NaN, Number.NaN])
  })

  it('take resection and Karnofsky score from the EHR, or leave them out', () => {
    const of = (facts?: ClinicalInput['facts']) => {
      const { resection_gtr, resection_subtotal, kps } = clinicalFeatures(input({ facts })).features
      return [resection_gtr, resection_subtotal, kps]
    }
    expect(of()).toEqual([Number.NaN, Number.NaN, Number.NaN])
    expect(of({ resection: 'gross-total', karnofsky: 80 })).toEqual([1, 0, 80])
    expect(of({ resection: 'subtotal' })).toEqual([0, 1, Number.NaN])
    expect(of({ resection: 'biopsy', karnofsky: 800 })).toEqual([0, 0, Number.NaN])
  })
})
