// The faces of the report: for each character the first face that has its shape.
import { create, type Font, type PathCommand } from 'fontkit'
import decompress from 'woff2-encoder/decompress'
import { type Family, FIRST, fileOf, HAN, LAST, type Weight } from '../fonts/families.ts'
import { readPackageFile, subsetsOf } from '../fonts/files.ts'
import { encodeGlyph } from './glyf.ts'
import { clustersOf, hanRegion, isJoiner } from './scripts.ts'
import { shapedByHarfBuzz } from './shaper.ts'

export interface Face {
  /** Unique within a library. */
  id: string
  font: Font
  /** Whether the order of its glyphs is that of reading may not be taken for granted: drawn text says beside it what it stands for. */
  isShaped: boolean
}

/** Faces for the characters that the library was opened for. */
export interface FontLibrary {
  /** The first face of the chain with a shape for every character of the cluster. */
  faceFor(cluster: string, weight: Weight): Face | undefined
}

/** Han shapes by the scripts beside them, as PS3.5 Annexes H, I and K pair them in one name; the other regions fill gaps. */
function chainFor(text: string): Family[] {
  const first = hanRegion(text)
  const others = (['sc', 'jp', 'kr'] as const).filter((region) => region !== first)
  return [...FIRST, HAN[first], ...others.map((region) => HAN[region]), ...LAST]
}

/** What any line may need: the ellipsis, and code points for what has no shape. */
const ALWAYS = ' …[]U+0123456789ABCDEF'

/** Code point → the subset files of a package that have it, in the package's order. */
type Subsets = Map<number, string[]>

/** Unpacked bytes only: parsed fonts remember the characters of earlier reports, which would make later ones differ. */
const bytesByFile = new Map<string, Promise<Uint8Array>>()
const subsetsByPackage = new Map<string, Promise<Subsets>>()

/** Opens the faces that the texts need, in both weights, and no others. */
export async function openFonts(texts: readonly string[]): Promise<FontLibrary> {
  const chain = chainFor(texts.join('\n'))
  const clusters = new Set([...texts, ALWAYS].flatMap(clustersOf))
  const faces = new Map<string, Face>()
  const chosen = new Map<string, Face>()
  for (const weight of ['regular', 'bold'] as const) {
    for (const cluster of clusters) {
      const face = await findFace(cluster, weight, chain, faces)
      if (face) chosen.set(weight + cluster, face)
    }
  }
  return { faceFor: (cluster, weight) => chosen.get(weight + cluster) }
}

async function findFace(
  cluster: string,
  weight: Weight,
  chain: Family[],
  faces: Map<string, Face>,
): Promise<Face | undefined> {
  const codePoints = Array.from(cluster, (character) => character.codePointAt(0)!)
  for (const family of chain) {
    for (const subset of (await characterSubsets(family)).get(codePoints[0]!) ?? []) {
      const face = await openFace(family, subset, weight, faces)
      const letters = face.isShaped ? codePoints.filter((code) => !isJoiner(code)) : codePoints
      if (letters.every((code) => face.font.hasGlyphForCodePoint(code)) && canShape(face, cluster)) return face
    }
  }
  return undefined
}

/** fontkit 2.0.4 reads past the end of some fonts for a glyph without outline; such a face must not break a report. */
function canShape(face: Face, cluster: string): boolean {
  try {
    return face.font.layout(cluster, []).advanceWidth >= 0
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

async function openFace(family: Family, subset: string, weight: Weight, faces: Map<string, Face>): Promise<Face> {
  const value = family.weights[weight]
  const id = `${family.prefix}-${subset}-${value}`
  const known = faces.get(id)
  if (known) return known
  const bytes = await bytesOf(family, fileOf(family, subset, weight))
  const font = family.variable ? instanceOf(bytes, value, id) : create(bytes)
  const face = { id, font: family.shaped ? shapedByHarfBuzz(font, bytes) : font, isShaped: family.shaped }
  faces.set(id, face)
  return face
}

/** An instance of a variable font that can be embedded; see glyf.ts. Its name tells it from other weights of its file. */
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

function bytesOf(family: Family, file: string): Promise<Uint8Array> {
  const known = bytesByFile.get(file)
  if (known) return known
  const read = readPackageFile(family, 'files', file).then(decompress)
  bytesByFile.set(file, read)
  // A failure is told to whoever asked, and not remembered.
  read.catch(() => bytesByFile.delete(file))
  return read
}

/** A package's subset files by code point. */
function characterSubsets(family: Family): Promise<Subsets> {
  const known = subsetsByPackage.get(family.package)
  if (known) return known
  const read = subsetsOf(family).then(byCharacter)
  subsetsByPackage.set(family.package, read)
  read.catch(() => subsetsByPackage.delete(family.package))
  return read
}

function byCharacter(ranges: ReadonlyMap<string, string>): Subsets {
  const subsets: Subsets = new Map()
  for (const [name, list] of ranges) {
    for (const range of list.split(',')) {
      const [first = '', last = first] = range.trim().slice(2).split('-')
      for (let code = Number.parseInt(first, 16); code <= Number.parseInt(last, 16); code++)
        subsets.set(code, [...(subsets.get(code) ?? []), name])
    }
  }
  return subsets
}
