// A notice to people as a Communication (FHIR R4): found by its identifier, otherwise created, so that it exists once.
import type { Communication } from '@medplum/fhirtypes'
import { AppError } from '../../domain/errors.ts'
import type { EhrNotice, EhrReceipt } from '../../domain/ports/clinical-record.ts'
import { metaOf } from '../resources/context.ts'
import { type Key, keyValue, referenceOf } from '../resources/identifiers.ts'
import { narrative } from '../resources/narrative.ts'
import { createOnce, findByKeys, type Site } from './find-or-create.ts'

export async function postNotice(site: Site, notice: EhrNotice, system: string): Promise<EhrReceipt> {
  if (!site.capabilities.creates('Communication'))
    throw new AppError(
      'NOTICE_REFUSED',
      'the FHIR server does not create Communication: send notices another way (notify.rules)',
    )
  const key: Key = {
    resourceType: 'Communication',
    param: 'identifier',
    system,
    value: keyValue('notice', notice.noticeId),
  }
  const earlier = (await findByKeys(site, [key])).get(key)
  return { communication: referenceOf(earlier ?? (await createOnce(site, communication(notice, key), key))) }
}

function communication(
  { createdAt, urgent, sentences, patient, report, recipient }: EhrNotice,
  key: Key,
): Communication {
  return {
    resourceType: 'Communication',
    meta: metaOf(),
    text: narrative(sentences),
    identifier: [{ system: key.system, value: key.value }],
    status: 'completed',
    category: [
      {
        coding: [
          {
            system: 'http://terminology.hl7.org/CodeSystem/communication-category',
            ...(urgent ? { code: 'notification', display: 'Notification' } : { code: 'alert', display: 'Alert' }),
          },
        ],
      },
    ],
    priority: urgent ? 'stat' : 'routine',
    sent: createdAt,
    payload: sentences.map((contentString) => ({ contentString })),
    ...(patient !== undefined && { subject: { reference: patient } }),
    ...(report !== undefined && { about: [{ reference: report }] }),
    ...(recipient !== undefined && { recipient: [{ reference: recipient }] }),
  }
}
