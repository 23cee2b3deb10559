// The fonts as the pages serve them (IO): one stylesheet and the files of the packages; a browser fetches only those whose characters it needs.
import { z } from 'zod'
import { FAMILIES, type Family, FIRST, fileOf, HAN } from './families.ts'
import { readPackageFile, subsetsOf } from './files.ts'

export interface WebFonts {
  /** CSS that declares every family, ranked after the fonts on the reader's own machine. */
  stylesheet(): Promise<string>
  /** A font file or the licence of a family; undefined if there is none with this name. */
  file(family: string, version: string, name: string): Promise<Uint8Array | undefined>
}

const packageFile = z.object({ version: z.string() })
const OWN_FIRST = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue"'
export const FONTS_PATH = '/assets/fonts'

/** Serves every subset in its two weights; variable files contain both. */
export function createWebFonts(): WebFonts {
  // Made at once, since the first page of a process would wait for it. Whoever asks is told of a failure.
  make().catch(() => undefined)
  return {
    stylesheet: async () => (await make()).css,
    async file(prefix, version, name) {
      const family = FAMILIES.find((one) => one.prefix === prefix)
      if (!family || (await make()).versions.get(prefix) !== version) return undefined
      if (name === 'LICENSE') return readPackageFile(family, 'LICENSE')
      const names = [...(await subsetsOf(family)).keys()].flatMap((subset) =>
        (['regular', 'bold'] as const).map((weight) => fileOf(family, subset, weight)),
      )
      return names.includes(name) ? readPackageFile(family, 'files', name) : undefined
    },
  }
}

/** The same for everybody in this process. */
let made: ReturnType<typeof makeStylesheet> | undefined

function make() {
  made ??= makeStylesheet()
  made.catch(() => {
    made = undefined
  })
  return made
}

async function makeStylesheet() {
  const families = await Promise.all(FAMILIES.map(describeFamily))
  const regions = { ja: 'jp', ko: 'kr' } as const
  return {
    versions: new Map(families.map(({ prefix, version }) => [prefix, version])),
    css: [
      ...families.flatMap(({ rules }) => rules),
      `body { font-family: ${stack(HAN.sc)}; }`,
      // A feature that no font has; see live-script.ts.
      'body { font-feature-settings: "load" var(--font-loads, 0); }',
      ...Object.entries(regions).map(([lang, region]) => `:lang(${lang}) { font-family: ${stack(HAN[region])}; }`),
      '',
    ].join('\n'),
  }
}

async function describeFamily(family: Family) {
  const { prefix } = family
  const [manifest, subsets] = await Promise.all([readPackageFile(family, 'package.json'), subsetsOf(family)])
  const { version } = packageFile.parse(JSON.parse(new TextDecoder().decode(manifest)))
  const base = `${FONTS_PATH}/${prefix}/${version}`
  const faces = [...subsets].flatMap(([subset, ranges]) => facesOf(family, subset, ranges, base))
  return { prefix, version, rules: [`/* SIL Open Font License 1.1: ${base}/LICENSE */`, ...faces] }
}

function facesOf(family: Family, subset: string, ranges: string, base: string): string[] {
  const weights = family.variable ? (['regular'] as const) : (['regular', 'bold'] as const)
  return weights.map((weight) => {
    const css = family.variable ? '100 900' : weight === 'bold' ? '600 700' : '400'
    return `@font-face { font-family: "${family.prefix}"; font-weight: ${css}; font-display: swap; src: url(${base}/${fileOf(family, subset, weight)}) format("woff2"); unicode-range: ${ranges}; }`
  })
}

/** The reader's own fonts, then ours, then any other; among the Han families, the one with the preferred character shapes comes first. */
function stack(han: Family): string {
  const rest = FAMILIES.filter((family) => family !== han && !FIRST.includes(family))
  const names = [...FIRST, han, ...rest].map(({ prefix }) => `"${prefix}"`)
  return [OWN_FIRST, ...names, 'sans-serif'].join(', ')
}
