// What the service and the inference process say to each other (structured clone over IPC).
import type { BundleManifest } from './bundle.ts'
import type { Zyx } from './sliding-window.ts'

export interface OpenMessage {
  type: 'open'
  modelPath: string
  /** Declared sha256 of the model: the bytes that are run are the bytes that were checked. */
  sha256: string
  network: BundleManifest['network']
  inference: BundleManifest['inference']
  /** Labels plus background. */
  classes: number
  /** Tried in this order, one at a time. */
  providers: string[]
  threads: number | undefined
}

export interface SegmentMessage {
  type: 'segment'
  id: number
  channels: Float32Array[]
  size: Zyx
}

export type ToProcess = OpenMessage | SegmentMessage

export interface Declined {
  provider: string
  reason: string
}

export interface ResultMessage {
  type: 'result'
  id: number
  probabilities: Float32Array[]
  seconds: number
  /** Highest resident size of the process so far, MiB. */
  peakRssMb: number
}

export type FromProcess =
  | { type: 'trying'; provider: string }
  | { type: 'declined'; provider: string; reason: string }
  | { type: 'opened'; provider: string; runtime: string }
  | { type: 'unavailable' }
  | { type: 'progress'; id: number; fraction: number }
  | ResultMessage
  | { type: 'failed'; id: number; reason: string }
