// What a model computes, as one digest: two bundles with the same one give the same result for the same images, whatever their prose says.
import { createHash } from 'node:crypto'

/** Keys of bundle.json that change nothing in a result. Whatever is not named here counts, so that a new key is never forgotten. */
const PROSE = new Set([
  'id',
  'version',
  'name',
  'description',
  'intended_use',
  'authors',
  'copyright',
  'license',
  'udi',
  'data_source',
  'evaluation',
])
const PROSE_FILES = new Set(['card.md'])

/**
 * sha256 over the manifest as its file states it, without its prose, and over the digests of the files that compute; the order
 * of keys does not count. The manifest must have been parsed: its files are then the ones on disk.
 */
export function modelDigest(manifest: Readonly<Record<string, unknown>>): string {
  const { files, ...rest } = manifest as { files: Record<string, { sha256: string }> }
  const computing = Object.entries(files).flatMap(([name, { sha256 }]) =>
    PROSE_FILES.has(name) ? [] : [[name, sha256]],
  )
  const rules = Object.entries(rest).filter(([key]) => !PROSE.has(key))
  const text = canonical({ ...Object.fromEntries(rules), files: Object.fromEntries(computing) })
  return createHash('sha256').update(text).digest('hex')
}

/** JSON with the keys of every object in order. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(',')}}`
}
