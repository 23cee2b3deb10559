// The fonts of reports and pages: npm packages of font families under the SIL Open Font License, each split into subsets by script.

export type Weight = 'regular' | 'bold'

/** One npm package with a font family. */
export interface Family {
  package: string
  prefix: string
  /** Static families have one file per weight; variable ones have an axis (`wght`). */
  weights: Readonly<Record<Weight, number>>
  variable: boolean
  /** Needs text shaping by HarfBuzz. */
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
/** Han characters clog up in small bold type; medium stands out enough. */
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
/** One package each. The Arabic one also contains mathematical signs and symbols. */
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

/** Reads the files of the packages; implementations cache them, since reports need the same few again and again. */
export interface FontFiles {
  /** A file of the package's folder `files`, unpacked from WOFF2. */
  unpacked(family: Family, file: string): Promise<Uint8Array>
  /** Code point → the subsets that contain it, in the package's order. */
  subsetsByCharacter(family: Family): Promise<ReadonlyMap<number, readonly string[]>>
}
