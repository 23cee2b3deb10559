// DICOM values as people read them: names (PS3.5 Section 6.2 PN), dates (DA), times (TM), percentages, millilitres.

/** The three component groups of a PN as readable text; empty where empty. */
export interface ReadableName {
  alphabetic: string
  ideographic: string
  phonetic: string
}

/** "Family^Given^Middle^Prefix^Suffix" → "Family, Prefix Given Middle, Suffix"; ideographic groups keep their own order. */
export function readName(pn: string): ReadableName {
  const [alphabetic = '', ideographic = '', phonetic = ''] = pn.split('=')
  return { alphabetic: western(alphabetic), ideographic: inOrder(ideographic), phonetic: inOrder(phonetic) }
}

function western(group: string): string {
  const [family = '', given = '', middle = '', prefix = '', suffix = '', ...rest] = group
    .split('^')
    .map((part) => part.trim())
  const first = [prefix, given, middle].filter((part) => part !== '').join(' ')
  return [family, first, suffix, ...rest].filter((part) => part !== '').join(', ')
}

function inOrder(group: string): string {
  return group
    .split('^')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .join(' ')
}

/** DA as ISO 8601; anything else as it is, since a guess would be worse. */
export function readDate(da: string): string {
  const match = /^(\d{4})(\d{2})(\d{2})$/.exec(da.trim())
  return match ? `${match[1]}-${match[2]}-${match[3]}` : da.trim()
}

/** TM to the minute; anything else as it is. */
export function readTime(tm: string): string {
  const match = /^(\d{2})(\d{2})(\d{2}(\.\d+)?)?$/.exec(tm.trim())
  return match ? `${match[1]}:${match[2]}` : tm.trim()
}

/** ISO 8601 UTC to the minute, "2026-03-01 03:12 UTC". */
export function readInstant(iso: string): string {
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(:\d{2}(\.\d+)?)?Z$/.exec(iso)
  return match ? `${match[1]} ${match[2]} UTC` : iso
}

/** A probability 0..1 in whole percent; certainty is never printed, since no model has it. */
export function percent(probability: number): string {
  return `${bareText(probability)} %`
}

/** "91 % (84–96)", or without the interval when none is known. */
export function percentWithInterval(probability: number, interval: readonly [number, number] | undefined): string {
  // "> 99 % (> 99 to > 99)" says nothing that "> 99 %" does not.
  if (!interval || interval.every((end) => beyond(end) === beyond(probability) && beyond(end) !== ''))
    return percent(probability)
  return `${percent(probability)} (${bareText(interval[0])}–${bareText(interval[1])})`
}

/** Which end of the scale a probability is too close to for a figure. */
const beyond = (probability: number) => (probability > 0.99 ? 'high' : probability < 0.01 ? 'low' : '')

function bareText(probability: number): string {
  if (!Number.isFinite(probability)) return '?'
  if (probability > 0.99) return '>99'
  if (probability < 0.01) return '<1'
  return String(Math.round(probability * 100))
}

/** Millilitres: one decimal, two below 1 mL, so that a small enhancing rest is not printed as 0. */
export function millilitres(value: number): string {
  if (!Number.isFinite(value)) return '?'
  return value > 0 && value < 1 ? value.toFixed(2) : value.toFixed(1)
}

/** A sha256 in the length that people compare. */
export function shortDigest(digest: string): string {
  return digest.length > 16 ? `${digest.slice(0, 16)}…` : digest
}

export const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
