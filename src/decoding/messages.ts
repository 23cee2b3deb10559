// What the service and the process that decodes images say to each other: one series at a time, one answer to each message.
import type { ReadVolume, SeriesPlan } from '../dicom/series-volume.ts'
import type { ErrorCode } from '../domain/errors.ts'

export type ToDecoder =
  /** The plan without its instances, which only selection needs. */
  { type: 'plan'; plan: SeriesPlan } | { type: 'file'; bytes: Uint8Array } | { type: 'finish' }

export type FromDecoder = { type: 'ready' } | ({ type: 'volume' } & ReadVolume) | Failed

export interface Failed {
  type: 'failed'
  /** Undefined for an error that nobody foresaw: then `message` is its name alone. */
  code: ErrorCode | undefined
  message: string
}
