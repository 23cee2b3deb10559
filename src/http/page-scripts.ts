// The browser's modules (IO): the TypeScript of src/web/browser with its types stripped, at an address that changes with the content.
import { readdir, readFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { sha256Of } from '../domain/digest.ts'
import { versionIn } from '../domain/package-version.ts'
import type { PageScripts } from './deps.ts'

/** A page of its own runs it; the study page does not load it. */
const VOLUME_VIEW = 'volume-view.ts'
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
  const digest = sha256Of(JSON.stringify([...modules])).slice(0, 12)
  const base = `/assets/browser/${digest}`
  const preloaded = names.filter((name) => name !== VOLUME_VIEW)
  return {
    base,
    names: preloaded,
    library: await findLibrary(),
    module: (version, name) => (version === digest ? modules.get(name) : undefined),
  }
}

/** NiiVue in one file with all that it needs; compressed once, when somebody first opens the 3D view. */
async function findLibrary(): Promise<PageScripts['library']> {
  const root = new URL('../../', import.meta.resolve('@niivue/niivue'))
  const version = versionIn(await readFile(new URL('package.json', root), 'utf8'))
  let gzipped: Promise<Uint8Array<ArrayBuffer>> | undefined
  const read = async () => new Uint8Array(await promisify(gzip)(await readFile(new URL('dist/index.js', root))))
  return {
    path: `/assets/niivue-${version}.js`,
    gzipped() {
      gzipped ??= read()
      return gzipped
    },
  }
}
