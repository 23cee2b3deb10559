// What is asked of the heads and of the encoder before them, and what they answer: numbers in, numbers out.
import type { Head } from './finding.ts'

/** Rows of features for one tabular head: row-major, `count` rows, NaN where a feature is missing. */
export interface HeadRequest {
  head: Head
  rows: Float32Array
  count: number
  /** Whether the ensemble's members are wanted beside their mean. */
  members: boolean
}

/** Row-major: `output` is [rows, classes] (survival: [rows]), `members` [rows, members, classes]. */
export interface HeadResponse {
  output: Float32Array
  members?: Float32Array
}

/** What the encoder makes of one image: the features image_1 …, and what is looked up in the library. */
export interface EncodeResponse {
  features: Float32Array
  embedding?: Float32Array
}
