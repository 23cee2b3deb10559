// Names that say nothing of what they hold do not come back.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { parseAst } from 'vitest/node'

const root = fileURLToPath(new URL('..', import.meta.url))
const EMPTY_NAMES = new Set(['found', 'left', 'known', 'wanted', 'asked'])
/** Where things are drawn or lie on a screen, `left` is a side. */
const DRAWN = /^src\/(reports|viewer|web|domain\/shown-images\.ts$|wording\/languages\/)/

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

it.each(['src', 'bench', 'conformance', 'demo', 'scripts'])('%s names things by what they hold', (folder) => {
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

/** Strings and comments say what they like; a triple-quoted string first, since it may hold the others. */
const PYTHON_TEXT = /[rbfu]{0,2}(?:"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|#.*$/gim

const emptyNamesInPython = (text: string) => [
  ...new Set(
    (text.replace(PYTHON_TEXT, '""').match(/(?<![.\w])[A-Za-z_]\w*/g) ?? []).filter((one) => EMPTY_NAMES.has(one)),
  ),
]

it.each(['gliatrain', 'tests', 'examples'])('training/%s names things by what they hold', (folder) => {
  const files = readdirSync(join(root, 'training', folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.py'))
    .map((name) => ({ name, text: readFileSync(join(root, 'training', folder, name), 'utf8') }))
  const breaches = files.flatMap(({ name, text }) => emptyNamesInPython(text).map((one) => `${name}: ${one}`))
  expect(files.length).toBeGreaterThan(5)
  expect(breaches).toEqual([])
})

it('sees names of Python, and none in its strings and comments', () => {
  const text = ['"""what was found"""', `print('left', f"known {n}")  # wanted`, 'found, rest = x.left, 1'].join('\n')
  expect(emptyNamesInPython(text)).toEqual(['found'])
})

it.each([
  ['const found = 1', 'found'],
  ['const { known } = record', 'known'],
  ['const { known: entry } = record', 'known'],
  ['function look(wanted: string) {}', 'wanted'],
  ['interface Entry { asked: string }', 'asked'],
  ['const rest = [...left]', 'left'],
])('sees %s', (text, name) => expect(emptyNamesIn('src/store/x.ts', text)).toEqual([name]))

it.each(['src', 'demo'])('no room of %s has two files of one name', (folder) => {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.ts') && name.includes('/'))
  // What a reader has open side by side: a folder of src with all that it holds, and the demo as a whole.
  const roomOf = (name: string) => (folder === 'src' ? name.split('/')[0]! : folder)
  const keyOf = (name: string) => `${roomOf(name)}: ${name.split('/').at(-1)}`
  const first = new Map(names.map((name) => [keyOf(name), name]))
  expect(names.length).toBeGreaterThan(20)
  expect(names.filter((name) => first.get(keyOf(name)) !== name)).toEqual([])
})

/** Rooms that see images only: there a head could only be the patient's, which is the foreground of the image (MONAI, CropForeground). */
const OF_IMAGES = /^(inference\/(volumes|segmentation|series)|viewer)\/|^reports\/(figures|plane|contours)\.ts$/
const headsIn = (name: string, text: string) =>
  [...new Set(namesIn(parseAst(text, { lang: 'ts' }, name)))].filter((one) => /head(?!er)|HEAD(?!ER)/i.test(one))

it('a head is what a model answers with, never the patient’s', () => {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => OF_IMAGES.test(name) && name.endsWith('.ts'))
  const breaches = files.flatMap((name) =>
    headsIn(name, readFileSync(join(root, 'src', name), 'utf8')).map((one) => `${name}: ${one}`),
  )
  expect(files.length).toBeGreaterThan(20)
  expect(breaches).toEqual([])
  expect(headsIn('viewer/x.ts', 'const inHead = HEAD_SHARE + headers.length')).toEqual(['inHead', 'HEAD_SHARE'])
})
