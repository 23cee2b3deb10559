// Dates, identifiers and the comparison of what is stored with what is wanted.

import type { Resource } from '@medplum/fhirtypes'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { calendarDate } from '../../src/domain/dicom-date.ts'
import { addMonths } from '../../src/fhir/resources/dates.ts'
import { carries, keyValue, relativeReference, urnOf } from '../../src/fhir/resources/identifiers.ts'
import { reportUrl } from '../../src/fhir/resources/report-url.ts'
import { differingElements } from '../../src/fhir/writing/compare.ts'

describe('dates', () => {
  it('takes days of the calendar only', () => {
    expect(calendarDate('20240229')).toBe('2024-02-29')
    expect(calendarDate('2024.02.29')).toBe('2024-02-29')
    for (const da of ['', '20230229', '202402', '20241301', '2024-02-29', '20240229-', 'ABCD0101'])
      expect(calendarDate(da)).toBeUndefined()
  })

  it('adds months without falling into the next one', () => {
    expect(addMonths('2024-01-31', 1)).toBe('2024-02-29')
    expect(addMonths('2024-12-15', 12)).toBe('2025-12-15')
    expect(addMonths('2024-08-31', 18)).toBe('2026-02-28')
  })
})

describe('identifiers', () => {
  it('need no escaping, whatever the parts', () => {
    fc.assert(fc.property(fc.string(), (part) => /^[A-Za-z0-9._-]*$/.test(keyValue('a', part))))
  })

  it('give a UUID that FHIR takes, the same every time, another for another type', () => {
    const key = { resourceType: 'Observation', param: 'identifier', system: 'urn:x', value: 'v' } as const
    expect(urnOf(key)).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(urnOf(key)).toBe(urnOf({ ...key }))
    expect(urnOf({ ...key, resourceType: 'Device' })).not.toBe(urnOf(key))
  })

  it('are looked for in the resource itself', () => {
    const resource: Resource = { resourceType: 'Device', identifier: [{ system: 's', value: 'V' }] }
    expect(carries(resource, { param: 'identifier', system: 's', value: 'V' })).toBe(true)
    expect(carries(resource, { param: 'identifier', system: 's', value: 'v' })).toBe(false)
    expect(carries(resource, { param: '_tag', system: 's', value: 'V' })).toBe(false)
  })

  it('references are compared without host and version', () => {
    for (const reference of ['Patient/1', 'https://e/fhir/Patient/1', 'https://e/fhir/Patient/1/_history/3']) {
      expect(relativeReference(reference)).toBe('Patient/1')
    }
    expect(relativeReference('urn:uuid:0')).toBe('urn:uuid:0')
  })

  it('give links', () => {
    expect(reportUrl({ diagnosticReport: 'DiagnosticReport/1' }, 'https://e/fhir/')).toBe(
      'https://e/fhir/DiagnosticReport/1',
    )
    expect(reportUrl({}, 'https://e/fhir')).toBeUndefined()
  })
})

describe('differingElements', () => {
  const wanted: Resource = {
    resourceType: 'DiagnosticReport',
    status: 'preliminary',
    code: { text: 'x' },
    subject: { reference: 'Patient/1' },
    issued: '2025-01-01T00:00:00.000Z',
    presentedForm: [{ contentType: 'application/pdf', hash: 'h', data: 'AAAA' }],
  }

  it('sees no difference in what servers add, move and reformat', () => {
    const stored: Resource = {
      ...wanted,
      id: '7',
      meta: { versionId: '3' },
      text: { status: 'generated', div: '<div/>' },
      code: { text: 'x', coding: [] },
      subject: { reference: 'https://e/fhir/Patient/1', display: 'x' },
      issued: '2025-01-01T01:00:00+01:00',
      presentedForm: [{ contentType: 'application/pdf', hash: 'h', url: 'Binary/1' }],
      conclusion: 'added',
    }
    expect(differingElements(stored, wanted)).toEqual([])
  })

  it('names every element that is missing or says something else', () => {
    const stored: Resource = {
      ...wanted,
      status: 'registered',
      subject: { reference: 'Patient/2' },
      issued: '2025-01-01T00:00:01.000Z',
      presentedForm: [{ contentType: 'application/pdf', hash: 'h' }],
    }
    // The time of writing is no reason to write again; that it is missing is one.
    expect(differingElements(stored, wanted)).toEqual(['status', 'subject', 'presentedForm'])
    const { issued: _time, ...untimed } = wanted as Resource & { issued?: string }
    expect(differingElements(untimed as Resource, wanted)).toEqual(['issued'])
    expect(differingElements({ ...wanted, presentedForm: [] }, wanted)).toEqual(['presentedForm'])
  })
})
