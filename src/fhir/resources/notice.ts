// Notifies the person who ordered: one Communication or Task (FHIR R4) per report; it says that there is something to read, never what.
import type { Communication, Task } from '@medplum/fhirtypes'
import { calendarDate } from '../../domain/dicom-date.ts'
import type { OrderSettings } from '../matching/orders.ts'
import { type BuildContext, metaOf, type ResourceSpec, refer } from './context.ts'
import { keyValue } from './identifiers.ts'
import { narrative } from './narrative.ts'

/** Nothing if the site does not want it, or nobody is known to have ordered. */
export function notices(
  analysisSystem: string,
  analysisId: string,
  { notify }: OrderSettings,
  requester: string | undefined,
): ResourceSpec[] {
  if (notify === 'none' || !requester) return []
  const value = keyValue(analysisId, 'notice')
  const identifier = [{ system: analysisSystem, value }]
  const key = { param: 'identifier', system: analysisSystem, value } as const
  if (notify === 'task') {
    const build = (context: BuildContext): Task => ({
      resourceType: 'Task',
      ...common(context),
      identifier,
      status: 'requested',
      intent: 'proposal',
      code: { text: 'Review the preliminary report' },
      description: sentence(context),
      focus: refer(context, 'diagnosticReport'),
      for: refer(context, 'patient'),
      authoredOn: context.report.result.analysedAt,
      requester: refer(context, 'device'),
      owner: { reference: requester },
      ...(context.encounter && { encounter: { reference: context.encounter } }),
    })
    return [{ role: 'notice', key: { resourceType: 'Task', ...key }, build }]
  }
  const build = (context: BuildContext): Communication => ({
    resourceType: 'Communication',
    ...common(context),
    identifier,
    status: 'completed',
    category: [
      {
        coding: [
          {
            system: 'http://terminology.hl7.org/CodeSystem/communication-category',
            code: 'notification',
            display: 'Notification',
          },
        ],
      },
    ],
    subject: refer(context, 'patient'),
    about: [refer<never>(context, 'diagnosticReport')],
    sent: context.report.result.analysedAt,
    recipient: [{ reference: requester }],
    sender: refer(context, 'device'),
    payload: [{ contentString: sentence(context) }],
    ...(context.encounter && { encounter: { reference: context.encounter } }),
  })
  return [{ role: 'notice', key: { resourceType: 'Communication', ...key }, build }]
}

function common(context: BuildContext) {
  return {
    meta: metaOf(),
    text: narrative([sentence(context)]),
    ...(context.order && { basedOn: [{ reference: context.order.reference }] }),
  }
}

function sentence({ report: { result } }: BuildContext): string {
  const date = calendarDate(result.study.studyDate)
  const of = date ? ` of ${date}` : ''
  return `A preliminary analysis by software of the MR study${of} is in the record. No physician has reviewed it.`
}
