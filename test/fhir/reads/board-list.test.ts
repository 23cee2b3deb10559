// Patients of a List: order, items that are about a patient, identifiers by system, and what names nobody.
import type { Resource } from '@medplum/fhirtypes'
import { expect, it } from 'vitest'
import { patientsOfList } from '../../../src/fhir/reads/board-list.ts'

const MRN = 'urn:oid:1.2.276.0.76.4.9'
const OTHER = 'https://partner.example/mrn'
const systems = { default: MRN, byIssuer: { PARTNER: OTHER } }
const status = { status: 'current', mode: 'working' } as const
const item = (reference: string, deleted = false) => ({ item: { reference }, ...(deleted && { deleted }) })

const resources: Resource[] = [
  {
    resourceType: 'List',
    id: 'tb',
    ...status,
    entry: [
      item('Patient/2'),
      item('https://ehr.example/fhir/Patient/1/_history/3'),
      item('ServiceRequest/9'),
      item('Patient/3', true),
      item('Patient/4'),
      item('Patient/gone'),
    ],
  },
  { resourceType: 'List', id: 'wrong', status: 'entered-in-error', mode: 'working', entry: [item('Patient/1')] },
  { resourceType: 'Patient', id: '1', identifier: [{ system: MRN, value: 'A-1' }] },
  {
    resourceType: 'Patient',
    id: '2',
    identifier: [
      { system: OTHER, value: 'P-2' },
      { system: MRN, value: 'B-2' },
      { system: MRN, value: 'B-old', use: 'old' },
      { system: 'urn:insurance', value: 'X' },
    ],
  },
  { resourceType: 'Patient', id: '4', identifier: [{ system: 'urn:insurance', value: 'X' }] },
  {
    resourceType: 'ServiceRequest',
    id: '9',
    status: 'active',
    intent: 'order',
    subject: { reference: 'Patient/2' },
  } as Resource,
]
const store = {
  read: async (reference: string) => resources.find((one) => `${one.resourceType}/${one.id}` === reference),
}

it('names each patient once, in the order of the list, with the identifiers of the site', async () => {
  expect(await patientsOfList(store, systems, 'tb')).toEqual([
    { requested: 'Patient/2', ids: [{ patientId: 'P-2', issuerOfPatientId: 'PARTNER' }, { patientId: 'B-2' }] },
    { requested: 'Patient/1', ids: [{ patientId: 'A-1' }] },
    { requested: 'Patient/4', ids: [] },
    { requested: 'Patient/gone', ids: [] },
  ])
})

it.each(['none', 'wrong'])('refuses the list "%s"', async (id) => {
  await expect(patientsOfList(store, systems, id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
})
