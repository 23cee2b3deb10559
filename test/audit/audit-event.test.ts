// Exported audit entries: AuditEvents valid against base R4 and the BALP patterns, audit messages and syslog lines as the standards have them.
import type { AuditEvent } from '@medplum/fhirtypes'
import { describe, expect, it } from 'vitest'
import { validate } from '../../demo/ehr/validate.ts'
import { auditEvent, type ExportedEntry } from '../../src/audit/audit-event.ts'
import { auditMessage, syslogLine } from '../../src/audit/audit-message.ts'
import { DIGEST_SYSTEM, type ExportSettings } from '../../src/audit/patient.ts'
import { PATIENT } from '../support/fhir-report.ts'

const digested: ExportSettings = {
  patient: 'digest',
  identifierSystem: 'urn:oid:1.2.36.146',
  software: { name: 'Gliabridge', version: '9.8.7' },
  site: 'Charité & Söhne',
}
const named: ExportSettings = { ...digested, patient: 'identifier' }

const base: ExportedEntry = {
  position: 7,
  at: '2026-03-01T03:04:05.678Z',
  host: 'node-3',
  action: 'read',
  target: 'ehr',
  studyInstanceUid: '1.2.3.4',
  what: 'Observation',
  outcome: 'success',
  server: 'https://ehr.example/fhir',
  requestId: '5e0f',
  patient: 'Patient/12',
  identity: { ...PATIENT, patientId: 'MRN-77' },
}
const entries: Record<string, ExportedEntry> = {
  read: { ...base, interaction: 'read', objects: ['Observation/3/_history/2'] },
  search: {
    ...base,
    interaction: 'search-type',
    what: 'Patient',
    query: 'Patient?identifier=urn%3Aoid%3A1.2.36.146%7CMRN-77',
  },
  create: {
    ...base,
    action: 'write',
    interaction: 'create',
    objects: ['Observation/4'],
    user: { identifier: 'dr-9', name: 'Dr Nine' },
  },
  update: { ...base, action: 'write', interaction: 'update', objects: ['DiagnosticReport/5/_history/2'] },
  whole: { ...base, action: 'write', what: 'report' },
  access: {
    ...base,
    target: 'pacs',
    interaction: 'access',
    what: 'metadata',
    server: 'https://pacs.example/dicom-web',
  },
  looked: {
    ...base,
    target: 'spool',
    interaction: 'access',
    what: 'images of analysis a-1',
    user: { identifier: 'dr-9', name: 'Dr Nine' },
  },
  query: {
    ...base,
    target: 'pacs',
    interaction: 'search-type',
    what: 'studies of the patient',
    query: 'studies?StudyDate=-20260228&PatientID=MRN-77&includefield=00080020',
  },
  retrieve: { ...base, target: 'pacs', interaction: 'retrieve', what: 'series 1.2.5', objects: ['1.2.5.1', '1.2.5.2'] },
  store: {
    ...base,
    target: 'pacs',
    action: 'write',
    interaction: 'store',
    what: '2 instances',
    objects: ['2.25.1', '2.25.2'],
  },
}
const withoutPatient = Object.fromEntries(
  Object.entries(entries).map(([name, { patient: _patient, ...rest }]) => [name, { ...rest, identity: undefined }]),
) as Record<string, ExportedEntry>

/** IHE BALP 1.1.3, StructureDefinitions Patient{Read,Query,Create,Update}: profile, subtype, action, role of client, role of server. */
const BALP: Record<string, [string, string, string, string, string]> = {
  read: ['PatientRead', 'read', 'R', '110152', '110153'],
  search: ['PatientQuery', 'search-type', 'E', '110153', '110152'],
  create: ['PatientCreate', 'create', 'C', '110153', '110152'],
  update: ['PatientUpdate', 'update', 'U', '110153', '110152'],
}
const entitiesOf = (event: AuditEvent, type: string) => (event.entity ?? []).filter((e) => e.type?.code === type)

describe('AuditEvents', () => {
  it.each(Object.keys(entries))(
    'of a %s are valid against base R4, also failed, without patient, and by identifier',
    (name) => {
      for (const entry of [entries[name]!, withoutPatient[name]!, { ...entries[name]!, outcome: 'failure' as const }]) {
        expect(() => validate(auditEvent(entry, digested))).not.toThrow()
        expect(() => validate(auditEvent(entry, named))).not.toThrow()
      }
    },
  )

  it.each(Object.entries(BALP))(
    'of a %s follow their BALP pattern',
    (name, [profile, subtype, action, client, server]) => {
      const event = auditEvent(entries[name]!, digested)
      expect(event.meta?.profile).toEqual([
        `https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.${profile}`,
      ])
      expect(event.type).toMatchObject({
        system: 'http://terminology.hl7.org/CodeSystem/audit-event-type',
        code: 'rest',
      })
      expect(event.subtype?.map((s) => [s.system, s.code])).toEqual([
        ['http://hl7.org/fhir/restful-interaction', subtype],
      ])
      expect([event.action, event.outcome, event.recorded]).toEqual([action, '0', base.at])
      const agents = event.agent.map((a) => [
        a.type?.coding?.[0]?.code,
        a.network?.address,
        a.who !== undefined,
        a.media,
      ])
      expect(agents.slice(0, 2)).toEqual([
        [client, 'node-3', true, undefined],
        [server, 'https://ehr.example/fhir', true, undefined],
      ])
      const [patient, ...others] = entitiesOf(event, '1')
      expect(others).toEqual([])
      expect(patient).toMatchObject({ role: { code: '1' }, what: { reference: 'Patient/12' } })
      const [data] = entitiesOf(event, '2')
      if (name === 'search') {
        expect(data).toMatchObject({ role: { code: '24' }, query: expect.any(String) })
        expect(data).not.toHaveProperty('what')
        expect(data).not.toHaveProperty('detail')
      } else expect(data).toMatchObject({ role: { code: '4' }, what: { reference: entries[name]!.objects![0] } })
      expect(entitiesOf(event, 'XrequestId')[0]?.what?.identifier?.value).toBe('5e0f')
    },
  )

  it('names the person on whose behalf, who is then the requestor', () => {
    const agents = auditEvent(entries.create!, digested).agent
    expect(agents.map((agent) => agent.requestor)).toEqual([false, false, true])
    expect(agents[2]).toMatchObject({
      name: 'Dr Nine',
      who: { identifier: { value: 'dr-9' } },
      type: { coding: [{ code: 'AUT' }] },
    })
  })

  it('claim no pattern for what failed, and none with a patient who is not known', () => {
    expect(auditEvent({ ...entries.read!, outcome: 'failure' }, digested)).toMatchObject({ outcome: '8' })
    expect(auditEvent({ ...entries.read!, outcome: 'failure' }, digested).meta).toBeUndefined()
    expect(auditEvent(withoutPatient.read!, digested).meta?.profile?.[0]).toMatch(/BasicAudit\.Read$/)
  })

  it('hold the identifier only on request, and never a name or a birth date', () => {
    const all = (settings: ExportSettings) =>
      Object.values(entries)
        .map((entry) => {
          const event = auditEvent(entry, settings)
          const queries = (event.entity ?? []).map((e) => Buffer.from(e.query ?? '', 'base64').toString())
          return JSON.stringify(event) + queries.join() + syslogLine(entry, settings)
        })
        .join('\n')
    expect(all(digested)).not.toContain('MRN-77')
    // sha256 of "urn:oid:1.2.36.146|MRN-77", by sha256sum
    expect(all(digested)).toContain(`${DIGEST_SYSTEM}`)
    expect(all(digested)).toContain(SHA)
    expect(all(named)).toContain('MRN-77')
    for (const text of [all(digested), all(named)]) {
      expect(text).not.toContain(PATIENT.patientName.split('^')[0]!)
      expect(text).not.toContain(PATIENT.patientBirthDate)
    }
  })
})

describe('audit messages', () => {
  it('of stored objects are DICOM Instances Transferred, from us to the archive', () => {
    expect(auditMessage(entries.store!, named)).toBe(
      '<AuditMessage><EventIdentification EventActionCode="R" EventDateTime="2026-03-01T03:04:05.678Z" EventOutcomeIndicator="0">' +
        '<EventID csd-code="110104" codeSystemName="DCM" originalText="DICOM Instances Transferred"/></EventIdentification>' +
        '<ActiveParticipant UserID="Gliabridge@node-3" UserName="Gliabridge 9.8.7" UserIsRequestor="true" NetworkAccessPointID="node-3" NetworkAccessPointTypeCode="1">' +
        '<RoleIDCode csd-code="110153" codeSystemName="DCM" originalText="Source Role ID"/></ActiveParticipant>' +
        '<ActiveParticipant UserID="https://ehr.example/fhir" UserIsRequestor="false" NetworkAccessPointID="https://ehr.example/fhir" NetworkAccessPointTypeCode="5">' +
        '<RoleIDCode csd-code="110152" codeSystemName="DCM" originalText="Destination Role ID"/></ActiveParticipant>' +
        '<AuditSourceIdentification AuditEnterpriseSiteID="Charité &amp; Söhne" AuditSourceID="node-3"><AuditSourceTypeCode csd-code="4"/></AuditSourceIdentification>' +
        '<ParticipantObjectIdentification ParticipantObjectID="1.2.3.4" ParticipantObjectTypeCode="2" ParticipantObjectTypeCodeRole="3">' +
        '<ParticipantObjectIDTypeCode csd-code="110180" codeSystemName="DCM" originalText="Study Instance UID"/><ParticipantObjectName>2 instances</ParticipantObjectName></ParticipantObjectIdentification>' +
        '<ParticipantObjectIdentification ParticipantObjectID="MRN-77^^^urn:oid:1.2.36.146" ParticipantObjectTypeCode="1" ParticipantObjectTypeCodeRole="1">' +
        '<ParticipantObjectIDTypeCode csd-code="2" codeSystemName="RFC-3881" originalText="Patient Number"/><ParticipantObjectName>-</ParticipantObjectName></ParticipantObjectIdentification>' +
        '</AuditMessage>',
    )
  })

  it('name the side that sends first, and the kind of access', () => {
    const retrieve = auditMessage(entries.retrieve!, digested)
    expect(retrieve.indexOf('110153')).toBeLessThan(retrieve.indexOf('110152'))
    expect(retrieve).toMatch(/UserID="https:\/\/ehr[^>]*><RoleIDCode csd-code="110153"/)
    expect(auditMessage(entries.access!, digested)).toContain('csd-code="110103"')
  })

  it('of a search for a patient are DICOM Query, with what was asked', () => {
    const message = auditMessage(entries.query!, digested)
    expect(message).toContain('EventActionCode="E"')
    expect(message).toContain('<EventID csd-code="110112" codeSystemName="DCM" originalText="Query"/>')
    expect(message).toMatch(/UserID="Gliabridge@node-3"[^>]*><RoleIDCode csd-code="110153"/)
    const [, query] = /<ParticipantObjectQuery>([^<]+)</.exec(message)!
    expect(Buffer.from(query!, 'base64').toString()).toBe(
      `studies?StudyDate=-20260228&PatientID=${SHA}&includefield=00080020`,
    )
    expect(auditEvent(entries.query!, digested)).toMatchObject({ action: 'E', type: { code: '110112' } })
  })

  it('become one syslog line each, whatever the text holds', () => {
    const odd = { ...entries.store!, what: 'a\n<b> "c" \u0007 & d', host: 'höst 1' }
    const line = syslogLine(odd, digested)
    expect(
      line.startsWith('<85>1 2026-03-01T03:04:05.678Z h_st_1 gliabridge - DICOM+RFC3881 - \uFEFF<AuditMessage>'),
    ).toBe(true)
    expect([...line].filter((character) => character < ' ')).toEqual([])
    expect(line).toContain('a &lt;b&gt; &quot;c&quot;   &amp; d')
  })
})

const SHA = '4298dc11f0f40771024888577466fbd833d62dc72a466227a71dbf2abf528a22'
