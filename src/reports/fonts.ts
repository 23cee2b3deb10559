// The fonts of the report: for each character, the first font that has a glyph for it.
import { create, type Font, type PathCommand } from 'fontkit'
import { type Family, FIRST, type FontFiles, fileOf, HAN, LAST, type Weight } from '../fonts/families.ts'
import { encodeGlyph } from './glyf.ts'
import { clustersOf, hanRegion, isJoiner } from './scripts.ts'
import { shapedByHarfBuzz } from './shaper.ts'

export interface Face {
  /** Unique within a library. */
  id: string
  font: Font
  /** Whether glyph order may differ from reading order; drawn text then carries its plain text beside it. */
  isShaped: boolean
}

/** Fonts for the characters that the library was opened for. */
export interface FontLibrary {
  /** The first font of the chain with a glyph for every character of the cluster. */
  faceFor(cluster: string, weight: Weight): Face | undefined
}

/**
 * Which regional Han glyphs to use, by the scripts beside them, as PS3.5 Annexes H, I and K combine them in one name; other
 * regions fill the gaps.
 */
function chainFor(text: string): Family[] {
  const first = hanRegion(text)
  const others = (['sc', 'jp', 'kr'] as const).filter((region) => region !== first)
  return [...FIRST, HAN[first], ...others.map((region) => HAN[region]), ...LAST]
}

/** What any line may need: the ellipsis, and code points for characters without a glyph. */
const ALWAYS = ' …[]U+0123456789ABCDEF'

/** Opens only the fonts that the texts need, in both weights. */
export async function openFonts(files: FontFiles, texts: readonly string[]): Promise<FontLibrary> {
  const chain = chainFor(texts.join('\n'))
  const clusters = new Set([...texts, ALWAYS].flatMap(clustersOf))
  const open = faceOpener(files)
  const selected = new Map<string, Face>()
  for (const weight of ['regular', 'bold'] as const) {
    for (const cluster of clusters) {
      const face = await findFace(cluster, weight, chain, { files, open })
      if (face) selected.set(weight + cluster, face)
    }
  }
  return { faceFor: (cluster, weight) => selected.get(weight + cluster) }
}

async function findFace(
  cluster: string,
  weight: Weight,
  chain: Family[],
  { files, open }: { files: FontFiles; open: ReturnType<typeof faceOpener> },
): Promise<Face | undefined> {
  const codePoints = Array.from(cluster, (character) => character.codePointAt(0)!)
  for (const family of chain) {
    for (const subset of (await files.subsetsByCharacter(family)).get(codePoints[0]!) ?? []) {
      const face = await open(family, subset, weight)
      const letters = face.isShaped ? codePoints.filter((code) => !isJoiner(code)) : codePoints
      if (letters.every((code) => face.font.hasGlyphForCodePoint(code)) && canShape(face, cluster)) return face
    }
  }
  return undefined
}

/** fontkit 2.0.4 reads past the end of some fonts for a glyph without outline; such a font must not break a report. */
function canShape(face: Face, cluster: string): boolean {
  try {
    return face.font.layout(cluster, []).advanceWidth >= 0
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** Opens each font once. */
function faceOpener(files: FontFiles) {
  const faces = new Map<string, Face>()
  return async (family: Family, subset: string, weight: Weight): Promise<Face> => {
    const value = family.weights[weight]
    const id = `${family.prefix}-${subset}-${value}`
    const cached = faces.get(id)
    if (cached) return cached
    const bytes = await files.unpacked(family, fileOf(family, subset, weight))
    const font = family.variable ? instanceOf(bytes, value, id) : create(bytes)
    const face = { id, font: family.shaped ? shapedByHarfBuzz(font, bytes) : font, isShaped: family.shaped }
    faces.set(id, face)
    return face
  }
}

/** An instance of a variable font that can be embedded (see glyf.ts). Its name distinguishes it from the other weights in the same file. */
function instanceOf(bytes: Uint8Array, wght: number, name: string): Font {
  const font = create(bytes).getVariation({ wght })
  const createSubset = font.createSubset.bind(font)
  Object.defineProperty(font, 'postscriptName', { value: name })
  Object.defineProperty(font, 'createSubset', {
    value: () =>
      Object.assign(createSubset(), {
        glyphEncoder: { encodeSimple: (path: { commands: PathCommand[] }) => encodeGlyph(path.commands) },
      }),
  })
  return font
}
