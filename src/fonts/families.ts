// The fonts of reports and pages: npm packages of families under the SIL Open Font License, each in subsets by script.

export type Weight = 'regular' | 'bold'

/** One npm package of fonts. */
export interface Family {
  package: string
  prefix: string
  /** Static families have a file per weight; variable ones (`wght`) an axis. */
  weights: Readonly<Record<Weight, number>>
  variable: boolean
  /** Laid out by HarfBuzz. */
  shaped: boolean
}

const STATIC_WEIGHTS = { regular: 400, bold: 600 } as const
const fixed = (name: string, shaped = false): Family => ({
  package: `@fontsource/${name}`,
  prefix: name,
  weights: STATIC_WEIGHTS,
  variable: false,
  shaped,
})
/** Han shapes close up when bold and small; medium stands out enough. */
const variable = (name: string): Family => ({
  package: `@fontsource-variable/${name}`,
  prefix: name,
  weights: { regular: 400, bold: 500 },
  variable: true,
  shaped: false,
})

/** Latin, Greek, Cyrillic. */
export const FIRST = [fixed('ibm-plex-sans')]
export const HAN = { jp: variable('noto-sans-jp'), kr: variable('noto-sans-kr'), sc: variable('noto-sans-sc') } as const
/** A package each. The Arabic one brings mathematical signs and symbols too. */
const SCRIPTS = [
  'arabic',
  'hebrew',
  'thai',
  'lao',
  'khmer',
  'myanmar',
  'devanagari',
  'bengali',
  'gurmukhi',
  'gujarati',
  'oriya',
  'tamil',
  'telugu',
  'kannada',
  'malayalam',
  'sinhala',
  'georgian',
  'armenian',
  'ethiopic',
]
export const LAST = SCRIPTS.map((script) => fixed(`noto-sans-${script}`, true))

export const FAMILIES: readonly Family[] = [...FIRST, ...Object.values(HAN), ...LAST]

/** The file of a subset in a weight, in the package's folder `files`. */
export function fileOf({ prefix, variable, weights }: Family, subset: string, weight: Weight): string {
  return `${prefix}-${subset}-${variable ? 'wght' : weights[weight]}-normal.woff2`
}

/** The packages' files; whoever reads them keeps what was read, since reports need the same few again and again. */
export interface FontFiles {
  /** A file of the package's folder `files`, unpacked from WOFF2. */
  unpacked(family: Family, file: string): Promise<Uint8Array>
  /** Code point → the subsets that have it, in the package's order. */
  subsetsByCharacter(family: Family): Promise<ReadonlyMap<number, readonly string[]>>
}
