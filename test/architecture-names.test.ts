// Names that say nothing of what they hold do not come back.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { parseAst } from 'vitest/node'

const root = fileURLToPath(new URL('..', import.meta.url))
const EMPTY_NAMES = new Set(['found', 'left', 'known', 'wanted', 'asked'])
/** Where things are drawn or lie on a screen, `left` is a side. */
const DRAWN = /^src\/(reports|viewer|web|domain\/shown-images\.ts$|wording\/report-page\.ts$)/

/** Every name that the text declares, reads, or gives to a property. */
function* namesIn(node: unknown): Iterable<string> {
  if (typeof node !== 'object' || node === null) return
  if ('type' in node && node.type === 'Identifier' && 'name' in node) yield String(node.name)
  for (const part of Object.values(node)) yield* namesIn(part)
}

const emptyNamesIn = (name: string, text: string) =>
  [...new Set(namesIn(parseAst(text, { lang: 'ts' }, name)))].filter(
    (one) => EMPTY_NAMES.has(one) && !(one === 'left' && DRAWN.test(name)),
  )

it.each(['src', 'conformance', 'demo', 'scripts'])('%s names things by what they hold', (folder) => {
  const files = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
  const breaches = files.flatMap((path) => {
    const name = relative(root, path).replaceAll('\\', '/')
    return emptyNamesIn(name, readFileSync(path, 'utf8')).map((one) => `${name}: ${one}`)
  })
  expect(files.length).toBeGreaterThan(5)
  expect(breaches).toEqual([])
})

it.each([
  ['const found = 1', 'found'],
  ['const { known } = record', 'known'],
  ['const { known: entry } = record', 'known'],
  ['function look(wanted: string) {}', 'wanted'],
  ['interface Entry { asked: string }', 'asked'],
  ['const rest = [...left]', 'left'],
])('sees %s', (text, name) => expect(emptyNamesIn('src/store/x.ts', text)).toEqual([name]))
