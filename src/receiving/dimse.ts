// Listens for DICOM associations and stores what they send in the spool.
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import dimse from 'dcmjs-dimse'
import { describeObject } from '../dicomweb/describe-object.ts'
import { AppError, asAppError } from '../domain/errors.ts'
import { LIMITS } from '../domain/limits.ts'
import type { AuditTrail } from '../domain/ports/audit-trail.ts'
import type { Log } from '../domain/ports/log.ts'
import type { ReceivedImages } from '../domain/ports/received-images.ts'
import { type CommitmentReport, readCommitment, reportOn } from './commitment.ts'
import { type ScpSite, StorageScp } from './dimse-scp.ts'
import { type Listener, type ListenerTls, openListener } from './listener.ts'
import { type DimsePeer, rejectionOf, STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE } from './negotiation.ts'
import { PduGate } from './pdu-gate.ts'

export interface DimseOptions {
  host: string
  port: number
  aeTitle: string
  /** AE title → what is known of it; others may not call. */
  peers: Readonly<Record<string, DimsePeer>>
  commitment: boolean
  tls?: ListenerTls | undefined
  received: Pick<ReceivedImages, 'put' | 'whichAreKept'>
  audit: AuditTrail
  log: Log
}

/** An association is ended after this long without a PDU: scanners hold one open while they reconstruct. */
const TIMERS = { associationTimeout: 30_000, pduTimeout: 300_000 }

/**
 * Closing it ends all associations; senders repeat what was not acknowledged. Throws SETTINGS_INVALID if the address or the
 * certificate cannot be used.
 */
export async function listenDimse(options: DimseOptions): Promise<Listener> {
  // The library's own logging would bypass our log and its rules.
  dimse.log.setLevel('silent')
  const { log } = options
  const open = new Set<Socket>()
  const site = createSite(options, () => open.size > LIMITS.associations)
  const take = (socket: Socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    const gate = new PduGate(socket, LIMITS.pduBytes)
    const scp = new StorageScp(gate, { ...TIMERS, customOptions: { site } })
    scp.on('networkError', () => {
      // The library's message may quote what was sent.
      log.warn({ trigger: 'dimse' }, 'an association ended by an error of the connection or the protocol')
      gate.end()
    })
    // The library starts its timers at this event.
    gate.emit('connect')
  }
  return openListener({ ...options, section: 'receive.dimse', open }, take)
}

function createSite(
  { aeTitle, peers, commitment, received, audit, log, tls }: DimseOptions,
  isFull: () => boolean,
): ScpSite {
  return {
    commitment,
    judge(applicant) {
      const rejection = rejectionOf(applicant, { aeTitle, peers, isFull: isFull() })
      if (rejection) log.warn({ trigger: 'dimse', reason: rejection.why }, 'an association was rejected')
      return rejection
    },
    async store(bytes, callingAeTitle, isFirst) {
      const object = describeObject(bytes)
      const { studyInstanceUid, sopInstanceUid } = object
      if ((await received.put(object, bytes)) === 'other') {
        log.warn({ studyInstanceUid, sopInstanceUid }, 'another object is kept under this UID; this one was refused')
        return 'duplicate'
      }
      if (isFirst(studyInstanceUid)) {
        const what = 'objects of a study received by C-STORE'
        const from = { identifier: callingAeTitle, name: callingAeTitle }
        const kind = { action: 'read', interaction: 'retrieve', target: 'spool', outcome: 'success' } as const
        await audit.record({ ...kind, studyInstanceUid, what, user: from })
        log.info({ studyInstanceUid }, 'a study is received by C-STORE')
      }
      return 'kept'
    },
    async commit(request, scp) {
      const commitment = readCommitment(request)
      const kept = await received.whichAreKept(commitment.objects.map((one) => one.ReferencedSOPInstanceUID))
      const report = reportOn(commitment, kept)
      const peer = Object.hasOwn(peers, request.callingAeTitle) ? peers[request.callingAeTitle] : undefined
      if (peer?.host === undefined || peer.port === undefined) return scp.sendRequests(eventReport(report))
      // The association of the request is not kept waiting for another one.
      void sendReport(
        { host: peer.host, port: peer.port, from: aeTitle, to: request.callingAeTitle, tls },
        report,
      ).catch((thrown) =>
        log.warn(
          { code: asAppError(thrown).code, error: asAppError(thrown).message },
          'storage commitment could not be reported',
        ),
      )
    },
    onFailure: ({ code, message }) => log.warn({ code, error: message }, 'an object sent to this service was refused'),
  }
}

function eventReport({ eventTypeId, elements }: CommitmentReport) {
  const request = new dimse.requests.NEventReportRequest(STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE, eventTypeId)
  request.setDataset(new dimse.Dataset({ ...elements }))
  return request
}

interface ReportAddress {
  host: string
  port: number
  from: string
  to: string
  tls?: ListenerTls | undefined
}

/** In an association of its own, in which we are the SCP although we request it (PS3.7 Annex D.3.3.4). */
function sendReport({ host, port, from, to, tls }: ReportAddress, report: CommitmentReport): Promise<void> {
  const socket = tls === undefined ? connect(port, host) : connectTls({ ...tls, host, port })
  const gate = new PduGate(socket, LIMITS.pduBytes)
  const network = new dimse.Scp(gate as never, TIMERS)
  const association = new dimse.association.Association(from, to)
  const context = association.addPresentationContext(STORAGE_COMMITMENT)
  association.addTransferSyntaxToPresentationContext(context, '1.2.840.10008.1.2')
  association.getPresentationContext(context).setUserRole(false)
  association.getPresentationContext(context).setProviderRole(true)
  return new Promise<void>((resolve, reject) => {
    const fail = (why: string) => reject(new AppError('RECEIVED_UNWRITABLE', `the peer ${to} ${why}`))
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      gate.emit('connect')
      network.sendAssociationRequest(association)
    })
    network.on('associationAccepted', () => network.sendRequests(eventReport(report)))
    network.on('associationRejected', () => fail('rejected the association'))
    network.on('done', () => network.sendAssociationReleaseRequest())
    network.on('associationReleaseResponse', () => resolve())
    network.on('networkError', () => fail('cannot be reached'))
    network.on('close', () => fail('closed the connection'))
  }).finally(() => gate.end())
}
