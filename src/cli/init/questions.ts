// What gliabridge init asks a site, in order; each question is also a flag of the command.
import { PROVIDERS } from '../../domain/providers.ts'

export interface Question {
  /** The flag, without its dashes. */
  key: string
  /** The question in words. */
  text: string
  fallback?: string
  /** Asked only if this holds for the earlier answers. */
  when?: (answers: Answers) => boolean
  /** After this answer, the named part of the site is tried against the real peer. */
  tries?: 'pacs' | 'ehr' | 'rest'
}

export type Answers = Readonly<Record<string, string | undefined>>

const lacks =
  (...keys: string[]) =>
  (answers: Answers) =>
    keys.every((key) => !answers[key])
const REFERENCE = 'as env:NAME (a variable) or file:/path'

export const QUESTIONS: readonly Question[] = [
  { key: 'pacs-url', text: 'DICOMweb service root of the PACS (https://pacs.example/dicom-web)' },
  { key: 'pacs-user', text: 'user of the PACS for Basic sign-in; empty for a token, or none', fallback: '' },
  { key: 'pacs-password', text: `its password, ${REFERENCE}`, when: ({ 'pacs-user': user }) => !!user },
  {
    key: 'pacs-token',
    text: `bearer token of the PACS, ${REFERENCE}; empty for none`,
    fallback: '',
    when: lacks('pacs-user'),
    tries: 'pacs',
  },
  { key: 'ehr-url', text: 'FHIR R4 base URL of the EHR (https://ehr.example/fhir)' },
  {
    key: 'ehr-client-id',
    text: 'client id at the EHR, for OAuth client credentials or SMART Backend Services; empty for another sign-in',
    fallback: '',
  },
  {
    key: 'ehr-key-file',
    text: 'file with our private JWK, for SMART Backend Services; empty for a client secret',
    fallback: '',
    when: ({ 'ehr-client-id': id }) => !!id,
  },
  {
    key: 'ehr-client-secret',
    text: `client secret, ${REFERENCE}`,
    when: ({ 'ehr-client-id': id, 'ehr-key-file': file }) => !!id && !file,
  },
  {
    key: 'ehr-token-url',
    text: "token endpoint; empty to ask the server's .well-known/smart-configuration",
    fallback: '',
    when: ({ 'ehr-client-id': id }) => !!id,
  },
  {
    key: 'ehr-scope',
    text: 'scopes',
    fallback: 'system/*.read system/*.write',
    when: ({ 'ehr-client-id': id }) => !!id,
  },
  {
    key: 'ehr-user',
    text: 'user of the EHR for Basic sign-in; empty for a token, or none',
    fallback: '',
    when: lacks('ehr-client-id'),
  },
  { key: 'ehr-password', text: `its password, ${REFERENCE}`, when: ({ 'ehr-user': user }) => !!user },
  {
    key: 'ehr-token',
    text: `bearer token of the EHR, ${REFERENCE}; empty for none`,
    fallback: '',
    when: lacks('ehr-client-id', 'ehr-user'),
  },
  {
    key: 'identifier-system',
    text: 'system of the patient identifier in the EHR that equals the DICOM Patient ID (a URI)',
  },
  {
    key: 'analysis-system',
    text: 'system of the identifiers that the service gives to what it writes (a URI that you own)',
    tries: 'ehr',
  },
  { key: 'bundle', text: 'folder of the model bundle', fallback: 'config/models/glioma-cascade-1mm' },
  { key: 'providers', text: `execution providers in order (${PROVIDERS.join(', ')})`, fallback: 'cpu' },
  {
    key: 'database-url',
    text: `address of a PostgreSQL database (postgres://user:password@host/database), ${REFERENCE}; empty for the embedded one`,
    fallback: '',
  },
  { key: 'data-dir', text: 'folder of the embedded database', fallback: 'data', when: lacks('database-url') },
  { key: 'host', text: 'address on which the pages are served', fallback: '127.0.0.1' },
  { key: 'port', text: 'port of the pages', fallback: '8080' },
  {
    key: 'http-token',
    text: `token of the pages, ${REFERENCE}`,
    when: ({ host = '' }) => !/^(127\.|localhost$|::1$)/.test(host),
  },
  { key: 'viewer-url', text: 'link to your viewer, with {studyInstanceUid}; empty for none', fallback: '' },
  { key: 'institution', text: 'name on the report', fallback: '' },
  { key: 'time-zone', text: "IANA time zone of the scanners' clocks (Europe/Berlin)", fallback: '', tries: 'rest' },
]
