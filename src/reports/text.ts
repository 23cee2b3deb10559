// Measured text: runs of one font each, cut or wrapped to a width before anything is drawn.
import type { Weight } from '../fonts/families.ts'
import type { Face, FontLibrary } from './fonts.ts'
import { breaksAnywhere, clustersOf, codePointsOf, isDrawable, visualRuns } from './scripts.ts'

export interface Style {
  /** In points; nothing on the page is smaller than 7. */
  size: number
  weight: Weight
}

/** Consecutive clusters of one font, as handed to it. */
export interface Run {
  face: Face
  text: string
  width: number
  /** Quoted in English, within a text of another language. */
  isEnglish?: true
}

/** One line, ready to be drawn from left to right. */
export interface Line {
  runs: Run[]
  width: number
  /** The text in reading order, as drawn (cut, or with code points). */
  text: string
  /** On the last line of a text: the whole text. */
  end?: string
  /** The text is longer, but is cut here. */
  isCut?: true
}

export interface TextMeasurer {
  /** The text on one line, cut with an ellipsis at the width. */
  fit(text: string, style: Style, width: number): Line
  /** The text on at most `most` lines; if it is longer, the last line ends in an ellipsis. */
  wrap(text: string, style: Style, width: number, most: number): Line[]
  /** Clusters printed as code points so far, to be mentioned in a note. */
  unreadable: ReadonlySet<string>
}

const ELLIPSIS = '…'

/** A measurer for the fonts of a library. `englishIn` finds what a text of another language quotes in English. */
export function createMeasurer(library: FontLibrary, englishIn?: RegExp): TextMeasurer {
  const unreadable = new Set<string>()
  const faces = new Map<string, Face>()

  /** Clusters, with those that cannot be drawn replaced by their code points. */
  const drawable = remembered((text: string, weight: Weight): string[] =>
    clustersOf(text.trim()).flatMap((cluster) => {
      if (isDrawable(cluster) && library.faceFor(cluster, weight)) return [cluster]
      unreadable.add(cluster)
      return [...codePointsOf(cluster)]
    }),
  )

  const widthOf = remembered((text: string, faceId: string): number => {
    const { font } = faces.get(faceId)!
    return font.layout(text, []).advanceWidth / font.unitsPerEm
  })

  const lineOf = (clusters: readonly string[], style: Style, isEnglish: IsEnglish = none): Line => {
    const runs = partsOf(clusters, isEnglish).flatMap(({ part, english }) =>
      runsOf(part, style).map((run): Run => (english ? { ...run, isEnglish: true } : run)),
    )
    return { runs, width: runs.reduce((sum, run) => sum + run.width, 0), text: clusters.join('') }
  }

  const runsOf = (clusters: readonly string[], style: Style): Run[] => {
    const runs: Run[] = []
    for (const { clusters: part, rightToLeft } of visualRuns(clusters)) {
      const pieces: { face: Face; text: string }[] = []
      for (const cluster of part) {
        const face = library.faceFor(cluster, style.weight)!
        const last = pieces[pieces.length - 1]
        faces.set(face.id, face)
        if (last?.face === face) last.text += cluster
        else pieces.push({ face, text: cluster })
      }
      if (rightToLeft) pieces.reverse()
      runs.push(...pieces.map((piece) => ({ ...piece, width: widthOf(piece.text, piece.face.id) * style.size })))
    }
    return runs
  }

  /** The longest prefix that fits, by bisection: width grows with length. */
  const longestFit: Fitting = (clusters, style, width, tail, isEnglish) => {
    let low = 0
    let high = clusters.length
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (lineOf([...clusters.slice(0, middle), ...tail], style, isEnglish).width <= width) low = middle
      else high = middle - 1
    }
    return low
  }

  const fitClusters = (clusters: string[], style: Style, width: number, isEnglish: IsEnglish): Line => {
    const whole = lineOf(clusters, style, isEnglish)
    if (whole.width <= width) return whole
    const kept = clusters.slice(0, longestFit(clusters, style, width, [ELLIPSIS], isEnglish))
    return lineOf([...withoutEnd(kept), ELLIPSIS], style, isEnglish)
  }

  const wrapClusters = (text: string, weight: Weight, size: number, width: number, most: number): Line[] => {
    const style = { size, weight }
    const lines: Line[] = []
    let rest = drawable(text, weight)
    const english = englishIn ? rangesOf(rest, englishIn) : []
    let from = 0
    const isEnglish = (n: number) => english.some(([begin, end]) => from + n >= begin && from + n < end)
    while (rest.length > 0 && lines.length < most) {
      if (lines.length === most - 1) {
        const last = fitClusters(rest, style, width, isEnglish)
        return [...lines, { ...last, end: text, ...(last.text !== rest.join('') && { isCut: true as const }) }]
      }
      const count = breakAt(rest, Math.max(1, longestFit(rest, style, width, [], isEnglish)))
      lines.push(lineOf(withoutEnd(rest.slice(0, count)), style, isEnglish))
      const begin = rest.findIndex((cluster, n) => n >= count && cluster !== ' ')
      const taken = begin < 0 ? rest.length : begin
      rest = rest.slice(taken)
      from += taken
    }
    return lines.map((line, n) => (n === lines.length - 1 ? { ...line, end: text } : line))
  }
  // The page tries many arrangements of the same texts.
  const wrap = remembered(wrapClusters)
  const empty: Line = { runs: [], width: 0, text: '' }

  return {
    unreadable,
    fit: (text, { size, weight }, width) => wrap(text, weight, size, width, 1)[0] ?? empty,
    wrap: (text, { size, weight }, width, most) => wrap(text, weight, size, width, most),
  }
}

/** Caches the function's results; the arguments are strings and numbers. */
function remembered<A extends (string | number)[], R>(compute: (...args: A) => R): (...args: A) => R {
  const results = new Map<string, R>()
  return (...args) => {
    const key = args.join('\n')
    const cached = results.get(key)
    if (cached !== undefined) return cached
    const result = compute(...args)
    results.set(key, result)
    return result
  }
}

/** By the position of a cluster in the line. */
type IsEnglish = (n: number) => boolean
type Fitting = (
  clusters: readonly string[],
  style: Style,
  width: number,
  tail: readonly string[],
  isEnglish: IsEnglish,
) => number
const none: IsEnglish = () => false

/** Consecutive clusters that are in English, or are not. */
function partsOf(clusters: readonly string[], isEnglish: IsEnglish): { part: string[]; english: boolean }[] {
  const parts: { part: string[]; english: boolean }[] = []
  for (const [n, cluster] of clusters.entries()) {
    const english = isEnglish(n)
    const last = parts.at(-1)
    if (last?.english === english) last.part.push(cluster)
    else parts.push({ part: [cluster], english })
  }
  return parts
}

/** The first cluster of each match, and the first after it. */
function rangesOf(clusters: readonly string[], pattern: RegExp): [number, number][] {
  const starts = new Map<number, number>()
  let length = 0
  for (const [n, cluster] of clusters.entries()) {
    starts.set(length, n)
    length += cluster.length
  }
  starts.set(length, clusters.length)
  return [...clusters.join('').matchAll(pattern)].flatMap(({ 0: match, index }): [number, number][] => {
    const [begin, end] = [starts.get(index), starts.get(index + match.length)]
    return begin === undefined || end === undefined ? [] : [[begin, end]]
  })
}

function withoutEnd(clusters: string[]): string[] {
  const end = clusters.findLastIndex((cluster) => cluster !== ' ')
  return clusters.slice(0, end + 1)
}

/** French puts a space before these, and inside its quotation marks; a line neither begins nor ends with them. */
const TIED = /^[:;?!»%]$/
/** A number stays with what it counts, an error or the second of two lengths with its sign: a number alone at a line's end may be read as another quantity. */
const UNIT = /^(m?[Ll]|[cmµ]m|m?s|min|h|d|y|[mkµ]?g|Gy|°)(?![\p{L}\p{N}])/u
const SIGN = /^[×±]$/

function mayBegin(clusters: readonly string[], n: number): boolean {
  const space = clusters[n] === ' ' ? n : n - 1
  const [last = '', next = ''] = [clusters[space - 1], clusters[space + 1]]
  if (TIED.test(next) || last === '«') return false
  if (SIGN.test(next) || SIGN.test(last)) return false
  return !(/\d/.test(last) && UNIT.test(clusters.slice(space + 1, space + 5).join('')))
}

/** Where to break a line that holds `count` clusters: after a space, beside a Han character, otherwise inside the word. */
function breakAt(clusters: readonly string[], count: number): number {
  if (count >= clusters.length) return clusters.length
  let tied: number | undefined
  for (let n = count; n > 0; n--) {
    if (clusters[n] === ' ' || clusters[n - 1] === ' ') {
      if (mayBegin(clusters, n)) return n
      tied ??= n
    }
    if (breaksAnywhere(clusters[n]!) || breaksAnywhere(clusters[n - 1]!)) return n
  }
  // What belongs together is wider than the line.
  return tied ?? count
}
