// What an HL7 v2 message says about studies: only identifiers. Nothing else is interpreted, stored or logged.
import { type Hl7Field, Hl7Message } from '@medplum/core'
import { isUidInUse } from '../../dicom/uid.ts'
import { LIMITS } from '../../domain/limits.ts'
import type { Hint } from '../../domain/ports/hint-store.ts'
import { decoderOf } from './charset.ts'
import { CONDITION, Hl7Refusal } from './refusal.ts'

/** Message types that report an order or a result: ORM^O01, OMI^O23, OMG^O19, ORU^R01 and the like. */
const TYPES = new Set(['ORM', 'OMI', 'OMG', 'OML', 'ORU', 'OUL', 'MDM'])
/** Segments that can name a study: ZDS and IPC are IHE's (RAD TF-2, 4.4 and 4.80). */
const SEGMENTS = new Set(['MSH', 'ORC', 'OBR', 'IPC', 'ZDS', 'OBX'])
/** DICOM Study and Study Instance UID (PS3.16, DCM): observations whose value is a study UID. */
const STUDY_OBSERVATION = /\b(113014|110180)\b/
/** Only punctuation, five or, since v2.7, six characters: anything else would split values. */
const HEADER = /^MSH([!-/:-@[-`{-~])([!-/:-@[-`{-~]{4,5})(?:\1|$)/
/** Wild cards and lists of searches (PS3.4 C.2.2.2), control characters, and what could not be decoded. */
const NO_NUMBER = /[*?\\,\p{Cc}\ufffd]/u
const MAX_NUMBER = 64
/** Maximum size of one segment; a report inside an observation is longer and is not read. */
const MAX_SEGMENT = 65_536

/** The kept segments of a message, as bytes in Latin-1: no supported set has CR or LF inside a character. */
export interface ReadMessage {
  header: Hl7Message
  segments: string[]
}

/** Throws Hl7Refusal if there is no header. */
export function readHeader(bytes: Uint8Array): ReadMessage {
  const segments = segmentsOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'))
  const [first = ''] = segments
  const [, field = '', others = ''] = HEADER.exec(first) ?? []
  if (new Set(field + others).size < 5 || new Set(field + others).size !== (field + others).length)
    throw new Hl7Refusal(
      { acknowledgment: 'AR', condition: CONDITION.segmentSequence, location: 'MSH^1' },
      'the message does not begin with an MSH segment and its separators',
    )
  return { header: Hl7Message.parse(first), segments }
}

/** Throws Hl7Refusal if it is of another kind, over a limit, or names no study. */
export function readHints({ header, segments }: ReadMessage, accessionFields: readonly string[]): Hint[] {
  const refuse = (condition: Hl7Refusal['why']['condition'], location: string, text: string): never => {
    const acknowledgment = condition === CONDITION.messageType || condition === CONDITION.tableValue ? 'AR' : 'AE'
    throw new Hl7Refusal({ acknowledgment, condition, location }, text)
  }
  const type = valuesOf(header, 'MSH', 9)[0] ?? ''
  if (!TYPES.has(type))
    refuse(CONDITION.messageType, 'MSH^1^9', `MSH-9 names no message of an order or result (${[...TYPES].join(', ')})`)
  const decoder = decoderOf(header.header.getField(18)?.components.map(([first = '']) => first) ?? [''])
  if (decoder === undefined)
    return refuse(CONDITION.tableValue, 'MSH^1^18', 'MSH-18 names a character set that is not read')
  const isOver = segments.length > LIMITS.hl7Segments || segments.some(({ length }) => length > MAX_SEGMENT)
  if (isOver)
    refuse(
      CONDITION.internal,
      'MSH^1',
      `the message is over a limit: ${LIMITS.hl7Segments} segments that are read, ${MAX_SEGMENT} bytes each`,
    )
  const message = Hl7Message.parse(segments.map((one) => decoder.decode(Buffer.from(one, 'latin1'))).join('\r'))
  const uids = [
    ...valuesOf(message, 'ZDS', 1),
    ...valuesOf(message, 'IPC', 3),
    ...(message.getSegment('OBX') ? valuesOf(message, 'OBX', 5) : []),
  ]
  const numbers = accessionFields.flatMap((name) => {
    const [segment = '', field = ''] = name.split('-')
    return valuesOf(message, segment, Number(field))
  })
  const hints = [
    ...[...new Set(uids)].filter(isUidInUse).map((value): Hint => ({ kind: 'study', value })),
    ...[...new Set(numbers)].filter(isNumber).map((value): Hint => ({ kind: 'accession', value })),
  ]
  if (hints.length > 0) return hints.slice(0, LIMITS.hl7Segments)
  if (uids.length + numbers.length > 0)
    refuse(CONDITION.dataType, 'OBR^1', 'what the message has as Study Instance UID or accession number is none')
  return refuse(
    CONDITION.requiredFieldMissing,
    'OBR^1',
    `the message names no study: neither ZDS-1, IPC-3 nor ${accessionFields.join(', ')} has a value`,
  )
}

/** The archive has nothing for an order that was never carried out, and a search finds nothing: no harm is done. */
const isNumber = (value: string) => value.length <= MAX_NUMBER && !NO_NUMBER.test(value)

/** The segments that are read; of observations, only those that contain a study. */
function segmentsOf(text: string): string[] {
  const kept: string[] = []
  const ends = /[\r\n]+/g
  for (let from = 0; from < text.length && kept.length <= LIMITS.hl7Segments; ) {
    const end = ends.exec(text)
    const to = end?.index ?? text.length
    const name = text.slice(from, from + 3)
    const segment = text.slice(from, to)
    const isRead = name !== 'OBX' || (segment.length <= MAX_SEGMENT && STUDY_OBSERVATION.test(segment))
    if (kept.length === 0 ? name === 'MSH' : SEGMENTS.has(name) && isRead) kept.push(segment)
    else if (kept.length === 0) return kept
    from = end === null ? text.length : ends.lastIndex
  }
  return kept
}

/** First components of a field in all segments of that name, with repetitions, unescaped, without empty ones. */
export function valuesOf(message: Hl7Message, segment: string, field: number): string[] {
  return message
    .getAllSegments(segment)
    .flatMap((one) => (one.getField(field) as Hl7Field | undefined)?.components ?? [])
    .map(([first = '']) => unescaped(first.split(message.context.subcomponentSeparator)[0]!, message).trim())
    .filter((value) => value !== '' && value !== '""')
}

/** \F\ \S\ \T\ \R\ \E\ (HL7 v2 Section 2.7); the other escapes are formatting, which identifiers do not contain. */
function unescaped(text: string, { context }: Hl7Message): string {
  const { escapeCharacter: e, fieldSeparator, componentSeparator, subcomponentSeparator, repetitionSeparator } = context
  if (!text.includes(e)) return text
  const letters: Record<string, string> = {
    F: fieldSeparator,
    S: componentSeparator,
    T: subcomponentSeparator,
    R: repetitionSeparator,
    E: e,
  }
  return text
    .split(e)
    .map((part, n) => (n % 2 === 1 ? (letters[part] ?? '\ufffd') : part))
    .join('')
}
