// The messages between the service and the decoding process: one series at a time, one answer per message.
import type { ReadVolume, SeriesPlan } from '../dicom/series-volume.ts'
import type { ErrorCode } from '../domain/errors.ts'

export type ToDecoder =
  /** The plan without its instances, which only selection needs. */
  { type: 'plan'; plan: SeriesPlan } | { type: 'file'; bytes: Uint8Array } | { type: 'finish' }

export type FromDecoder = { type: 'ready' } | ({ type: 'volume' } & ReadVolume) | Failed

export interface Failed {
  type: 'failed'
  /** Undefined for an unforeseen error; `message` is then only its name. */
  code: ErrorCode | undefined
  message: string
}
