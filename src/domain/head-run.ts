// What is asked of a tabular head, and what it answers: rows of features in, numbers out.
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
