// The shape of the code, kept by a program: who may import whom, where effects live, how long files are.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const src = join(root, 'src')

/** Folder → folders it may import from, besides itself. */
const MAY_IMPORT: Record<string, string[]> = {
  domain: [],
  wording: ['domain'],
  audit: ['domain'],
  dicom: ['domain', 'wording'],
  dicomweb: ['domain', 'dicom'],
  decoding: ['domain', 'dicom'],
  receiving: ['domain', 'dicom', 'dicomweb'],
  triggers: ['domain', 'dicom'],
  fhir: ['domain', 'wording'],
  inference: ['domain', 'wording', 'dicom'],
  fonts: [],
  reports: ['domain', 'wording', 'fonts'],
  evaluation: ['domain', 'inference'],
  store: ['domain'],
  identity: ['domain'],
  settings: ['domain'],
  telemetry: ['domain'],
  pipeline: ['domain', 'dicom', 'inference', 'reports', 'triggers', 'wording'],
  notices: ['domain', 'wording'],
  viewer: ['domain', 'reports', 'wording'],
  web: ['domain', 'wording'],
  http: ['domain', 'viewer', 'web'],
}

/** Files that do IO; everything else in src is pure. */
const EFFECTS = [
  /^decoding\/(decoder|process)\.ts$/,
  /^dicomweb\/client(-.*)?\.ts$/,
  /^fhir\/connection\/(client|records|tokens|auth)\.ts$/,
  /^inference\/runtime\/(agreement|collect-garbage|networks|session|runner|on-gpus|inference-process|process)\.ts$/,
  /^inference\/volumes\/(register|register-worker)\.ts$/,
  /^inference\/bundle\/load\.ts$/,
  /^evaluation\/(case-files|evaluate-cases|evaluate-chain)\.ts$/,
  /^evaluation\/nifti\.ts$/,
  /^fonts\/(files|web-fonts)\.ts$/,
  /^store\//,
  /^telemetry\//,
  /^settings\/read\.ts$/,
  /^http\/(serve|page-scripts)\.ts$/,
  /^viewer\/(spool|kept-volumes|pack-worker|packer|volume-writing)\.ts$/,
  /^receiving\/(spool(-writing)?|study-folders|listener|dimse(-scp)?|hl7\/mllp)\.ts$/,
  /^notices\/client-(mail|webhook)\.ts$/,
  // Addresses are made by the server too.
  /^web\/browser\/(?!addresses\.ts$)/,
  /^cli\//,
  /^(compose(-\w+)?|main|clock|dispatcher|outgoing)\.ts$/,
]

/** All that pure files may import from outside: what computes. openid-client sends by the fetch that it is given. */
const PURE_MODULES =
  /^node:(crypto|events|util|zlib)$|^(@medplum\/core|dcmjs|fast-png|fontkit|harfbuzzjs|jose|jpeg-lossless-decoder-js|openid-client|pdfkit|qr|xz-decompress|zod)$|^hono(\/|$)|^@cornerstonejs\/codec-/
const FORBIDDEN_GLOBALS = [
  /(?<![.\w])fetch\(/,
  /(?<![.\w])process\./,
  /Date\.now\(/,
  /new Date\(\)/,
  /Math\.random\(/,
  /randomUUID\(/,
]

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
}

const files = filesUnder(src).map((path) => ({ path, name: relative(src, path), text: readFileSync(path, 'utf8') }))

/** Relative imports, as names under src, and package imports; type-only imports are marked. */
function importsOf(file: { path: string; text: string }) {
  return [
    ...file.text.matchAll(
      /(?:import|export)\s+(type\s)?[^'"]*?from\s+['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]|^import\s+['"]([^'"]+)['"]/gm,
    ),
  ].map((m) => {
    const target = m[2] ?? m[3] ?? m[4]!
    const local = target.startsWith('.')
    return {
      typeOnly: m[1] !== undefined,
      local,
      name: local ? relative(src, join(dirname(file.path), target)) : target,
    }
  })
}

/** Whether the value of JSON.parse(…), which is any, or of `jsonOf`, is cast, given a type, or used as one. `after` begins within the parentheses. */
function isTaken(before: string, call: string, after: string): boolean {
  const plain = after.replace(/'[^'\n]*'|`[^`]*`/g, (quoted) => '_'.repeat(quoted.length))
  let depth = 1
  let end = 0
  for (; depth > 0 && end < plain.length; end += 1) depth += { '(': 1, ')': -1 }[plain[end]!] ?? 0
  if (/^\s*(\)*\s*as\s+(?!unknown\b)|!?\.|\[)/.test(plain.slice(end))) return true
  const [, , type] = /(?:const|let)\s+(\{[^=]*\}|\w+)\s*(?::\s*([^=]+?))?\s*=\s*$/.exec(before) ?? ['', '', 'unknown']
  return call === 'JSON.parse(' && type !== 'unknown'
}

describe('architecture', () => {
  it('sees the source', () => expect(files.length).toBeGreaterThan(40))

  it('imports go in the declared direction', () => {
    const breaches: string[] = []
    for (const file of files) {
      const folder = file.name.includes('/') ? file.name.split('/')[0]! : ''
      const allowed = MAY_IMPORT[folder]
      if (!allowed) continue
      for (const { local, name } of importsOf(file)) {
        const target = name.split('/')[0]!
        if (local && target !== folder && !allowed.includes(target)) breaches.push(`${file.name} → ${name}`)
      }
    }
    expect(breaches).toEqual([])
  })

  it('runs without the demo and the conformance guide, which no image contains', () => {
    const importers = files.filter((file) => importsOf(file).some(({ local, name }) => local && name.startsWith('..')))
    expect(importers.map(({ name }) => name)).toEqual(['cli/commands/demo.ts'])
  })

  it('describes in docs/architecture.md the rooms that exist', () => {
    const table = readFileSync(join(root, 'docs/architecture.md'), 'utf8')
    // "`a/b`, `c`": what has no folder of its own lies beside the first.
    const rooms = [...table.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, cell = '']) => {
      const names = cell.replaceAll('`', '').split(', ')
      return names.map((name, n) => (n === 0 || name.includes('/') ? name : join(dirname(names[0]!), name)))
    })
    const withFiles = new Set(files.map(({ name }) => join('src', dirname(name))).filter((folder) => folder !== 'src'))
    const isDescribed = (folder: string) => rooms.some((room) => folder === room || folder.startsWith(`${room}/`))
    expect([...withFiles].filter((folder) => !isDescribed(folder))).toEqual([])
    expect(rooms.filter((room) => !existsSync(join(root, room)))).toEqual([])
  })

  it('has no import cycles, imports of types included', () => {
    const graph = new Map(files.map((file) => [file.name, importsOf(file).flatMap((i) => (i.local ? [i.name] : []))]))
    const done = new Set<string>()
    const cycles: string[] = []
    const visit = (name: string, path: string[]) => {
      if (path.includes(name)) cycles.push([...path.slice(path.indexOf(name)), name].join(' → '))
      if (done.has(name) || path.includes(name)) return
      for (const next of graph.get(name) ?? []) visit(next, [...path, name])
      done.add(name)
    }
    for (const name of graph.keys()) visit(name, [])
    expect(cycles).toEqual([])
  })

  it('reads JSON by a schema or a check: its value is unknown until then', () => {
    const breaches = files.flatMap(({ name, text }) =>
      [...text.matchAll(/(?<!function )\b(?:JSON\.parse|jsonOf|jsonIn)\(/g)]
        .filter(({ index, 0: call }) => isTaken(text.slice(0, index), call, text.slice(index + call.length)))
        .map(({ index }) => `${name}:${text.slice(0, index).split('\n').length}`),
    )
    expect(breaches).toEqual([])
    // Each of these would be one.
    for (const [before, call, after] of [
      ['const a = (', 'JSON.parse(', 'text) as Cursor)'],
      ['return ', 'jsonOf(', "f(text, '(') ?? '{}'\n) as Cursor"],
      ['const { version } = ', 'JSON.parse(', 'text)'],
      ['const a: Cursor = ', 'JSON.parse(', 'text)'],
      ['const a = ', 'JSON.parse(', 'text)'],
      ['go(', 'JSON.parse(', 'text).since)'],
    ] as const)
      expect(isTaken(before, call, after), before + call + after).toBe(true)
    expect(isTaken('const a: unknown = ', 'JSON.parse(', 'text)')).toBe(false)
    expect(isTaken('schema.safeParse(', 'JSON.parse(', 'text))')).toBe(false)
    expect(isTaken('const a = ', 'jsonOf(', 'text)')).toBe(false)
  })

  it('takes nothing off the end of a text from outside by an expression, which is quadratic in a long run', () => {
    const isQuadratic = (pattern: string) =>
      /[+*]\$(\||$)/.test(pattern) && (!pattern.startsWith('^') || pattern.includes('|'))
    const patternsIn = (text: string) =>
      [...text.matchAll(/\.replace\(\/((?:\\.|[^/\\\n])+)\//g)].map(([, pattern]) => pattern!)
    const fromOutside = files.filter(({ name }) => /^(dicom|dicomweb|receiving)\//.test(name))
    // A number of at most sixteen characters.
    const breaches = fromOutside.filter(
      ({ name, text }) => name !== 'dicom/decimal.ts' && patternsIn(text).some(isQuadratic),
    )
    expect(fromOutside.length).toBeGreaterThan(50)
    expect(breaches.map(({ name }) => name)).toEqual([])
    expect(patternsIn(String.raw`part.replace(/[\0 ]+$/, '')`)).toEqual([String.raw`[\0 ]+$`])
    for (const pattern of [String.raw`[\0 ]+$`, String.raw`^[\s]+|[\s]+$`, '=+$'])
      expect(isQuadratic(pattern)).toBe(true)
    for (const pattern of [String.raw`^(\d{6})\d+$`, String.raw`\s+`]) expect(isQuadratic(pattern)).toBe(false)
  })

  it('keeps effects in the named files', () => {
    const breaches: string[] = []
    for (const file of files) {
      if (EFFECTS.some((pattern) => pattern.test(file.name))) continue
      for (const { local, name, typeOnly } of importsOf(file)) {
        if (!local && !typeOnly && !PURE_MODULES.test(name)) breaches.push(`${file.name} imports ${name}`)
      }
      const code = file.text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
      for (const pattern of FORBIDDEN_GLOBALS)
        if (pattern.test(code)) breaches.push(`${file.name} uses ${pattern.source}`)
    }
    expect(breaches).toEqual([])
  })

  it('lets no pure file import one that does IO, not even for a type', () => {
    const hasEffects = (name: string) => EFFECTS.some((pattern) => pattern.test(name))
    const breaches = files
      .filter(({ name }) => !hasEffects(name))
      .flatMap((file) =>
        importsOf(file).flatMap(({ local, name }) => (local && hasEffects(name) ? [`${file.name} → ${name}`] : [])),
      )
    expect(breaches).toEqual([])
  })

  it('rounds what a person reads in src/wording alone', () => {
    const rounding = /toFixed\([^)]*\)\}? ?(mm|mL|%|°)|Math\.round\(100 \*[^)]*\)\} ?%/
    const channels = /^(web|reports|fhir|pipeline|dicom\/sr|inference\/(lesions|encoder|segmentation))\//
    const breaches = files.filter(({ name, text }) => channels.test(name) && rounding.test(text))
    expect(breaches.map(({ name }) => name)).toEqual([])
  })

  it('writes a digest in hexadecimal, and an hour in milliseconds, in one place', () => {
    const repeated = /createHash\('sha256'\)(?:(?!createHash)[\s\S])*?\.digest\('hex'\)|\b(?:3_600_000|86_400_000)\b/
    const ofBrowser = /^web\/browser\//
    const repeating = files.filter(({ name, text }) => !ofBrowser.test(name) && repeated.test(text))
    expect(repeating.map(({ name }) => name)).toEqual(['domain/digest.ts', 'domain/durations.ts'])
  })

  it('leaves nothing behind in the process that its test files share', () => {
    const lasting = /\bvi\.(mock|doMock|stubGlobal|stubEnv|resetModules)\(|\bprocess\.(chdir|exitCode)\b/
    /** What may be changed where it is put back. */
    const pairs = [
      ['useFakeTimers(', 'useRealTimers('],
      ['setGlobalDispatcher(', 'getGlobalDispatcher('],
    ] as const
    const breaches = filesUnder(join(root, 'test'))
      .map((path) => ({ name: relative(root, path), text: readFileSync(path, 'utf8') }))
      .filter(({ name }) => !name.startsWith('test/integration/') && name !== 'test/architecture.test.ts')
      .filter(
        ({ text }) =>
          lasting.test(text) || pairs.some(([change, restore]) => text.includes(change) && !text.includes(restore)),
      )
    expect(breaches.map(({ name }) => name)).toEqual([])
  })

  it('has one importer of the model runtime', () => {
    const importers = files.filter((f) => importsOf(f).some((i) => i.name === 'onnxruntime-node')).map((f) => f.name)
    expect(importers).toEqual(['inference/runtime/session.ts'])
  })

  it('keeps files short, introduced by a comment, and free of leftovers', () => {
    const breaches: string[] = []
    for (const file of files) {
      const lines = file.text.split('\n')
      if (lines.length > 300 && !file.name.endsWith('.gen.ts')) breaches.push(`${file.name} has ${lines.length} lines`)
      if (!/^(#!|\/\/|\/\*)/.test(lines[0] ?? '')) breaches.push(`${file.name} does not begin with a comment`)
      if (/\bTODO\b|\bFIXME\b/.test(file.text)) breaches.push(`${file.name} has a TODO`)
      if (/^export default /m.test(file.text)) breaches.push(`${file.name} has a default export`)
    }
    expect(breaches).toEqual([])
  })
})
