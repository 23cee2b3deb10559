// What a model computes, as one digest: two bundles with the same one give the same result for the same images, whatever their prose says.
import { createHash } from 'node:crypto'
import { canonicalText } from '../../domain/canonical-text.ts'

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
  const text = canonicalText({ ...Object.fromEntries(rules), files: Object.fromEntries(computing) })
  return createHash('sha256').update(text).digest('hex')
}
