// One digest for what a model computes: two bundles with the same digest give the same result for the same images, whatever their descriptions say.

import { canonicalText } from '../../domain/canonical-text.ts'
import { sha256Of } from '../../domain/digest.ts'

/** Keys of bundle.json that do not affect a result. Everything else counts, so that a new key is never forgotten. */
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
  // What a candidate must show before it is used; its results are the same.
  'change_control',
])
const PROSE_FILES = new Set(['card.md'])

/**
 * sha256 over the manifest as written in its file, without descriptions, and over the digests of the files used in computing;
 * the order of keys does not matter. The manifest must have been parsed, so that its files are the ones on disk.
 */
export function modelDigest(manifest: Readonly<Record<string, unknown>>): string {
  const { files, ...rest } = manifest as { files: Record<string, { sha256: string }> }
  const computing = Object.entries(files).flatMap(([name, { sha256 }]) =>
    PROSE_FILES.has(name) ? [] : [[name, sha256]],
  )
  const rules = Object.entries(rest).filter(([key]) => !PROSE.has(key))
  const text = canonicalText({ ...Object.fromEntries(rules), files: Object.fromEntries(computing) })
  return sha256Of(text)
}
