// Decodes the text of an HL7 v2 message by MSH-18 (HL7 Table 0211).
import { table } from '../../domain/table.ts'

/** Table 0211, and names from other standards that systems use there → label of the Encoding standard. */
const LABELS = table<string>({
  // ASCII; messages with other letters in names are still accepted, because no name is read.
  '': 'utf-8',
  ASCII: 'utf-8',
  'ISO IR6': 'utf-8',
  UNICODE: 'utf-8',
  'UNICODE UTF-8': 'utf-8',
  'UTF-8': 'utf-8',
  UTF8: 'utf-8',
  'ISO IR14': 'shift_jis',
  'ISO IR87': 'iso-2022-jp',
  'ISO IR159': 'iso-2022-jp',
  SHIFT_JIS: 'shift_jis',
  'GB 18030-2000': 'gb18030',
  GB18030: 'gb18030',
  'KS X 1001': 'euc-kr',
  'BIG-5': 'big5',
  'WINDOWS-1252': 'windows-1252',
})
/** "8859/1", "ISO-8859-1"; the Encoding standard decodes parts 1 and 9 as the Windows sets that include them. */
const PART = /^(?:ISO[ -]?)?8859[/-](\d{1,2})$/
const PARTS = table<string>({ 1: 'windows-1252', 9: 'windows-1254' })
const OTHER_PARTS = new Set(['2', '3', '4', '5', '6', '7', '8', '10', '13', '14', '15'])

/**
 * The decoder of the sets named in MSH-18; undefined for an unsupported one. A second set with escapes is the Japanese one.
 * What cannot be decoded becomes U+FFFD.
 */
export function decoderOf(characterSets: readonly string[]): InstanceType<typeof TextDecoder> | undefined {
  const labels = characterSets.map(labelOf)
  const label = labels.find((one) => one === 'iso-2022-jp') ?? labels[0]
  return label === undefined ? undefined : new TextDecoder(label)
}

function labelOf(name: string): string | undefined {
  const term = name.trim().toUpperCase()
  const [, part = ''] = PART.exec(term) ?? []
  return PARTS[part] ?? (OTHER_PARTS.has(part) ? `iso-8859-${part}` : LABELS[term])
}
