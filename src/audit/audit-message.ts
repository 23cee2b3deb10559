// An entry of the audit trail as an audit message (DICOM PS3.15 A.5, IHE ATNA ITI-20) and as a syslog line (RFC 5424); pure.
import {
  auditEvent,
  clientIsSource,
  DESTINATION_ROLE,
  type ExportedEntry,
  SOURCE_ROLE,
  softwareName,
} from './audit-event.ts'
import { type ExportSettings, namedPatient, namedQuery } from './patient.ts'

/** Facility 10 (security and authorization), severity 5 (notice); PS3.15 A.6. */
const PRIORITY = 85
const MESSAGE_ID = 'DICOM+RFC3881'
const BOM = '\uFEFF'

/** One line without its line end. Over TCP or TLS it is preceded by its length (RFC 5425, RFC 6587 octet counting). */
export function syslogLine(entry: ExportedEntry, settings: ExportSettings): string {
  const host = headerField(entry.host, 255)
  const app = headerField(settings.software.name.toLowerCase(), 48)
  return `<${PRIORITY}>1 ${entry.at} ${host} ${app} - ${MESSAGE_ID} - ${BOM}${auditMessage(entry, settings)}`
}

/** Printable ASCII without spaces; "-" if unknown. */
function headerField(value: string, length: number): string {
  const field = value.replace(/[^\x21-\x7e]/g, '_').slice(0, length)
  return field === '' ? '-' : field
}

/** The message in one line, without an XML declaration. Built from the AuditEvent, so the two exports cannot disagree. */
export function auditMessage(entry: ExportedEntry, settings: ExportSettings): string {
  const event = auditEvent(entry, settings)
  const type = event.type
  const subtypes = (event.subtype ?? []).map((subtype) => coded('EventTypeCode', subtype))
  return tag('AuditMessage', {}, [
    tag(
      'EventIdentification',
      { EventActionCode: event.action, EventDateTime: entry.at, EventOutcomeIndicator: event.outcome },
      [coded('EventID', type), ...subtypes],
    ),
    ...participants(entry, settings),
    tag('AuditSourceIdentification', { AuditEnterpriseSiteID: settings.site || undefined, AuditSourceID: entry.host }, [
      tag('AuditSourceTypeCode', { 'csd-code': '4' }),
    ]),
    ...objects(entry, settings),
  ])
}

function participants(entry: ExportedEntry, settings: ExportSettings): string[] {
  const outgoing = clientIsSource(entry)
  const address = entry.server ?? entry.target
  const own = {
    UserID: `${settings.software.name}@${entry.host}`,
    UserName: softwareName(settings),
    UserIsRequestor: String(entry.user === undefined),
    NetworkAccessPointID: entry.host,
    NetworkAccessPointTypeCode: '1',
  }
  const other = {
    UserID: address,
    UserIsRequestor: 'false',
    NetworkAccessPointID: address,
    NetworkAccessPointTypeCode: entry.server === undefined ? '1' : '5',
  }
  const role = (isSource: boolean) => [coded('RoleIDCode', isSource ? SOURCE_ROLE : DESTINATION_ROLE)]
  const user = entry.user && {
    UserID: entry.user.identifier,
    UserName: entry.user.name,
    UserIsRequestor: 'true',
  }
  const both = [tag('ActiveParticipant', own, role(outgoing)), tag('ActiveParticipant', other, role(!outgoing))]
  const ordered = outgoing ? both : both.reverse()
  return [...ordered, ...(user ? [tag('ActiveParticipant', user)] : [])]
}

function objects(entry: ExportedEntry, settings: ExportSettings): string[] {
  const patient = namedPatient(entry, entry.identity, settings)
  const id = patient?.identifier ? `${patient.identifier.value}^^^${patient.identifier.system}` : patient?.reference
  const person = participantObject(
    { ParticipantObjectID: id ?? '<none>', ParticipantObjectTypeCode: '1', ParticipantObjectTypeCodeRole: '1' },
    { code: '2', codeSystemName: 'RFC-3881', display: 'Patient Number' },
    tag('ParticipantObjectName', {}, ['-']),
  )
  const study = entry.studyInstanceUid
    ? [
        participantObject(
          {
            ParticipantObjectID: entry.studyInstanceUid,
            ParticipantObjectTypeCode: '2',
            ParticipantObjectTypeCodeRole: '3',
          },
          { code: '110180', codeSystemName: 'DCM', display: 'Study Instance UID' },
          tag('ParticipantObjectName', {}, [escaped(entry.what)]),
        ),
      ]
    : []
  return [...study, ...resources(entry, settings), person]
}

function resources(entry: ExportedEntry, settings: ExportSettings): string[] {
  const { query, objects: [reference] = [] } = entry
  const isQuery = query !== undefined
  if (entry.target !== 'ehr' && !isQuery) return []
  if (!isQuery && reference === undefined) return []
  return [
    participantObject(
      {
        ParticipantObjectID: reference ?? entry.what,
        ParticipantObjectTypeCode: '2',
        ParticipantObjectTypeCodeRole: isQuery ? '24' : '4',
      },
      { code: '12', codeSystemName: 'RFC-3881', display: 'URI' },
      isQuery
        ? tag('ParticipantObjectQuery', {}, [Buffer.from(namedQuery(query, settings), 'utf8').toString('base64')])
        : tag('ParticipantObjectName', {}, [escaped(entry.what)]),
    ),
  ]
}

function participantObject(
  attributes: Record<string, string>,
  type: { code: string; codeSystemName: string; display: string },
  content: string,
): string {
  const { code, codeSystemName, display } = type
  const typeCode = tag('ParticipantObjectIDTypeCode', { 'csd-code': code, codeSystemName, originalText: display })
  return tag('ParticipantObjectIdentification', attributes, [typeCode, content])
}

function coded(name: string, { system, code, display }: { system?: string; code?: string; display?: string }): string {
  const codeSystemName = system?.endsWith('/DCM') ? 'DCM' : system
  return tag(name, { 'csd-code': code, codeSystemName, originalText: display })
}

function tag(name: string, attributes: Record<string, string | undefined>, content: string[] = []): string {
  const written = Object.entries(attributes)
    .filter((pair): pair is [string, string] => pair[1] !== undefined)
    .map(([key, value]) => ` ${key}="${escaped(value)}"`)
    .join('')
  return content.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${content.join('')}</${name}>`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** Characters that XML 1.0 does not allow at all, and line ends, which would break the syslog line, become spaces. */
function escaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are the ones that XML forbids
  return text.replace(/[\u0000-\u001f\ufffe\uffff]/g, ' ').replace(/[&<>"']/g, (character) => ENTITIES[character]!)
}
