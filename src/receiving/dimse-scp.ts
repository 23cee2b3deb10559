// One association in which objects are stored with us: C-ECHO, C-STORE and N-ACTION for Storage Commitment (PS3.4 Annexes A, B and J).
import dimse, {
  type Dataset,
  type association as Dimse,
  type requests as Requests,
  type responses as Responses,
} from 'dcmjs-dimse'
import { writeFileMeta } from '../dicom/part10.ts'
import { describeObject } from '../dicomweb/describe-object.ts'
import { FAILURE, reasonOf } from '../dicomweb/store-request.ts'
import { AppError, asAppError } from '../domain/errors.ts'
import { LIMITS } from '../domain/limits.ts'
import type { Uid } from '../domain/study.ts'
import type { CommitmentRequest } from './commitment.ts'
import { type Applicant, agreeOn, type Rejection, STORAGE_COMMITMENT } from './negotiation.ts'
import type { PduGate } from './pdu-gate.ts'

const { Scp, constants, responses } = dimse
const { PresentationContextResult, Status } = constants
/** Data set does not match SOP class (PS3.4 Table B.2-1). */
const OTHER_OBJECT = 0xa900
const REQUEST_STORAGE_COMMITMENT = 1

/** What associations share. */
export interface ScpSite {
  commitment: boolean
  judge(applicant: Applicant): Rejection | undefined
  /** Resolves once the object is stored and the transfer is recorded. Throws the obstacle. */
  store(bytes: Uint8Array, callingAeTitle: string, isFirst: (study: Uid) => boolean): Promise<'kept' | 'duplicate'>
  commit(request: CommitmentRequest, scp: StorageScp): Promise<void>
  onFailure(error: AppError): void
}

/** The chunks of one data set; never makes the library wait, since it would mix up PDUs meanwhile. */
class ObjectChunks {
  readonly request: Requests.CStoreRequest
  readonly chunks: Buffer[] = []
  #length = 0
  constructor(request: Requests.CStoreRequest) {
    this.request = request
  }
  once(): void {}
  end(): void {}
  write(chunk: Buffer): boolean {
    this.#length += chunk.length
    if (this.#length > LIMITS.objectBytes)
      throw new AppError('INSTANCE_INVALID', `an object is over ${LIMITS.objectBytes} bytes`)
    this.chunks.push(chunk)
    return true
  }
}

export class StorageScp extends Scp {
  readonly #gate: PduGate
  readonly #site: ScpSite
  readonly #studies = new Set<Uid>()
  #association: Dimse.Association | undefined
  #object: Uint8Array | undefined

  constructor(gate: PduGate, options: { customOptions: { site: ScpSite } } & Record<string, unknown>) {
    super(gate as never, options as never)
    this.#gate = gate
    this.#site = options.customOptions.site
  }

  get callingAeTitle(): string {
    return this.#association?.getCallingAeTitle() ?? ''
  }

  override associationRequested(association: Dimse.Association): void {
    const applicant = {
      callingAeTitle: association.getCallingAeTitle(),
      calledAeTitle: association.getCalledAeTitle(),
      address: this.#gate.remoteAddress,
    }
    const rejection = this.#site.judge(applicant)
    if (rejection !== undefined) {
      this.sendAssociationReject(rejection.result, rejection.source, rejection.reason)
      this.#gate.end()
      return
    }
    this.#association = association
    for (const { id } of association.getPresentationContexts()) {
      const context = association.getPresentationContext(id)
      const agreed = agreeOn(context.getAbstractSyntaxUid(), context.getTransferSyntaxUids(), this.#site.commitment)
      if (agreed === 'abstract') context.setResult(PresentationContextResult.RejectAbstractSyntaxNotSupported)
      else if (agreed === 'transfer') context.setResult(PresentationContextResult.RejectTransferSyntaxesNotSupported)
      else context.setResult(PresentationContextResult.Accept, agreed.transferSyntaxUid)
    }
    this.sendAssociationAccept()
  }

  override associationReleaseRequested(): void {
    this.sendAssociationReleaseResponse()
    this.#gate.end()
  }

  override abort(): void {
    this.#gate.end()
  }

  override cEchoRequest(request: Requests.CEchoRequest, respond: (response: Responses.CEchoResponse) => void): void {
    const response = responses.CEchoResponse.fromRequest(request)
    response.setStatus(Status.Success)
    respond(response)
  }

  override createStoreWritableStream(_context: Dimse.PresentationContext, request: Requests.CStoreRequest): never {
    return new ObjectChunks(request) as never
  }

  /** The bytes as they arrived: the library would parse them and write them again. */
  override createDatasetFromStoreWritableStream(
    written: never,
    context: Dimse.PresentationContext,
    done: (dataset: Dataset) => void,
  ): void {
    const { request, chunks } = written as ObjectChunks
    const names = [request.getAffectedSopClassUid(), request.getAffectedSopInstanceUid()] as const
    const meta = writeFileMeta(...names, context.getAcceptedTransferSyntaxUid()!)
    this.#object = new Uint8Array(Buffer.concat([meta, ...chunks]))
    done(undefined as never)
  }

  override cStoreRequest(request: Requests.CStoreRequest, respond: (response: Responses.CStoreResponse) => void): void {
    const bytes = this.#object!
    this.#object = undefined
    const response = responses.CStoreResponse.fromRequest(request)
    this.#answer(async () => {
      response.setStatus(await this.#store(bytes, request.getAffectedSopInstanceUid()))
      respond(response)
    })
  }

  override nActionRequest(
    request: Requests.NActionRequest,
    respond: (response: Responses.NActionResponse) => void,
  ): void {
    const response = responses.NActionResponse.fromRequest(request)
    const isKnown =
      this.#site.commitment &&
      request.getRequestedSopClassUid() === STORAGE_COMMITMENT &&
      request.getActionTypeId() === REQUEST_STORAGE_COMMITMENT
    response.setStatus(isKnown ? Status.Success : 0x0211)
    respond(response)
    const elements = request.getDataset()?.getElements()
    if (isKnown && elements !== undefined)
      this.#answer(() => this.#site.commit({ elements, callingAeTitle: this.callingAeTitle }, this))
  }

  /** Nothing more is read until the answer has been sent. */
  #answer(work: () => Promise<void>): void {
    this.#gate.hold()
    work()
      .catch((thrown) => this.#site.onFailure(asAppError(thrown)))
      .finally(() => this.#gate.release())
  }

  async #store(bytes: Uint8Array, sopInstanceUid: Uid): Promise<number> {
    try {
      // Acknowledges the instance named in the request, not what the data set calls itself.
      if (describeObject(bytes).sopInstanceUid !== sopInstanceUid) return OTHER_OBJECT
      const isFirst = (study: Uid) => !this.#studies.has(study) && this.#studies.add(study) !== undefined
      return (await this.#site.store(bytes, this.callingAeTitle, isFirst)) === 'kept'
        ? Status.Success
        : FAILURE.duplicate
    } catch (thrown) {
      const error = asAppError(thrown)
      this.#site.onFailure(error)
      return reasonOf(error)
    }
  }
}
