// DICOM values in readable form: names (PS3.5 Section 6.2 PN), times (TM), dates, digests.

/** The three component groups of a PN as readable text; empty groups stay empty. */
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

/** TM to the minute; anything else unchanged. */
export function readTime(tm: string): string {
  const match = /^(\d{2})(\d{2})(\d{2}(\.\d+)?)?$/.exec(tm.trim())
  return match ? `${match[1]}:${match[2]}` : tm.trim()
}

/** A sha256, shortened to what people compare. */
export function shortDigest(digest: string): string {
  return digest.length > 16 ? `${digest.slice(0, 16)}…` : digest
}
