// Requests to the heads and to the encoder before them, and their responses: numbers in, numbers out.
import type { Head } from './finding.ts'

/** Rows of features for one tabular head: row-major, `count` rows, NaN where a feature is missing. */
export interface HeadRequest {
  head: Head
  rows: Float32Array
  count: number
  /** Whether to return the ensemble's members besides their mean. */
  members: boolean
}

/** Row-major: `output` is [rows, classes] (survival: [rows]), `members` [rows, members, classes]. */
export interface HeadResponse {
  output: Float32Array
  members?: Float32Array
}

/** The encoder's output for one image: the features image_1 …, and the vector to look up in the library. */
export interface EncodeResponse {
  features: Float32Array
  embedding?: Float32Array
}
