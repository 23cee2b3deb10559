// What is read of HL7 v2 messages, in every way in which systems write them, and how they are answered.
import { describe, expect, it } from 'vitest'
import { answerTo } from '../../../src/receiving/hl7/answer.ts'
import { readHeader, readHints } from '../../../src/receiving/hl7/message.ts'
import { Hl7Refusal } from '../../../src/receiving/hl7/refusal.ts'

const FIELDS = ['IPC-1', 'OBR-18', 'OBR-3']
const NOW = new Date('2026-03-01T03:00:00.250Z')
const bytesOf = (text: string) => Buffer.from(text, 'latin1')
const read = (bytes: Uint8Array, fields = FIELDS) =>
  readHints(readHeader(bytes), fields).map(({ kind, value }) => `${kind} ${value}`)
const message = (...segments: string[]) => bytesOf(segments.join('\r'))
const msh = (type: string, rest = '') => `MSH|^~\\&|RIS|HOSP|GLIA|HOSP|20260301030000||${type}|C-7|P|2.5.1${rest}`
const refusalOf = (bytes: Uint8Array): Hl7Refusal => {
  try {
    read(bytes)
  } catch (error) {
    if (error instanceof Hl7Refusal) return error
    throw error
  }
  throw new Error('it was taken')
}

describe('identifiers of a study', () => {
  it('are read of an order with ZDS (IHE, ORM^O01)', () => {
    const order = message(
      msh('ORM^O01'),
      'PID|1||4711^^^HOSP||DOE^JANE',
      'ORC|NW|P-1|F-1',
      'OBR|1|P-1|F-1|MRHEAD^MR head||||||||||||||A-88|RP-1',
      'ZDS|1.2.840.1.7^RIS^Application^DICOM',
    )
    expect(read(order)).toEqual(['study 1.2.840.1.7', 'accession A-88', 'accession F-1'])
  })

  it('are read of an imaging order with IPC (IHE, OMI^O23), each once', () => {
    const order = message(
      msh('OMI^O23^OMI_O23'),
      'ORC|NW|P-1|F-1',
      'OBR|1|P-1|',
      'IPC|A-9^RIS|RP-1|1.2.3.4^RIS|SPS-1|MR',
      'IPC|A-9^RIS|RP-1|1.2.3.4^RIS|SPS-2|MR',
    )
    expect(read(order)).toEqual(['study 1.2.3.4', 'accession A-9'])
  })

  it('are read of a result whose observation names the study, and not of other observations', () => {
    const result = message(
      msh('ORU^R01'),
      'OBR|1||ACC\\S\\1^PACS',
      'OBX|1|ST|113014^DICOM Study^DCM||1.2.3.99',
      'OBX|2|TX|18748-4^Report^LN||9.9.9.9 is no study',
    )
    expect(read(result)).toEqual(['study 1.2.3.99', 'accession ACC^1'])
  })

  it('are read with other separators, line ends and repetitions', () => {
    const text = 'MSH#@!/%#RIS#H#G#H#2026##ORM@O01#C1#P#2.3\nOBR#1##A-1@X!A-2\n\nZDS#1.2.3%x@y\n'
    expect(read(bytesOf(text))).toEqual(['study 1.2.3', 'accession A-1', 'accession A-2'])
  })

  it('are looked for where the site says', () => {
    const order = message(msh('ORM^O01'), 'ORC|NW|P-1|F-1', 'OBR|1|P-1|F-1')
    expect(read(order, ['ORC-2'])).toEqual(['accession P-1'])
  })

  // 0x7C is "|" and a second byte of GB 18030 and of JIS: split before it is decoded, fields would move.
  it.each([
    ['GB 18030-2000', Buffer.from([0x81, 0x7c])],
    ['~ISO IR87', Buffer.from([0x1b, 0x24, 0x42, 0x30, 0x7c, 0x1b, 0x28, 0x42])],
  ])('are read of %s', (set, letter) => {
    const head = bytesOf(`${msh('ORM^O01', `||||||${set}`)}\rOBR|1||F-1|X^`)
    const order = Buffer.concat([head, letter, bytesOf('||||||||||||||A-88')])
    expect(read(order)).toEqual(['accession A-88', 'accession F-1'])
  })

  it.each([
    ['UNICODE UTF-8', Buffer.from('Ä-1', 'utf8')],
    ['8859/1', Buffer.from('Ä-1', 'latin1')],
    ['ISO-8859-15', Buffer.from('Ä-1', 'latin1')],
  ])('have their letters in %s', (set, number) => {
    const order = Buffer.concat([bytesOf(`${msh('ORU^R01', `||||||${set}`)}\rOBR|1||`), number])
    expect(read(order)).toEqual(['accession Ä-1'])
  })

  it('are taken though names are in a set that nobody stated', () => {
    const order = Buffer.concat([
      bytesOf(`${msh('ORM^O01')}\rPID|1||1||`),
      Buffer.from('MÜLLER', 'latin1'),
      bytesOf('\rOBR|1||F-1'),
    ])
    expect(read(order)).toEqual(['accession F-1'])
  })
})

describe('a refusal', () => {
  it.each<[string, Uint8Array, string, string]>([
    ['of what is no message', bytesOf('GET / HTTP/1.1'), 'AR', '100'],
    ['of an empty frame', bytesOf(''), 'AR', '100'],
    ['of separators that are letters', bytesOf('MSHAAAAAAAA'), 'AR', '100'],
    ['of separators that are the same', bytesOf('MSH||||||'), 'AR', '100'],
    ['of another kind of message', message(msh('ADT^A01'), 'PID|1'), 'AR', '200'],
    ['of an unknown character set', message(msh('ORM^O01', '||||||UNICODE UTF-16'), 'OBR|1||F'), 'AR', '103'],
    ['of a message that names no study', message(msh('ORU^R01'), 'OBR|1'), 'AE', '101'],
    ['of numbers that are searches', message(msh('ORU^R01'), 'OBR|1||A*'), 'AE', '102'],
    ['of numbers too long', message(msh('ORU^R01'), `OBR|1||${'A'.repeat(65)}`), 'AE', '102'],
    ['of what cannot be decoded', message(msh('ORU^R01'), 'OBR|1||\xff\xfe'), 'AE', '102'],
    ['of too many segments', message(msh('ORU^R01'), ...Array.from({ length: 1000 }, () => 'OBR|1||A')), 'AE', '207'],
    ['of a segment too long', message(msh('ORU^R01'), `OBR|1||A|${'x'.repeat(65_536)}`), 'AE', '207'],
  ])('%s', (_, bytes, acknowledgment, condition) => {
    expect(refusalOf(bytes).why).toMatchObject({ acknowledgment, condition })
  })

  it('quotes nothing of the message', () => {
    const told = refusalOf(message(msh('ORU^R01'), 'PID|1||4711||DOE^JANE', 'OBR|1||SECRET*1')).message
    expect(told).not.toMatch(/SECRET|DOE|4711/)
  })

  it('is none at the limit of segments, and of a report within an observation', () => {
    const most = message(msh('ORU^R01'), ...Array.from({ length: 999 }, () => 'OBR|1||A'))
    expect(read(most)).toEqual(['accession A'])
    expect(read(message(msh('ORU^R01'), 'OBR|1||A', `OBX|1|ED|113014||${'x'.repeat(3_000_000)}`))).toEqual([
      'accession A',
    ])
  })
})

describe('an acknowledgment', () => {
  const header = (rest = '') => readHeader(message(msh('ORM^O01', rest), 'OBR|1')).header
  const refused = { acknowledgment: 'AE', condition: '101', location: 'OBR^1', text: 'no | study' } as const
  const answer = (rest?: string, isRefused = false) =>
    answerTo({ header: header(rest), ...(isRefused && { refused }), now: NOW, controlId: 'G-1' })?.split('\r')

  it('goes back to who sent, with the control id of the message', () => {
    expect(answer()).toEqual([
      'MSH|^~\\&|GLIA|HOSP|RIS|HOSP|20260301030000.250+0000||ACK^O01^ACK|G-1|P|2.5.1',
      'MSA|AA|C-7|',
    ])
  })

  it('says what is wrong and where', () => {
    expect(answer('', true)?.slice(1)).toEqual([
      'MSA|AE|C-7|no \\F\\ study',
      'ERR||OBR^1|101^required field missing^HL70357|E||||no \\F\\ study',
    ])
  })

  it.each([
    ['|||AL|NE', false, 'CA'],
    ['|||AL|AL', true, 'CE'],
    ['|||NE|AL', false, 'AA'],
    ['|||ER|NE', false, undefined],
    ['|||ER|NE', true, 'CE'],
    ['|||NE|NE', true, undefined],
    ['|||SU|NE', false, 'CA'],
  ])('of enhanced mode %s, refused: %s', (rest, isRefused, code) => {
    expect(answer(rest, isRefused)?.[1]?.split('|')[1]).toBe(code)
  })

  it('lets no value become structure', () => {
    const strange = readHeader(bytesOf('MSH#@!/%#R|IS^#H#G#H#2026##ORM@O01#C|1\rMSA|AA#P#2.3\rOBR#1')).header
    const lines = answerTo({ header: strange, now: NOW, controlId: 'G-1' })!.split('\r')
    expect(lines).toHaveLength(2)
    expect(lines[0]).toMatch(/^MSH\|\^~\\&\|G\|H\|R\\F\\IS\\S\\\|H\|/)
    expect(lines[1]).toBe('MSA|AA|C\\F\\1|')
  })

  it('is made even of what has no header', () => {
    const lines = answerTo({ refused: { ...refused, acknowledgment: 'AR' }, now: NOW, controlId: 'G-1' })!.split('\r')
    expect(lines[1]).toMatch(/^MSA\|AR\|\|/)
  })
})
