// The messages between the service and the inference process (structured clone over IPC).
import type { Head } from '../../domain/finding.ts'
import type { FinishedSpan } from '../../domain/ports/tracing.ts'
import type { Grid } from '../../domain/volume.ts'
import type { SegmentationRules } from '../segmentation/graph-state.ts'
import type { StageRecord } from '../segmentation/run-graph.ts'
import type { Sample } from '../segmentation/sample-spread.ts'
import type { Zyx } from '../segmentation/sliding-window.ts'
import type { ModelFile, NetworkFiles } from './model-files.ts'

/** A tabular head to open besides the network. */
export interface HeadFile extends ModelFile {
  head: Head
  input: string
  output: string
  members: string
  /** A row that it must be able to answer. */
  reference: number[]
  /** Numbers per row of its output. */
  width: number
}

/** The encoder to open besides the network. */
export interface EncoderFile extends ModelFile {
  input: string
  output: string
  /** Numbers of its output. */
  width: number
  channels: number
  size: Zyx
  /** What to look up in the library, if there is one. */
  embedding?: { output: string; width: number }
}

/** A network of the graph to open. */
export interface NetworkFile extends NetworkFiles {
  name: string
  input: string
  output: string
  /** A small input of zeros that it must be able to process, and how many numbers it then returns; a network alone is not tried. */
  trial?: { dims: number[]; width: number }
}

export interface OpenMessage {
  type: 'open'
  networks: NetworkFile[]
  rules: SegmentationRules
  /** Tried in this order, one at a time. */
  providers: string[]
  threads: number | undefined
  heads: HeadFile[]
  encoder?: EncoderFile
}

export interface SegmentMessage {
  type: 'segment'
  id: number
  /** W3C Trace Context of the requesting span, if spans are wanted. */
  trace?: string
  /** For the first stage, with its channels normalised; null for a missing sequence. */
  grid: Grid
  channels: (Float32Array | null)[]
}

/** The answer to "wanted". */
export interface ImagesMessage {
  type: 'images'
  id: number
  images: (Float32Array | null)[]
}

export interface HeadMessage {
  type: 'head'
  id: number
  trace?: string
  head: Head
  rows: Float32Array
  count: number
  members: boolean
}

export interface EncodeMessage {
  type: 'encode'
  id: number
  trace?: string
  window: Float32Array
}

export type ToProcess = OpenMessage | SegmentMessage | ImagesMessage | HeadMessage | EncodeMessage

export interface DeclinedProvider {
  provider: string
  reason: string
}

export interface ResultMessage {
  type: 'result'
  id: number
  grid: Grid
  probabilities: Float32Array[]
  samples: Sample[]
  deviation?: Float32Array
  stages: StageRecord[]
  seconds: number
  /** Highest resident size of the process so far, MiB. */
  peakRssMb: number
}

export interface HeadResultMessage {
  type: 'head-result'
  id: number
  output: Float32Array
  members?: Float32Array
}

export interface EncodedMessage {
  type: 'encoded'
  id: number
  features: Float32Array
  embedding?: Float32Array
}

export type FromProcess =
  | { type: 'trying'; provider: string }
  | { type: 'declined'; provider: string; reason: string }
  | { type: 'opened'; provider: string; runtime: string }
  | { type: 'unavailable' }
  /** "heads.idh" or "encoder" cannot run: no provider would help. */
  | { type: 'unusable'; part: string; reason: string }
  | { type: 'progress'; id: number; fraction: number }
  /** Sent before the answer. */
  | { type: 'span'; id: number; trace: string; span: FinishedSpan }
  /** Requests the sequences on this grid, not normalised. */
  | { type: 'wanted'; id: number; grid: Grid }
  | ResultMessage
  | HeadResultMessage
  | EncodedMessage
  /** `implausible`: the images are at fault, and trying again would not help. `outOfMemory`: the provider that has too little. */
  | { type: 'failed'; id: number; reason: string; implausible?: true; outOfMemory?: string }
