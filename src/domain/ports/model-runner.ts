// The networks, in a separate process.
import type { BundleIdentity, ExecutionRecord } from '../finding.ts'
import type { EncodeResponse, HeadRequest, HeadResponse } from '../head-run.ts'
import type { Grid, Volume } from '../volume.ts'

export interface SegmentRequest {
  channels: (Volume<Float32Array> | null)[]
  /** The same sequences resampled to another grid, not normalised: needed by bundles whose stages have their own grids. */
  imagesOn?: (grid: Grid) => (Volume<Float32Array> | null)[]
}

export interface SegmentResponse {
  grid: Grid
  /** One array per class: background, the bundle's labels, its anatomy. */
  probabilities: Float32Array[]
  /** The labels that each sample (a member under one test-time flip) would give on its own. */
  samples: { labels: Uint8Array }[]
  /** Standard deviation of the tumour's probability over the samples; absent if there was only one. */
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
