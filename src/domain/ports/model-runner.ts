// The networks, in a process of their own.
import type { BundleIdentity, ExecutionRecord } from '../finding.ts'
import type { EncodeResponse, HeadRequest, HeadResponse } from '../head-run.ts'
import type { Grid, Volume } from '../volume.ts'

export interface SegmentRequest {
  channels: (Volume<Float32Array> | null)[]
  /** The same sequences on another grid, as resampled and not normalised: asked for by bundles whose stages have grids of their own. */
  imagesOn?: (grid: Grid) => (Volume<Float32Array> | null)[]
}

export interface SegmentResponse {
  grid: Grid
  /** Of each class: background, the bundle's labels, its anatomy. */
  probabilities: Float32Array[]
  /** Each sample alone (a member under one test-time flip): the labels that it would have given. */
  samples: { labels: Uint8Array }[]
  /** Standard deviation of the tumour's probability over the samples; absent when there was one. */
  deviation?: Float32Array
  execution: ExecutionRecord
}

export interface ModelRunner {
  readonly bundle: BundleIdentity
  segment(request: SegmentRequest, onProgress?: (fraction: number) => void): Promise<SegmentResponse>
  runHead(request: HeadRequest): Promise<HeadResponse>
  /** `window` is [channels, Z, Y, X] of the size that the bundle's encoder declares. */
  encode(window: Float32Array): Promise<EncodeResponse>
  close(): Promise<void>
}
