// Removes one past patient from the library of a bundle's encoder and makes the bundle consistent again: a different model from then on.
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256Of } from '../domain/digest.ts'
import { AppError } from '../domain/errors.ts'
import { withoutRow } from '../inference/bundle/library.ts'
import { loadBundle } from '../inference/bundle/load.ts'
import { modelDigest } from '../inference/bundle/model-digest.ts'

interface Manifest extends Record<string, unknown> {
  files: Record<string, { sha256: string; bytes: number }>
}

/** Returns how many rows remain, and the digest of the resulting model. Throws NOT_FOUND if the bundle has no library, or the library no such row. */
export async function eraseFromLibrary(
  folder: string,
  row: string,
  dryRun: boolean,
): Promise<{ rows: number; modelDigest: string }> {
  const { encoder } = await loadBundle(folder)
  const name = encoder?.library?.file
  if (name === undefined) throw new AppError('NOT_FOUND', `the bundle in ${folder} has no library`)
  const manifest = await readJson<Manifest>(join(folder, 'bundle.json'))
  const library = await readJson<{ file: string }>(join(folder, name))
  const remaining = withoutRow(library, await readFile(join(folder, library.file)), row)
  const facts = jsonBytes({ ...remaining.facts, sha256: sha256Of(remaining.bytes) })
  const files = { ...manifest.files, [name]: fileOf(facts), [library.file]: fileOf(remaining.bytes) }
  const whole = { ...manifest, files }
  if (!dryRun) {
    const written: [string, Uint8Array][] = [
      [library.file, remaining.bytes],
      [name, facts],
      ['bundle.json', jsonBytes(whole)],
    ]
    // Write all files beside the originals first, so that a full disk leaves the bundle as it was.
    for (const [file, bytes] of written) await writeFile(join(folder, `${file}.new`), bytes, { flush: true })
    for (const [file] of written) await rename(join(folder, `${file}.new`), join(folder, file))
    await loadBundle(folder)
  }
  return { rows: remaining.facts.rows, modelDigest: modelDigest(whole) }
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8')) as T
}

const jsonBytes = (value: unknown) => Buffer.from(`${JSON.stringify(value, null, 1)}\n`)
const fileOf = (bytes: Uint8Array) => ({ sha256: sha256Of(bytes), bytes: bytes.length })
