// Text decoding by SpecificCharacterSet (0008,0005): single sets and ISO 2022 code extensions (PS3.3 C.12.1.1.2, PS3.5 Section 6.1).
import { table } from '../domain/table.ts'

/** Decodes the bytes of one text element. What cannot be decoded becomes U+FFFD, never another plausible letter. */
export type TextDecoding = (bytes: Uint8Array, personName: boolean) => string

type CodeElement = (bytes: Uint8Array) => string

/** Labels of the Encoding standard; Latin-1 is decoded here, since its label means Windows-1252 there. */
const SINGLE = table<string>({
  'ISO_IR 100': 'latin1',
  'ISO_IR 101': 'iso-8859-2',
  'ISO_IR 109': 'iso-8859-3',
  'ISO_IR 110': 'iso-8859-4',
  'ISO_IR 144': 'iso-8859-5',
  'ISO_IR 127': 'iso-8859-6',
  'ISO_IR 126': 'iso-8859-7',
  'ISO_IR 138': 'iso-8859-8',
  'ISO_IR 148': 'iso-8859-9',
  'ISO_IR 203': 'iso-8859-15',
  'ISO_IR 166': 'windows-874',
  'ISO_IR 13': 'shift_jis',
  'ISO_IR 192': 'utf-8',
  GB18030: 'gb18030',
  GBK: 'gbk',
})

const eucJp = by('euc-jp')

/** Escape sequences (PS3.3 Tables C.12-3 and C.12-4): code element, bytes per character, and the label that decodes it. */
const ESCAPES = table<{ element: 'G0' | 'G1'; width: 1 | 2; decode: CodeElement }>({
  '(B': { element: 'G0', width: 1, decode: ascii },
  '(J': { element: 'G0', width: 1, decode: ascii },
  ')I': { element: 'G1', width: 1, decode: by('shift_jis') },
  '-A': { element: 'G1', width: 1, decode: latin1 },
  '-B': { element: 'G1', width: 1, decode: by('iso-8859-2') },
  '-C': { element: 'G1', width: 1, decode: by('iso-8859-3') },
  '-D': { element: 'G1', width: 1, decode: by('iso-8859-4') },
  '-L': { element: 'G1', width: 1, decode: by('iso-8859-5') },
  '-G': { element: 'G1', width: 1, decode: by('iso-8859-6') },
  '-F': { element: 'G1', width: 1, decode: by('iso-8859-7') },
  '-H': { element: 'G1', width: 1, decode: by('iso-8859-8') },
  '-M': { element: 'G1', width: 1, decode: by('iso-8859-9') },
  '-b': { element: 'G1', width: 1, decode: by('iso-8859-15') },
  '-T': { element: 'G1', width: 1, decode: by('windows-874') },
  $B: { element: 'G0', width: 2, decode: (bytes) => eucJp(bytes.map((byte) => byte | 0x80)) },
  '$(D': { element: 'G0', width: 2, decode: jisX0212 },
  '$)C': { element: 'G1', width: 2, decode: by('euc-kr') },
  '$)A': { element: 'G1', width: 2, decode: by('gb18030') },
})

/** The G1 set designated by a first value without escapes; ISO 2022 IR 6 and an empty value leave G1 empty. */
const INITIAL_G1 = table<string>({
  'ISO 2022 IR 13': ')I',
  'ISO 2022 IR 100': '-A',
  'ISO 2022 IR 101': '-B',
  'ISO 2022 IR 109': '-C',
  'ISO 2022 IR 110': '-D',
  'ISO 2022 IR 144': '-L',
  'ISO 2022 IR 127': '-G',
  'ISO 2022 IR 126': '-F',
  'ISO 2022 IR 138': '-H',
  'ISO 2022 IR 148': '-M',
  'ISO 2022 IR 203': '-b',
  'ISO 2022 IR 166': '-T',
})

const EXTENSIONS = new Set([
  ...Object.keys(INITIAL_G1),
  'ISO 2022 IR 6',
  'ISO 2022 IR 87',
  'ISO 2022 IR 159',
  'ISO 2022 IR 149',
  'ISO 2022 IR 58',
])

/** For text in an unknown set: its ASCII characters, and U+FFFD for everything else. */
export const UNKNOWN_TEXT: TextDecoding = ascii

/** The defined term that is meant: some writers use hyphens, blanks or nothing in place of "_", or names from other standards. */
function definedTerm(value: string): string {
  const text = value.trim()
  const plain = text.toUpperCase().replace(/[\s_-]/g, '')
  const [, extended, number] = /^ISO(2022)?IR(\d+)$/.exec(plain) ?? []
  // UTF-8 does not take part in code extensions.
  if (number === '192' || plain === 'UTF8') return 'ISO_IR 192'
  if (number !== undefined) return `${extended ? 'ISO 2022 IR' : 'ISO_IR'} ${number}`
  if (plain === 'ISO88591' || plain === 'LATIN1') return 'ISO_IR 100'
  return plain === 'GB18030' || plain === 'GBK' ? plain : text
}

/** The decoding that the values of SpecificCharacterSet require; undefined if one of them is unknown. */
export function textDecoding(characterSets: readonly string[]): TextDecoding | undefined {
  const sets = characterSets.map(definedTerm)
  const [first = '', ...others] = sets
  if (others.length === 0) {
    if (first === '' || first === 'ISO_IR 6') return ascii
    const label = SINGLE[first]
    if (label !== undefined) return label === 'latin1' ? latin1 : by(label)
  }
  // Some scanners write "ISO_IR 100" when they mean the code extension "ISO 2022 IR 100".
  const extended = sets.map((value) => value.replace(/^ISO_IR /, 'ISO 2022 IR '))
  const isSupported = extended.every((value, index) => EXTENSIONS.has(value) || (index === 0 && value === ''))
  if (!isSupported) return undefined
  const initial = INITIAL_G1[extended[0] ?? '']
  return (bytes, personName) => decodeExtended(bytes, personName, initial)
}

function decodeExtended(bytes: Uint8Array, personName: boolean, initialG1: string | undefined): string {
  const nothing = { width: 1 as const, decode: replaced }
  const startG0 = { width: 1 as 1 | 2, decode: ascii as CodeElement }
  const startG1 = (initialG1 === undefined ? undefined : ESCAPES[initialG1]) ?? nothing
  let g0 = startG0
  let g1: { width: 1 | 2; decode: CodeElement } = startG1
  let out = ''
  let at = 0
  while (at < bytes.length) {
    const byte = bytes[at]!
    if (byte === 0x1b) {
      const three = String.fromCharCode(...bytes.subarray(at + 1, at + 4))
      const designation = ESCAPES[three] ?? ESCAPES[three.slice(0, 2)]
      if (designation === undefined) return out + replaced(bytes.subarray(at))
      if (designation.element === 'G0') g0 = designation
      else g1 = designation
      at += 1 + (ESCAPES[three] === undefined ? 2 : 3)
      continue
    }
    const control = byte < 0x20
    const set = byte >= 0x80 ? g1 : byte <= 0x20 ? startG0 : g0
    const character = bytes.subarray(at, at + set.width)
    out += set.decode(character)
    at += set.width
    // Delimiters restore the initial sets (PS3.5 Section 6.1.2.5.3).
    const delimiter = set.width === 1 && (control || byte === 0x5c || (personName && (byte === 0x5e || byte === 0x3d)))
    if (delimiter) {
      g0 = startG0
      g1 = startG1
    }
  }
  return out
}

function by(label: string): CodeElement {
  const decoder = new TextDecoder(label, { ignoreBOM: true })
  return (bytes) => decoder.decode(bytes)
}

function ascii(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('latin1')
    .replace(/[\u0080-\u00ff]/g, '\ufffd')
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}

/** JIS X 0212 is code set 3 of EUC-JP: each character is preceded by 0x8F. */
function jisX0212(bytes: Uint8Array): string {
  return eucJp(Uint8Array.of(0x8f, ...bytes.map((byte) => byte | 0x80)))
}

function replaced(bytes: Uint8Array): string {
  return '\ufffd'.repeat(bytes.length)
}
