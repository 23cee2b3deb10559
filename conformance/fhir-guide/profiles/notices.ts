// Profiles of the notice to the requester (FHIR R4 Communication, Task): that there is something to read, never what.
import { invariant, type Profile, type Rule, referenceTo } from '../profile.ts'
import { ASSERTED_BY_AI, identifier, meta, subject, text } from './common.ts'

const DESCRIPTION =
  'Written once, and only where the site wants it and the order names who asked. A notice may be shown on a locked screen or sent on, so it holds the date of the study and no finding.'
const SENTENCE =
  '^A preliminary analysis by software of the MR study( of [0-9-]+)? is in the record[.] No physician has reviewed it[.]$'

const aboutTheReport = (path: string): Rule => ({
  path,
  min: 1,
  ...(path.endsWith('about') && { max: '1' }),
  ...referenceTo('DiagnosticReport'),
  short: 'The report',
})
const order = (type: string): Rule => ({ path: `${type}.basedOn`, min: 1, max: '1', ...referenceTo('ServiceRequest') })
const REQUESTER = { min: 1, ...referenceTo('Practitioner', 'PractitionerRole', 'Organization'), short: 'Who ordered' }
const SOFTWARE = { min: 1, ...referenceTo('Device'), short: 'The model bundle' }

export const communication: Profile = {
  id: 'gliabridge-communication',
  type: 'Communication',
  title: 'Notice to who ordered',
  description: DESCRIPTION,
  invariants: [
    ASSERTED_BY_AI,
    invariant(
      'gb-notice-1',
      'Says that a preliminary analysis is there, and nothing of what it found',
      `payload.content.ofType(string).all(matches('${SENTENCE}'))`,
    ),
    invariant(
      'gb-notice-2',
      'A notification',
      "category.coding.where(system = 'http://terminology.hl7.org/CodeSystem/communication-category' and code = 'notification').exists()",
    ),
  ],
  rules: [
    meta('Communication'),
    text('Communication'),
    identifier('Communication'),
    order('Communication'),
    { path: 'Communication.status', short: 'completed when written' },
    { path: 'Communication.category', min: 1, max: '1' },
    subject('Communication'),
    aboutTheReport('Communication.about'),
    { path: 'Communication.encounter', short: 'Of the order, where it has one' },
    { path: 'Communication.sent', min: 1 },
    { path: 'Communication.recipient', max: '1', ...REQUESTER },
    { path: 'Communication.sender', ...SOFTWARE },
    { path: 'Communication.payload', min: 1, max: '1' },
    { path: 'Communication.payload.content[x]', type: [{ code: 'string' }] },
  ],
}

export const task: Profile = {
  id: 'gliabridge-task',
  type: 'Task',
  title: 'Request to review',
  description: `${DESCRIPTION} Its status is the owner's: once it is no longer requested, the service does not touch it.`,
  invariants: [
    ASSERTED_BY_AI,
    invariant(
      'gb-task-1',
      'Says that a preliminary analysis is there, and nothing of what it found',
      `description.matches('${SENTENCE}')`,
    ),
  ],
  rules: [
    meta('Task'),
    text('Task'),
    identifier('Task'),
    order('Task'),
    { path: 'Task.status', short: 'requested; the rest is set by people' },
    { path: 'Task.intent', short: 'proposal' },
    { path: 'Task.code', min: 1 },
    { path: 'Task.description', min: 1 },
    aboutTheReport('Task.focus'),
    subject('Task', 'for'),
    { path: 'Task.encounter', short: 'Of the order, where it has one' },
    { path: 'Task.authoredOn', min: 1 },
    { path: 'Task.requester', ...SOFTWARE },
    { path: 'Task.owner', ...REQUESTER },
  ],
}
