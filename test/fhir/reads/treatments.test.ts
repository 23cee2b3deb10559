// Treatment as EHRs write it: which entries count, when they began and ended, and how much was given a day.
import type { MedicationAdministration, MedicationRequest, MedicationStatement, Procedure } from '@medplum/fhirtypes'
import { expect, it } from 'vitest'
import { type TreatmentResource, treatmentsOf } from '../../../src/fhir/reads/treatments.ts'

const subject = { reference: 'Patient/1' }
const ATC = 'http://www.whocc.no/atc'
const codes = { radiotherapy: ['urn:ops|8-522'], bevacizumab: [`${ATC}|L01FG01`], steroids: [`${ATC}|H02AB02`] }
const drug = (code: string, text: string) => ({ medicationCodeableConcept: { coding: [{ system: ATC, code }], text } })
const daily = (value: number, frequency: number, boundsPeriod?: { start?: string; end?: string }) => ({
  doseAndRate: [{ doseQuantity: { value, unit: 'mg' } }],
  timing: { repeat: { frequency, period: 1, periodUnit: 'd' as const, ...(boundsPeriod && { boundsPeriod }) } },
})

const radiation: Procedure = {
  resourceType: 'Procedure',
  id: 'rt',
  status: 'completed',
  subject,
  code: { coding: [{ system: 'urn:ops', code: '8-522' }], text: 'Radiotherapy of the brain, 60 Gy' },
  performedPeriod: { start: '2025-10-20T08:00:00+01:00', end: '2025-12-02' },
}
const request: MedicationRequest = {
  resourceType: 'MedicationRequest',
  id: 'dexa',
  status: 'active',
  intent: 'order',
  subject,
  authoredOn: '2026-02-01T10:00:00Z',
  ...drug('H02AB02', 'Dexamethasone'),
  dosageInstruction: [daily(4, 2)],
}
const dose: MedicationAdministration = {
  resourceType: 'MedicationAdministration',
  id: 'bev1',
  status: 'completed',
  subject,
  effectiveDateTime: '2026-01-20T09:00:00Z',
  ...drug('L01FG01', 'Bevacizumab'),
}
const statement: MedicationStatement = {
  resourceType: 'MedicationStatement',
  id: 'dexa-before',
  status: 'completed',
  subject,
  effectivePeriod: { start: '2025-12-01', end: '2026-01-31' },
  ...drug('H02AB02', 'Fortecortin'),
  dosage: [{ ...daily(2, 1), timing: { repeat: { frequency: 1, period: 12, periodUnit: 'h' } } }],
}
const of = (...resources: TreatmentResource[]) => treatmentsOf(resources, codes)

it('reads when, how long and how much', () => {
  expect(of(request, dose, radiation, statement)).toEqual({
    radiotherapy: [
      { words: 'Radiotherapy of the brain, 60 Gy', from: '2025-10-20', to: '2025-12-02', reference: 'Procedure/rt' },
    ],
    bevacizumab: [
      { words: 'Bevacizumab', from: '2026-01-20', to: '2026-01-20', reference: 'MedicationAdministration/bev1' },
    ],
    steroids: [
      {
        words: 'Fortecortin',
        from: '2025-12-01',
        to: '2026-01-31',
        dailyMg: 4,
        reference: 'MedicationStatement/dexa-before',
      },
      { words: 'Dexamethasone', from: '2026-02-01', isOngoing: true, dailyMg: 8, reference: 'MedicationRequest/dexa' },
    ],
  })
})

it('takes nothing that was not given, and says nothing of what has no codes', () => {
  const cancelled = { ...request, id: 'no', status: 'cancelled' as const }
  const wrong = { ...dose, id: 'no', status: 'entered-in-error' as const }
  const other = { ...dose, id: 'no', ...drug('A01', 'Toothpaste') }
  expect(of(cancelled, wrong, other)).toEqual({ radiotherapy: [], bevacizumab: [], steroids: [] })
  expect(treatmentsOf([dose], { ...codes, radiotherapy: [], steroids: [] })).toEqual({
    bevacizumab: [expect.anything()],
  })
})

it('does not know a treatment of which an entry has no day of its beginning', () => {
  expect(of({ ...radiation, performedPeriod: { start: '2025-10' } }, dose)).toEqual({
    bevacizumab: [expect.anything()],
    steroids: [],
  })
})

it('does not know an end that is stated to the month, nor one that a stopped order does not state', () => {
  expect(of({ ...radiation, performedPeriod: { start: '2025-10-20', end: '2025-12' } }).radiotherapy).toEqual([
    { words: expect.any(String), from: '2025-10-20', reference: 'Procedure/rt' },
  ])
  expect(of({ ...request, status: 'stopped' }).steroids![0]).not.toHaveProperty('isOngoing')
})

it('takes the bounds of an order before the day on which it was written', () => {
  const dosageInstruction = [daily(4, 1, { start: '2026-02-10', end: '2026-02-20' })]
  expect(of({ ...request, dosageInstruction }).steroids).toMatchObject([{ from: '2026-02-10', to: '2026-02-20' }])
})
