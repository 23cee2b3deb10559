// An entry of the audit trail as FHIR R4 AuditEvent: IHE Basic Audit Log Patterns for the EHR, DICOM PS3.15 A.5.3 patterns for the PACS; pure.
import type { AuditEvent, AuditEventAgent, AuditEventEntity, Coding, Identifier } from '@medplum/fhirtypes'
import type { AuditEntry } from '../domain/ports/audit-trail.ts'
import type { PatientIdentity } from '../domain/study.ts'
import { type ExportSettings, namedPatient, namedQuery } from './patient.ts'

/** What is exported: an entry and its place in the chain. */
export interface ExportedEntry extends AuditEntry {
  position: number
  at: string
  host: string
  identity: PatientIdentity | undefined
}

const BALP = 'https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.'
const DCM = 'http://dicom.nema.org/resources/ontology/DCM'
const ENTITY_TYPE = 'http://terminology.hl7.org/CodeSystem/audit-entity-type'
const ROLE = 'http://terminology.hl7.org/CodeSystem/object-role'
const coding = (system: string, code: string, display: string): Coding => ({ system, code, display })

export const SOURCE_ROLE = coding(DCM, '110153', 'Source Role ID')
export const DESTINATION_ROLE = coding(DCM, '110152', 'Destination Role ID')
const REST = coding('http://terminology.hl7.org/CodeSystem/audit-event-type', 'rest', 'Restful Operation')
const INFORMATION_RECIPIENT = coding(
  'http://terminology.hl7.org/CodeSystem/v3-ParticipationType',
  'IRCP',
  'information recipient',
)
const AUTHOR = coding('http://terminology.hl7.org/CodeSystem/v3-ParticipationType', 'AUT', 'author (originator)')
/** PS3.15 A.5.3.10 */
const QUERY = coding(DCM, '110112', 'Query')
export const INSTANCES_ACCESSED = coding(DCM, '110103', 'DICOM Instances Accessed')
/** PS3.15 A.5.3.9 */
const STUDY_DELETED = coding(DCM, '110105', 'DICOM Study Deleted')
/** PS3.15 A.5.3.12 */
const USER_AUTHENTICATION = coding(DCM, '110114', 'User Authentication')
const LOGIN = coding(DCM, '110122', 'Login')
const LOGOUT = coding(DCM, '110123', 'Logout')
export const INSTANCES_TRANSFERRED = coding(DCM, '110104', 'DICOM Instances Transferred')
const REQUEST_ID = coding(
  'https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType',
  'XrequestId',
  'transport specific unique identifier where http X-Request-Id is used',
)
const STUDY_UID = coding(DCM, '110180', 'Study Instance UID')

/** BALP pattern and action, by interaction. A search is E, executed (an IHE change proposal, as in DICOM Query). */
const PATTERN = {
  read: { profile: 'Read', action: 'R' },
  'search-type': { profile: 'Query', action: 'E' },
  create: { profile: 'Create', action: 'C' },
  update: { profile: 'Update', action: 'U' },
} as const

/** Only the receiver knows whether it already had an instance, so a transfer is R, whoever sent it (PS3.15 A.5.3.7). */
export const DICOM_ACTION = 'R'

/** Which side sends the data: in a search it is the client, whose parameters are sent (BALP, note on Query). */
export function clientIsSource({ interaction, action }: AuditEntry): boolean {
  return interaction === 'search-type' || action === 'write'
}

/** Failed exchanges carry no BALP profile, since the profiles describe successful ones. */
export function auditEvent(entry: ExportedEntry, settings: ExportSettings): AuditEvent {
  const { interaction } = entry
  const pattern =
    entry.target === 'ehr' && interaction && interaction in PATTERN
      ? PATTERN[interaction as keyof typeof PATTERN]
      : undefined
  const patient = namedPatient(entry, entry.identity, settings)
  const succeeded = entry.outcome === 'success'
  return {
    resourceType: 'AuditEvent',
    ...(pattern && succeeded && { meta: { profile: [`${BALP}${patient ? 'Patient' : ''}${pattern.profile}`] } }),
    ...typeOf(entry, pattern !== undefined),
    action: pattern?.action ?? actionOf(entry),
    recorded: entry.at,
    outcome: succeeded ? '0' : '8',
    agent: agentsOf(entry, settings),
    source: {
      ...(settings.site && { site: settings.site }),
      observer: { identifier: ownIdentifier(entry, settings), display: softwareName(settings) },
      type: [coding('http://terminology.hl7.org/CodeSystem/security-source-type', '4', 'Application Server')],
    },
    entity: entitiesOf(entry, settings, patient),
  }
}

export function softwareName({ software }: ExportSettings): string {
  return `${software.name} ${software.version}`
}

function ownIdentifier({ host }: ExportedEntry, { software }: ExportSettings): Identifier {
  return { value: `${software.name}@${host}` }
}

function actionOf({ target, interaction, action }: ExportedEntry): 'D' | 'E' | 'R' | 'U' {
  if (interaction === 'delete') return 'D'
  if (isAuthentication(interaction)) return 'E'
  if (target !== 'ehr') return interaction === 'search-type' ? PATTERN[interaction].action : DICOM_ACTION
  return action === 'read' ? 'R' : 'U'
}

function isAuthentication(interaction: AuditEntry['interaction']): boolean {
  return interaction === 'login' || interaction === 'logout'
}

function typeOf(entry: ExportedEntry, isRest: boolean): Pick<AuditEvent, 'type' | 'subtype'> {
  if (entry.target === 'pacs' && entry.interaction === 'search-type') return { type: QUERY }
  if (entry.interaction === 'delete') return { type: STUDY_DELETED }
  if (isAuthentication(entry.interaction))
    return { type: USER_AUTHENTICATION, subtype: [entry.interaction === 'login' ? LOGIN : LOGOUT] }
  if (entry.target !== 'ehr')
    return { type: entry.interaction === 'access' ? INSTANCES_ACCESSED : INSTANCES_TRANSFERRED }
  if (!isRest) return { type: REST }
  const { interaction = '' } = entry
  return { type: REST, subtype: [coding('http://hl7.org/fhir/restful-interaction', interaction, interaction)] }
}

const SIDES = { pacs: 'PACS', ehr: 'EHR', spool: 'Images kept here', store: 'Record of analyses' } as const

function agentsOf(entry: ExportedEntry, settings: ExportSettings): AuditEventAgent[] {
  const outgoing = clientIsSource(entry)
  const client: AuditEventAgent = {
    type: { coding: [outgoing ? SOURCE_ROLE : DESTINATION_ROLE] },
    who: { identifier: ownIdentifier(entry, settings), display: softwareName(settings) },
    requestor: entry.user === undefined,
    network: { address: entry.host, type: '1' },
  }
  const address = entry.server ?? entry.target
  const server: AuditEventAgent = {
    type: { coding: [outgoing ? DESTINATION_ROLE : SOURCE_ROLE] },
    who: { identifier: { value: address }, display: SIDES[entry.target] },
    requestor: false,
    network: { address, type: entry.server === undefined ? '1' : '5' },
  }
  const user: AuditEventAgent | undefined = entry.user && {
    type: { coding: [entry.action === 'write' ? AUTHOR : INFORMATION_RECIPIENT] },
    who: { identifier: { value: entry.user.identifier } },
    name: entry.user.name,
    requestor: true,
  }
  return [client, server, ...(user ? [user] : [])]
}

function entitiesOf(
  entry: ExportedEntry,
  settings: ExportSettings,
  patient: ReturnType<typeof namedPatient>,
): AuditEventEntity[] {
  const person: AuditEventEntity[] = patient
    ? [
        {
          what: { type: 'Patient', ...patient },
          type: coding(ENTITY_TYPE, '1', 'Person'),
          role: coding(ROLE, '1', 'Patient'),
        },
      ]
    : []
  const request: AuditEventEntity[] = entry.requestId
    ? [{ what: { identifier: { value: entry.requestId } }, type: REQUEST_ID }]
    : []
  return [...person, ...objectsOf(entry, settings), ...request]
}

function objectsOf(entry: ExportedEntry, settings: ExportSettings): AuditEventEntity[] {
  if (isAuthentication(entry.interaction)) return []
  const object = coding(ENTITY_TYPE, '2', 'System Object')
  if (entry.query !== undefined) {
    const query = Buffer.from(namedQuery(entry.query, settings), 'utf8').toString('base64')
    return [{ type: object, role: coding(ROLE, '24', 'Query'), query }]
  }
  if (entry.target !== 'ehr') {
    const study = { system: 'urn:dicom:uid', value: `urn:oid:${entry.studyInstanceUid}` }
    return [
      {
        what: { type: 'ImagingStudy', identifier: study },
        type: object,
        role: coding(ROLE, '3', 'Report'),
        name: entry.what,
        detail: [
          { type: STUDY_UID.display!, valueString: entry.studyInstanceUid },
          ...(entry.objects ?? []).map((uid) => ({ type: 'SOP Instance UID', valueString: uid })),
        ],
      },
    ]
  }
  const [reference] = entry.objects ?? []
  const what = reference ? { reference } : { display: entry.what }
  return [{ what, type: object, role: coding(ROLE, '4', 'Domain Resource') }]
}
