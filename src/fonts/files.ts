// Files of the font packages (IO): which subset has which characters, and their bytes.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Family } from './families.ts'

const require = createRequire(import.meta.url)
const subsetsByPackage = new Map<string, Promise<ReadonlyMap<string, string>>>()

/** Any file of the package, by its path inside. */
export function readPackageFile(family: Family, ...path: string[]): Promise<Uint8Array> {
  return readFile(join(dirname(require.resolve(`${family.package}/package.json`)), ...path))
}

/** Subset → its characters as CSS states them ("U+4E00, U+4E03-4E05"), in the package's order, from its unicode.json. */
export function subsetsOf(family: Family): Promise<ReadonlyMap<string, string>> {
  const known = subsetsByPackage.get(family.package)
  if (known) return known
  const read = readPackageFile(family, 'unicode.json').then((bytes) => parse(new TextDecoder().decode(bytes)))
  subsetsByPackage.set(family.package, read)
  // A failure is told to whoever asked, and not remembered.
  read.catch(() => subsetsByPackage.delete(family.package))
  return read
}

/** `{ "[5]": "U+4E00,U+4E03-4E05", "latin": … }`; the brackets are not part of the file's name. */
function parse(json: string): ReadonlyMap<string, string> {
  const subsets = Object.entries(JSON.parse(json) as Record<string, string>)
  return new Map(subsets.map(([name, ranges]) => [name.replace(/[[\]]/g, ''), ranges]))
}
