// The browser's modules (IO): the TypeScript of src/web/browser with its types stripped, at an address that changes with the content.
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import type { PageScripts } from './deps.ts'

const FOLDER = new URL('../web/browser/', import.meta.url)

export async function readPageScripts(): Promise<PageScripts> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.ts')).sort()
  const modules = new Map<string, string>()
  for (const name of names) {
    const source = await readFile(new URL(name, FOLDER), 'utf8')
    // Stripping leaves blanks where the types were, and the browser needs no comments.
    const plain = stripTypeScriptTypes(source).replace(/^\s*(\/\/.*|\/\*\*.*\*\/)$/gm, '')
    modules.set(name, plain.replace(/[ \t]+$/gm, '').replace(/\n{2,}/g, '\n'))
  }
  const digest = createHash('sha256')
    .update(JSON.stringify([...modules]))
    .digest('hex')
    .slice(0, 12)
  const base = `/assets/browser/${digest}`
  return { base, names, module: (version, name) => (version === digest ? modules.get(name) : undefined) }
}
