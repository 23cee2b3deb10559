// Removes one past patient from the library of a bundle's encoder and makes the bundle consistent again: a different model from then on.
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { sha256Of } from '../domain/digest.ts'
import { AppError } from '../domain/errors.ts'
import { withoutRow } from '../inference/bundle/library.ts'
import { loadBundle } from '../inference/bundle/load.ts'
import { modelDigest } from '../inference/bundle/model-digest.ts'

const json = z.record(z.string(), z.unknown())

/** Returns how many rows remain, and the digest of the resulting model. Throws NOT_FOUND if the bundle has no library, or the library no such row. */
export async function eraseFromLibrary(
  folder: string,
  row: string,
  dryRun: boolean,
): Promise<{ rows: number; modelDigest: string }> {
  const { encoder } = await loadBundle(folder)
  const name = encoder?.library?.file
  if (name === undefined) throw new AppError('NOT_FOUND', `the bundle in ${folder} has no library`)
  const manifest = await readJson(join(folder, 'bundle.json'))
  const library = await readJson(join(folder, name))
  const matrix = z.string().parse(library.file)
  const remaining = withoutRow(library, await readFile(join(folder, matrix)), row)
  const facts = jsonBytes({ ...remaining.facts, sha256: sha256Of(remaining.bytes) })
  const files = { ...json.parse(manifest.files), [name]: fileOf(facts), [matrix]: fileOf(remaining.bytes) }
  const whole = { ...manifest, files }
  if (!dryRun) {
    const written: [string, Uint8Array][] = [
      [matrix, remaining.bytes],
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

/** Whole, with members that only a later version knows. The bundle was loaded before, so it fits. */
async function readJson(path: string): Promise<Record<string, unknown>> {
  return json.parse(JSON.parse(await readFile(path, 'utf8')))
}

const jsonBytes = (value: unknown) => Buffer.from(`${JSON.stringify(value, null, 1)}\n`)
const fileOf = (bytes: Uint8Array) => ({ sha256: sha256Of(bytes), bytes: bytes.length })
