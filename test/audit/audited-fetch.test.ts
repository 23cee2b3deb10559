// The trail of a whole report: every request to the EHR about the patient is in it, under the study, and can be exported.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { validate } from '../../demo/ehr/validate.ts'
import { auditEvent } from '../../src/audit/audit-event.ts'
import { auditFetch } from '../../src/audit/audited-fetch.ts'
import { entriesOf } from '../../src/audit/interactions.ts'
import type { AuditEntry } from '../../src/domain/ports/audit-trail.ts'
import { createClinicalRecords } from '../../src/fhir/connection/records.ts'
import { MRN_SYSTEM, PATIENT, recordOptions, sampleReport } from '../support/fhir-report.ts'
import { type DemoEhr, startSampleEhr } from '../support/sample-ehr.ts'

describe('the trail of a report', () => {
  let ehr: DemoEhr
  beforeAll(async () => {
    ehr = await startSampleEhr()
  })
  afterAll(() => ehr.close())

  it('has each resource that was written, each search and read, with patient, study and request', async () => {
    const trail: AuditEntry[] = []
    const sent: (string | null)[] = []
    const audit = { record: async (entry: AuditEntry) => void trail.push(entry) }
    let id = 0
    const send: typeof fetch = async (url, init) => {
      sent.push(new Headers(init?.headers).get('x-request-id'))
      return fetch(url, init)
    }
    const records = createClinicalRecords({
      ...recordOptions(ehr.url),
      fetch: send,
      auditedFetch: (scope, send) => auditFetch({ baseUrl: ehr.url, scope, audit, send, newId: () => `r${++id}` }),
    })
    const user = { identifier: 'dr-9', name: 'Dr Nine' }
    const receipt = await records.forStudy({ studyInstanceUid: '1.2.3', user }).postReport(sampleReport())

    const written = trail.filter((entry) => entry.action === 'write' && entry.interaction === 'create')
    const objects = written.flatMap((entry) => entry.objects ?? []).map((object) => object.replace(/\/_history.*/, ''))
    const resources = Object.entries(receipt).flatMap(([role, reference]) => (role === 'patient' ? [] : [reference]))
    expect(objects.sort()).toEqual(resources.sort())
    // Device has no patient; it was created for this one all the same.
    expect(trail.every((entry) => entry.patient === receipt.patient && entry.studyInstanceUid === '1.2.3')).toBe(true)
    expect(trail.every((entry) => entry.user === user && entry.server === ehr.url)).toBe(true)
    expect(new Set(trail.map((entry) => entry.requestId)).size).toBeGreaterThan(5)
    expect(trail.every((entry) => sent.includes(entry.requestId!))).toBe(true)
    expect(trail[0]).toMatchObject({
      interaction: 'search-type',
      what: 'Patient',
      query: expect.stringContaining('Patient?'),
    })
    expect(trail.some((entry) => entry.what === 'report')).toBe(false)
    const settings = {
      patient: 'digest' as const,
      identifierSystem: MRN_SYSTEM,
      software: { name: 'Gliabridge', version: '1' },
      site: '',
    }
    trail.forEach((entry, n) => {
      const row = { ...entry, position: n + 1, at: '2026-03-01T03:00:00.000Z', host: 'h', identity: PATIENT }
      expect(() => validate(auditEvent(row, settings))).not.toThrow()
    })
  })

  it('has what failed, and what went to nobody', async () => {
    const trail: AuditEntry[] = []
    const audit = { record: async (entry: AuditEntry) => void trail.push(entry) }
    const at = (send: typeof fetch) =>
      auditFetch({
        baseUrl: 'http://ehr.example/fhir',
        scope: { studyInstanceUid: '1.2.3' },
        audit,
        send,
        newId: () => 'r',
      })
    const broken = at(async () => {
      throw new TypeError('lost')
    })
    await expect(broken('http://ehr.example/fhir/Patient/7')).rejects.toThrow('lost')
    await at(async () => new Response('{}', { status: 404 }))('http://ehr.example/fhir/Patient/8')
    await at(async () => new Response('{}'))('http://ehr.example/fhir/metadata')
    await at(async () => new Response('{}'))('http://ehr.example/token', { method: 'POST' })
    await at(async () => new Response('{}'))('http://ehr.example/fhirother/Patient/1')
    expect(trail).toEqual([
      {
        action: 'read',
        interaction: 'read',
        what: 'Patient',
        outcome: 'failure',
        patient: 'Patient/7',
        objects: ['Patient/7'],
        target: 'ehr',
        studyInstanceUid: '1.2.3',
        server: 'http://ehr.example/fhir',
        requestId: 'r',
      },
      {
        action: 'read',
        interaction: 'read',
        what: 'Patient',
        outcome: 'failure',
        patient: 'Patient/8',
        objects: ['Patient/8'],
        target: 'ehr',
        studyInstanceUid: '1.2.3',
        server: 'http://ehr.example/fhir',
        requestId: 'r',
      },
    ])
  })

  it('has one entry per patient whom a search found', () => {
    const answer = {
      resourceType: 'Bundle',
      entry: ['1', '2'].map((id) => ({ resource: { resourceType: 'Patient', id } })),
    }
    const found = entriesOf({
      method: 'GET',
      path: '/Patient?identifier=a',
      body: undefined,
      succeeded: true,
      answer,
      location: undefined,
    })
    expect(found.map((entry) => entry.patient)).toEqual(['Patient/1', 'Patient/2'])
    const none = entriesOf({
      method: 'GET',
      path: '/Consent?patient=9',
      body: undefined,
      succeeded: true,
      answer: {},
      location: undefined,
    })
    expect(none).toMatchObject([{ patient: 'Patient/9', query: 'Consent?patient=9', interaction: 'search-type' }])
  })
})
