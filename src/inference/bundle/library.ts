// The cross-modal library of a bundle (gliabridge-library/1): finds past patients by the cosine of their MRI embeddings, and computes a proxy for data
// not at hand.
import { z } from 'zod'
import { AppError } from '../../domain/errors.ts'

const facts = z.strictObject({
  schema: z.literal('gliabridge-library/1'),
  file: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be a plain file name'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be a sha256 in lower-case hexadecimal'),
  bytes: z.int().positive(),
  rows: z.int().positive(),
  key_width: z.int().positive(),
  value_width: z.int().positive(),
  ids: z.array(z.string().min(1)).refine((all) => new Set(all).size === all.length, 'must differ'),
  neighbours: z.int().positive(),
  temperature: z.number().positive(),
  metadata: z.record(z.string(), z.unknown()),
})

export type LibraryFacts = z.infer<typeof facts>

/** `matrix`: rows x (key_width + value_width), row by row; a row holds the MRI embedding and then the value, both of unit length. */
export interface Library {
  facts: LibraryFacts
  matrix: Float32Array
}

export interface Neighbour {
  id: string
  row: number
  cosine: number
  /** Share in the proxy; the shares of all neighbours add up to 1. */
  weight: number
}

function invalid(problems: readonly string[]): AppError {
  return new AppError('BUNDLE_INVALID', `library: ${problems.join('; ')}`)
}

/**
 * Checks library.json against the bytes of its matrix (float32, little-endian); the caller checks the digest, as for every file
 * of a bundle. Throws BUNDLE_INVALID with all problems at once.
 */
export function parseLibrary(raw: unknown, bytes: Uint8Array): Library {
  const parsed = facts.safeParse(raw)
  if (!parsed.success)
    throw invalid(parsed.error.issues.map((issue) => `${issue.path.join('.') || 'library.json'} ${issue.message}`))
  const { rows, key_width, value_width, ids, neighbours } = parsed.data
  const width = key_width + value_width
  const problems: string[] = []
  if (ids.length !== rows) problems.push(`ids has ${ids.length} entries for ${rows} rows`)
  if (neighbours > rows) problems.push(`neighbours is ${neighbours}, more than the ${rows} rows`)
  if (bytes.byteLength !== parsed.data.bytes || bytes.byteLength !== rows * width * 4)
    problems.push(
      `the matrix has ${bytes.byteLength} bytes; declared are ${parsed.data.bytes}, its size asks for ${rows * width * 4}`,
    )
  if (problems.length > 0) throw invalid(problems)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const matrix = Float32Array.from({ length: rows * width }, (_, n) => view.getFloat32(4 * n, true))
  for (let row = 0; row < rows; row++) {
    const length = Math.hypot(...matrix.subarray(row * width, row * width + key_width))
    if (!(Math.abs(length - 1) < 1e-3) || !matrix.subarray(row * width, (row + 1) * width).every(Number.isFinite))
      problems.push(`row ${row} is not a finite unit embedding`)
  }
  if (problems.length > 0) throw invalid(problems.slice(0, 5))
  return { facts: parsed.data, matrix }
}

/**
 * The library without one past patient: its description except for the digest of the new matrix, and that matrix. Throws
 * NOT_FOUND, and BUNDLE_INVALID if too few remain.
 */
export function withoutRow(raw: unknown, bytes: Uint8Array, id: string) {
  const { facts: of } = parseLibrary(raw, bytes)
  const row = of.ids.indexOf(id)
  if (row < 0) throw new AppError('NOT_FOUND', `the library has no row "${id}"`)
  const ids = of.ids.filter((one) => one !== id)
  if (ids.length < of.neighbours)
    throw invalid([`without "${id}" it has ${ids.length} rows, fewer than its ${of.neighbours} neighbours`])
  const width = 4 * (of.key_width + of.value_width)
  const remaining = Buffer.concat([bytes.subarray(0, row * width), bytes.subarray((row + 1) * width)])
  return { facts: { ...of, ids, rows: ids.length, bytes: remaining.length }, bytes: remaining }
}

/** The `count` rows with the highest cosine to `query` (key_width numbers), nearest first; ties go to the lower row. */
export function nearest({ facts: f, matrix }: Library, query: ArrayLike<number>, count = f.neighbours): Neighbour[] {
  if (query.length !== f.key_width)
    throw new AppError(
      'INFERENCE_FAILED',
      `library: the embedding has ${query.length} numbers, keys have ${f.key_width}`,
    )
  const values = Array.from(query)
  const length = Math.hypot(...values)
  if (!(length > 0) || !Number.isFinite(length))
    throw new AppError('INFERENCE_FAILED', 'library: the embedding is zero or not finite')
  const width = f.key_width + f.value_width
  const all = f.ids.map((id, row) => {
    let dot = 0
    let square = 0
    for (const [n, value] of values.entries()) {
      const key = matrix[row * width + n]!
      dot += key * value
      square += key * key
    }
    return { id, row, cosine: dot / (length * Math.sqrt(square)) }
  })
  const chosen = all.toSorted((a, b) => b.cosine - a.cosine || a.row - b.row).slice(0, count)
  const scores = chosen.map(({ cosine }) => Math.exp((cosine - chosen[0]!.cosine) / f.temperature))
  const total = scores.reduce((sum, score) => sum + score, 0)
  return chosen.map((neighbour, n) => ({ ...neighbour, weight: scores[n]! / total }))
}

/** The weighted mean of the nearest past patients' values (value_width numbers), and who they were. */
export function proxyOf(library: Library, query: ArrayLike<number>): { value: Float64Array; neighbours: Neighbour[] } {
  const { key_width, value_width } = library.facts
  const neighbours = nearest(library, query)
  const value = new Float64Array(value_width)
  for (const { row, weight } of neighbours) {
    const start = row * (key_width + value_width) + key_width
    for (let n = 0; n < value_width; n++) value[n]! += weight * library.matrix[start + n]!
  }
  return { value, neighbours }
}
