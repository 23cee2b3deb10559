// Reads the files of the font packages (IO): which subset has which characters, and the fonts' bytes.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import decompress from 'woff2-encoder/decompress'
import { z } from 'zod'
import type { Family, FontFiles } from './families.ts'

const unicodeFile = z.record(z.string(), z.string())
const require = createRequire(import.meta.url)

/** Any file of the package, by its path inside the package. */
export function readPackageFile(family: Family, ...path: string[]): Promise<Uint8Array> {
  return readFile(join(dirname(require.resolve(`${family.package}/package.json`)), ...path))
}

/** Subset → its characters as CSS states them ("U+4E00, U+4E03-4E05"), in the package's order, from its unicode.json. */
export const subsetsOf = keeping(
  (family: Family) => family.package,
  async (family) => parse(new TextDecoder().decode(await readPackageFile(family, 'unicode.json'))),
)

/** Caches unpacked bytes, not parsed fonts: those remember characters from earlier reports, which would change later ones. */
export const fontFiles: FontFiles = {
  unpacked: keeping(
    (_family: Family, file: string) => file,
    async (family, file) => decompress(await readPackageFile(family, 'files', file)),
  ),
  subsetsByCharacter: keeping(
    (family: Family) => family.package,
    async (family) => byCharacter(await subsetsOf(family)),
  ),
}

/** Loads once per key; a failure goes to the caller and is not cached. */
function keeping<Key extends unknown[], Value>(
  nameOf: (...key: Key) => string,
  read: (...key: Key) => Promise<Value>,
): (...key: Key) => Promise<Value> {
  const kept = new Map<string, Promise<Value>>()
  return (...key) => {
    const name = nameOf(...key)
    const cached = kept.get(name)
    if (cached) return cached
    const reading = read(...key)
    kept.set(name, reading)
    reading.catch(() => kept.delete(name))
    return reading
  }
}

/** `{ "[5]": "U+4E00,U+4E03-4E05", "latin": … }`; the brackets are not part of the file's name. */
function parse(json: string): ReadonlyMap<string, string> {
  const subsets = Object.entries(unicodeFile.parse(JSON.parse(json)))
  return new Map(subsets.map(([name, ranges]) => [name.replace(/[[\]]/g, ''), ranges]))
}

function byCharacter(ranges: ReadonlyMap<string, string>): ReadonlyMap<number, readonly string[]> {
  const subsets = new Map<number, string[]>()
  for (const [name, list] of ranges) {
    for (const range of list.split(',')) {
      const [first = '', last = first] = range.trim().slice(2).split('-')
      for (let code = Number.parseInt(first, 16); code <= Number.parseInt(last, 16); code++)
        subsets.set(code, [...(subsets.get(code) ?? []), name])
    }
  }
  return subsets
}
