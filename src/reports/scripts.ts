// Splits text into clusters as readers see them, and orders the runs of left-to-right and right-to-left script for drawing.

/** Hebrew, Arabic and their neighbours, with presentation forms (Unicode bidirectional classes R and AL). */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u
const DIGIT = /\p{Nd}/u
const STRONG = /[\p{L}\p{M}]/u
/** Scripts in which a joiner (U+200C, U+200D) is part of the spelling: the Brahmic ones of India and Sri Lanka, Myanmar, Khmer. */
const WITH_JOINERS = /[\u0900-\u0dff\u1000-\u109f\u1780-\u17ff]/
const JOINERS = /[\u200c\u200d]/gu
/** Control, format, unassigned, private-use and surrogate characters never reach a font: they could reorder or hide a name. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}]/u

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** Grapheme clusters of the text in composed form (NFC); any white space becomes one space. */
export function clustersOf(text: string): string[] {
  const composed = text.normalize('NFC').replace(/[\s\u00a0]+/gu, ' ')
  return Array.from(segmenter.segment(composed), (part) => part.segment)
}

/** Whether a cluster may be drawn as it is. */
export function isDrawable(cluster: string): boolean {
  const isSpelt = RIGHT_TO_LEFT.test(cluster) || WITH_JOINERS.test(cluster)
  return !INVISIBLE.test(isSpelt ? cluster.replace(JOINERS, '') : cluster)
}

/** Zero width joiner or non-joiner: changes the form of its neighbours and has no glyph of its own. */
export function isJoiner(codePoint: number): boolean {
  return codePoint === 0x200c || codePoint === 0x200d
}

/** "[U+0E01 U+0E02]": printed for what cannot be drawn. */
export function codePointsOf(cluster: string): string {
  const codes = Array.from(cluster, (c) => `U+${c.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`)
  return `[${codes.join(' ')}]`
}

/** The scripts in the text that decide which regional forms Han characters take. */
export function hanRegion(text: string): 'jp' | 'kr' | 'sc' {
  if (/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)) return 'jp'
  return /\p{Script=Hangul}/u.test(text) ? 'kr' : 'sc'
}

/** Whether a line may be broken before the cluster although there is no space. */
export function breaksAnywhere(cluster: string): boolean {
  return /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(cluster)
}

type Direction = 'left' | 'right' | 'number' | 'neutral'

function directionOf(cluster: string): Direction {
  if (RIGHT_TO_LEFT.test(cluster)) return 'right'
  if (DIGIT.test(cluster)) return 'number'
  return STRONG.test(cluster) ? 'left' : 'neutral'
}

export interface DirectedRun {
  clusters: string[]
  rightToLeft: boolean
}

/**
 * Runs in the order in which a left-to-right line draws them: a reduced form of the Unicode bidirectional algorithm (UAX 9)
 * without explicit controls, which never pass isDrawable. Clusters inside a run stay in reading order.
 */
export function visualRuns(clusters: readonly string[]): DirectedRun[] {
  const directions = clusters.map(directionOf)
  const runs: DirectedRun[] = []
  for (let n = 0; n < clusters.length; ) {
    const rightToLeft = directions[n] === 'right'
    const end = rightToLeft ? endOfRightToLeft(directions, n) : nextRightToLeft(directions, n)
    const part = clusters.slice(n, end)
    if (rightToLeft) runs.push(...insideRightToLeft(part, directions.slice(n, end)))
    else runs.push({ clusters: part, rightToLeft: false })
    n = end
  }
  return runs
}

function nextRightToLeft(directions: Direction[], from: number): number {
  const next = directions.indexOf('right', from)
  return next < 0 ? directions.length : next
}

/** Neutrals and numbers belong to the run only if it continues after them. */
function endOfRightToLeft(directions: Direction[], from: number): number {
  let end = from + 1
  for (let n = end; n < directions.length && directions[n] !== 'left'; n++) if (directions[n] === 'right') end = n + 1
  return end
}

/** Numbers keep their own order; everything around them is drawn from the right. */
function insideRightToLeft(clusters: string[], directions: Direction[]): DirectedRun[] {
  const runs: DirectedRun[] = []
  clusters.forEach((cluster, n) => {
    const rightToLeft = directions[n] !== 'number'
    const last = runs[runs.length - 1]
    if (last && last.rightToLeft === rightToLeft) last.clusters.push(cluster)
    else runs.push({ clusters: [cluster], rightToLeft })
  })
  return runs.reverse()
}
