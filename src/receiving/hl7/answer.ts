// Acknowledgments of HL7 v2 messages (HL7 v2 Section 2.9): original mode, and the single answer that a sender in enhanced mode waits for.
import { type Hl7Field, Hl7Message, Hl7Segment } from '@medplum/core'
import { CONDITION, type WhyRefused } from './refusal.ts'

export interface Answer {
  /** Absent if nothing of the message could be read, not even its header. */
  header?: Hl7Message
  refused?: WhyRefused & { text: string }
  now: Date
  /** MSH-10 of the acknowledgment. */
  controlId: string
}

const SEPARATORS = '^~\\&'
const LONGEST = { field: 250, text: 80 }

/** The answer, one byte per character; undefined if the sender wants none. */
export function answerTo({ header, refused, now, controlId }: Answer): string | undefined {
  const mode = header === undefined ? 'original' : modeOf(header, refused === undefined)
  if (mode === 'none') return undefined
  const code = refused?.acknowledgment ?? 'AA'
  const field = (n: number) => echo(header, n)
  const event = componentOf(header, 9, 2)
  const version = componentOf(header, 12, 1) || '2.5.1'
  const msh = segment([
    'MSH',
    SEPARATORS,
    field(5),
    field(6),
    field(3),
    field(4),
    stamp(now),
    '',
    event === '' ? 'ACK' : `ACK^${event}^ACK`,
    controlId,
    field(11) || 'P',
    version,
    // Echoed bytes are the sender's, and so is their character set.
    ...(field(18) === '' ? [] : ['', '', '', '', '', field(18)]),
  ])
  const text = escaped(refused?.text ?? '').slice(0, LONGEST.text)
  const msa = segment(['MSA', mode === 'accept' ? `C${code.slice(1)}` : code, field(10), text])
  // ERR has this form since v2.5.
  const err =
    refused && version >= '2.5'
      ? [
          segment([
            'ERR',
            '',
            refused.location,
            `${refused.condition}^${nameOf(refused)}^HL70357`,
            'E',
            '',
            '',
            '',
            escaped(refused.text),
          ]),
        ]
      : []
  return new Hl7Message([msh, msa, ...err]).toString()
}

/** With neither MSH-15 nor MSH-16 it is original mode. Of the two acknowledgments of enhanced mode, the first that is requested. */
function modeOf(header: Hl7Message, isTaken: boolean): 'original' | 'accept' | 'application' | 'none' {
  const [accept, application] = [componentOf(header, 15, 1).toUpperCase(), componentOf(header, 16, 1).toUpperCase()]
  if (accept === '' && application === '') return 'original'
  const isWanted = (when: string) => when === 'AL' || (when === 'ER' && !isTaken) || (when === 'SU' && isTaken)
  if (isWanted(accept)) return 'accept'
  return isWanted(application) ? 'application' : 'none'
}

function nameOf({ condition }: WhyRefused): string {
  const [name = ''] = Object.entries(CONDITION).find(([, code]) => code === condition) ?? []
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

const segment = (fields: string[]) => new Hl7Segment(fields)

/** A field of the sender in our separators, so that no value can become structure. */
function echo(header: Hl7Message | undefined, n: number): string {
  const field = header?.header.getField(n) as Hl7Field | undefined
  if (field === undefined) return ''
  return field.components
    .map((components) => components.map(escaped).join('^'))
    .join('~')
    .slice(0, LONGEST.field)
}

function componentOf(header: Hl7Message | undefined, n: number, component: number): string {
  const field = header?.header.getField(n) as Hl7Field | undefined
  return /^[\w.]{0,20}$/.exec(field?.components[0]?.[component - 1]?.trim() ?? '')?.[0] ?? ''
}

function escaped(text: string): string {
  return text.replace(/[|^~&]/g, (one) => ({ '|': '\\F\\', '^': '\\S\\', '~': '\\R\\', '&': '\\T\\' })[one]!)
}

/** "20260301030000.000+0000" */
function stamp(now: Date): string {
  return `${now.toISOString().replace(/[-:TZ]/g, '')}+0000`
}
