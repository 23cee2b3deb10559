// One patient as the rows that a head is run on: the features of the outline, and of the samples of the segmentation.

export interface Rows {
  row: Float32Array
  /** Rows of the samples that the head may answer. */
  samples: Float32Array[]
  /** How many samples it may not answer: no tumour, a missing feature, or beyond the guard. */
  unanswered: number
}

/** Row-major, as in HeadRequest. */
export function concatenated(rows: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(rows.reduce((sum, row) => sum + row.length, 0))
  let at = 0
  for (const row of rows) {
    out.set(row, at)
    at += row.length
  }
  return out
}
