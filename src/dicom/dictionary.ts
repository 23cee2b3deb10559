// Keyword, tag and value representation of every standard attribute (PS3.6), from the dictionary that dcmjs generates.
import dcmjs from 'dcmjs'

export interface Attribute {
  /** Eight upper-case hexadecimal digits. */
  tag: string
  keyword: string
  vr: string
}

// dcmjs writes the alternatives of PS3.6 in lower case. "US or SS" depends on PixelRepresentation, which the reader knows; writers state the type
// themselves. OB or OW: PS3.5 Annex A requires OW in the native syntaxes.
const CHOICES: Record<string, string> = { xs: 'US', ox: 'OW', lt: 'OW', up: 'UL' }

const byKeyword = new Map<string, Attribute>()
const byTag = new Map<string, Attribute>()
const signedChoice = new Set<string>()
for (const { tag, vr, name } of Object.values(dcmjs.data.DicomMetaDictionary.nameMap)) {
  const digits = tag.replace(/[^0-9A-Fa-f]/g, '').toUpperCase()
  if (digits.length !== 8 || vr === 'na') continue
  const attribute = { tag: digits, keyword: name, vr: CHOICES[vr] ?? vr }
  byKeyword.set(name, attribute)
  byTag.set(digits, attribute)
  if (vr === 'xs') signedChoice.add(digits)
}

/** The attribute of a keyword; an unknown keyword is a programming error. */
export function attributeOf(keyword: string): Attribute {
  const attribute = byKeyword.get(keyword)
  if (attribute === undefined) throw new RangeError(`"${keyword}" is no DICOM keyword`)
  return attribute
}

/** Keyword of a tag for messages; the tag itself if the standard has none. */
export function keywordOf(tag: string): string {
  return byTag.get(tag)?.keyword ?? tag
}

/**
 * Value representation of a tag in Implicit VR (PS3.5 Section 7.1.2): from the dictionary, LO for private creators, UL for
 * group lengths, UN if unknown. `signed` is PixelRepresentation 1, for the attributes that depend on it.
 */
export function vrOf(tag: string, signed: boolean): string {
  const entry = byTag.get(tag)
  if (entry !== undefined) return signed && signedChoice.has(tag) ? 'SS' : entry.vr
  if (tag.endsWith('0000')) return 'UL'
  const privateGroup = Number.parseInt(tag[3] ?? '0', 16) % 2 === 1
  return privateGroup && /^....00[1-9A-F][0-9A-F]$/.test(tag) ? 'LO' : 'UN'
}
