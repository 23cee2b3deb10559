// STOW-RS into the spool: answered once every object is on disk and the transfer is in the audit trail.
import { type StoreAnswer, type StoreRequest, storeRequest } from '../dicomweb/store-request.ts'
import { LIMITS } from '../domain/limits.ts'
import type { AuditTrail } from '../domain/ports/audit-trail.ts'
import type { Log } from '../domain/ports/log.ts'
import type { ReceivedImages } from '../domain/ports/received-images.ts'
import { createSlots } from '../domain/slots.ts'
import type { Uid } from '../domain/study.ts'

export interface StowReceiverOptions {
  received: Pick<ReceivedImages, 'putAll'>
  audit: AuditTrail
  log: Log
}

/** `user`: the name used to sign in, if there was one. */
export type StowReceiver = (request: StoreRequest, user: string | undefined) => Promise<StoreAnswer>

/** Throws DATABASE_* if the audit cannot be written: the sender sends again, which is harmless. */
export function createStowReceiver({ received, audit, log }: StowReceiverOptions): StowReceiver {
  const inSlot = createSlots(LIMITS.receivingAtOnce).run
  return (request, user) =>
    inSlot(async () => {
      const studies = new Map<Uid, Uid[]>()
      const answer = await storeRequest(
        {
          async putAll(objects) {
            const outcomes = await received.putAll(objects)
            for (const [n, { instance }] of objects.entries()) {
              const outcome = outcomes[n]!
              if (outcome.status === 'rejected') continue
              const { studyInstanceUid, sopInstanceUid } = instance
              if (outcome.value === 'other')
                log.warn(
                  { studyInstanceUid, sopInstanceUid },
                  'another object is kept under this UID; this one was refused',
                )
              else studies.set(studyInstanceUid, [...(studies.get(studyInstanceUid) ?? []), sopInstanceUid])
            }
            return outcomes
          },
          onFailure: ({ code, message }) =>
            log.warn({ code, error: message }, 'an object sent to this service was refused'),
        },
        request,
      )
      for (const [studyInstanceUid, objects] of studies) {
        await audit.record({
          action: 'read',
          interaction: 'retrieve',
          target: 'spool',
          studyInstanceUid,
          what: `${objects.length} received by STOW-RS`,
          outcome: 'success',
          objects,
          ...(user !== undefined && { user: { identifier: user, name: user } }),
        })
        log.info({ studyInstanceUid, instances: objects.length }, 'images were received by STOW-RS')
      }
      return answer
    })
}
