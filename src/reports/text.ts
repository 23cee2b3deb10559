// Measured text: runs of one face each, cut or wrapped to a width before anything is drawn.
import type { Face, FontLibrary, Weight } from './fonts.ts'
import { breaksAnywhere, clustersOf, codePointsOf, isDrawable, visualRuns } from './scripts.ts'

export interface Style {
  /** Points; nothing on the page is below 7. */
  size: number
  weight: Weight
}

/** Neighbouring clusters of one face, as handed to the font. */
export interface Run {
  face: Face
  text: string
  width: number
}

/** One line, ready to draw from left to right. */
export interface Line {
  runs: Run[]
  width: number
  /** The text in reading order, as drawn (cut, or with code points). */
  text: string
}

export interface TextMeasurer {
  /** The text on one line, cut with an ellipsis where the width ends. */
  fit(text: string, style: Style, width: number): Line
  /** The text on at most `most` lines; the last one is cut with an ellipsis when the text is longer. */
  wrap(text: string, style: Style, width: number, most: number): Line[]
  /** Clusters printed as code points so far, for the note about them. */
  unreadable: ReadonlySet<string>
}

const ELLIPSIS = '…'

/** A measurer over the faces of a library. */
export function createMeasurer(library: FontLibrary): TextMeasurer {
  const unreadable = new Set<string>()
  const widths = new Map<string, number>()

  /** Clusters that can be drawn; the others are replaced by their code points. */
  const drawable = (text: string, weight: Weight): string[] =>
    clustersOf(text).flatMap((cluster) => {
      if (isDrawable(cluster) && library.faceFor(cluster, weight)) return [cluster]
      unreadable.add(cluster)
      return [...codePointsOf(cluster)]
    })

  const widthOf = (text: string, face: Face): number => {
    const key = `${face.id}\n${text}`
    const known = widths.get(key)
    if (known !== undefined) return known
    const width = face.font.layout(text, []).advanceWidth / face.font.unitsPerEm
    widths.set(key, width)
    return width
  }

  const lineOf = (clusters: readonly string[], style: Style): Line => {
    const runs: Run[] = []
    for (const { clusters: part, rightToLeft } of visualRuns(clusters)) {
      const faces = part.map((cluster) => library.faceFor(cluster, style.weight)!)
      const pieces: { face: Face; text: string }[] = []
      part.forEach((cluster, n) => {
        const last = pieces[pieces.length - 1]
        if (last && last.face === faces[n]) last.text += cluster
        else pieces.push({ face: faces[n]!, text: cluster })
      })
      if (rightToLeft) pieces.reverse()
      runs.push(...pieces.map((piece) => ({ ...piece, width: widthOf(piece.text, piece.face) * style.size })))
    }
    return { runs, width: runs.reduce((sum, run) => sum + run.width, 0), text: clusters.join('') }
  }

  /** The longest beginning that fits, by bisection: width grows with length. */
  const longestFit = (clusters: readonly string[], style: Style, width: number, tail: string[]): number => {
    let low = 0
    let high = clusters.length
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (lineOf([...clusters.slice(0, middle), ...tail], style).width <= width) low = middle
      else high = middle - 1
    }
    return low
  }

  const fitClusters = (clusters: string[], style: Style, width: number): Line => {
    const whole = lineOf(clusters, style)
    if (whole.width <= width) return whole
    const kept = clusters.slice(0, longestFit(clusters, style, width, [ELLIPSIS]))
    while (kept[kept.length - 1] === ' ') kept.pop()
    return lineOf([...kept, ELLIPSIS], style)
  }

  return {
    unreadable,
    fit: (text, style, width) => fitClusters(drawable(text.trim(), style.weight), style, width),
    wrap: (text, style, width, most) => {
      let rest = drawable(text.trim(), style.weight)
      const lines: Line[] = []
      while (rest.length > 0 && lines.length < most) {
        if (lines.length === most - 1) {
          lines.push(fitClusters(rest, style, width))
          break
        }
        const count = breakAt(rest, Math.max(1, longestFit(rest, style, width, [])))
        const line = rest.slice(0, count)
        while (line[line.length - 1] === ' ') line.pop()
        lines.push(lineOf(line, style))
        rest = rest.slice(count)
        while (rest[0] === ' ') rest = rest.slice(1)
      }
      return lines
    },
  }
}

/** Where to end a line that can hold `count` clusters: after a space, beside a Han character, else in the word. */
function breakAt(clusters: readonly string[], count: number): number {
  if (count >= clusters.length) return clusters.length
  for (let n = count; n > 0; n--) {
    if (clusters[n] === ' ' || clusters[n - 1] === ' ') return n
    if (breaksAnywhere(clusters[n]!) || breaksAnywhere(clusters[n - 1]!)) return n
  }
  return count
}
