// Sparse texture matrices: the non-empty cells and their counts.

/** Cells in order of their keys. */
export interface Cells {
  row: Int32Array
  column: Int32Array
  count: Float64Array
  total: number
}

/** Counts equal keys, key = row * width + column; `keys` is sorted in place. */
export function countCells(keys: Float64Array, width: number): Cells {
  keys.sort()
  let distinct = 0
  for (let n = 0; n < keys.length; n++) if (n === 0 || keys[n] !== keys[n - 1]) distinct++
  const row = new Int32Array(distinct)
  const column = new Int32Array(distinct)
  const count = new Float64Array(distinct)
  let cell = -1
  for (let n = 0; n < keys.length; n++) {
    const key = keys[n]!
    if (n === 0 || key !== keys[n - 1]) {
      cell++
      row[cell] = Math.floor(key / width)
      column[cell] = key % width
    }
    count[cell]!++
  }
  return { row, column, count, total: keys.length }
}

/** Mean of each feature over the directions in which it has a value; NaN if there are none. */
export function meanOf(all: readonly Record<string, number>[], names: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    names.map((name) => {
      const values = all.map((features) => features[name]!).filter((value) => !Number.isNaN(value))
      return [name, values.reduce((sum, value) => sum + value, 0) / values.length]
    }),
  )
}
