// The DICOM file reader and writer; dcmjs is the independent reader here.
import { readFileSync } from 'node:fs'
import dcmjs from 'dcmjs'
import { describe, expect, it } from 'vitest'
import { textDecoding } from '../../src/dicom/charset.ts'
import { dataset, items, number, personName, tagOf, text, texts } from '../../src/dicom/dataset.ts'
import { readFileMeta } from '../../src/dicom/file-meta.ts'
import { walkInstance } from '../../src/dicom/instance-walk.ts'
import { readPart10, writePart10 } from '../../src/dicom/part10.ts'
import {
  DEFLATED_LITTLE_ENDIAN,
  EXPLICIT_BIG_ENDIAN,
  EXPLICIT_LITTLE_ENDIAN,
  IMPLICIT_LITTLE_ENDIAN,
} from '../../src/dicom/transfer-syntax.ts'
import { LIMITS } from '../../src/domain/limits.ts'
import type { DicomJson } from '../../src/domain/study.ts'
import { refusalOf } from '../support/failure-of.ts'
import { classicSeries } from './support.ts'

const UID = '1.2.826.0.1.3680043.8.498.1'
const IDENTITY = { SOPClassUID: '1.2.840.10008.5.1.4.1.1.4', SOPInstanceUID: UID }

const rich = {
  ...dataset({
    ...IDENTITY,
    PatientName: 'Żółć^Łucja=山田^花子=やまだ^はなこ',
    PatientComments: 'first \\ second',
    ImagePositionPatient: [-1.2246467991473532e-16, 3.3e-8, 100],
    EchoTime: 90.25,
    SeriesNumber: -7,
    LongCodeValue: 'x'.repeat(70),
    DimensionIndexPointer: '00200032',
    ReferencedSeriesSequence: [
      dataset({
        SeriesInstanceUID: '1.2.3',
        ReferencedInstanceSequence: [dataset({ ReferencedSOPInstanceUID: '1.2.3.4' }), {}],
      }),
    ],
    DiffusionBValue: 1000.5,
    RecommendedDisplayCIELabValue: [65535, 0, 1],
  }),
  '00091001': { vr: 'UN', InlineBinary: 'AQIDBA==' },
  '00090010': { vr: 'LO', Value: ['SOMEBODY'] },
}

describe('a file that is made to take long', () => {
  it('is read in a time that grows with its length alone: zeros, and a byte after them', () => {
    const start = writePart10({ dataset: dataset(IDENTITY) })
    const zeros = new Uint8Array(2 ** 21)
    zeros[zeros.length - 1] = 1
    const before = performance.now()
    expect(refusalOf(() => readPart10(Buffer.concat([start, zeros]))).code).toBe('INSTANCE_INVALID')
    expect(performance.now() - before).toBeLessThan(10_000)
    expect(text(readPart10(Buffer.concat([start, zeros.subarray(0, -1)])).dataset, 'SOPInstanceUID')).toBe(UID)
  })

  it('may nest sequences as deep as the limit, and no deeper', () => {
    const nested = (depth: number): DicomJson =>
      depth === 0 ? dataset({ CodeValue: '1' }) : { '00400275': { vr: 'SQ', Value: [nested(depth - 1)] } }
    const written = (depth: number) => writePart10({ dataset: { ...dataset(IDENTITY), ...nested(depth) } })
    const deepest = written(LIMITS.sequenceDepth)
    expect(readPart10(deepest).dataset).toHaveProperty('00400275')
    expect(walkInstance(deepest, readFileMeta(deepest)!).truncation).toBeUndefined()
    // Twenty thousand, of undefined length: no stack of calls is that deep.
    const opening = Buffer.from('40007502535100' + '00ffffffff' + 'feff00e0ffffffff', 'hex')
    const bomb = Buffer.concat([
      writePart10({ dataset: dataset(IDENTITY) }),
      ...Array.from({ length: 20_000 }, () => opening),
    ])
    expect(refusalOf(() => readPart10(bomb)).message).toContain('is nested deeper than 40 sequences')
    expect(walkInstance(bomb, readFileMeta(bomb)!)).toEqual({ sopInstanceUid: UID, truncation: undefined })
  })
})

describe('writing and reading', () => {
  it.each([IMPLICIT_LITTLE_ENDIAN, EXPLICIT_LITTLE_ENDIAN, EXPLICIT_BIG_ENDIAN, DEFLATED_LITTLE_ENDIAN])(
    'gives back every value in transfer syntax %s',
    (transferSyntaxUid) => {
      const file = readPart10(writePart10({ dataset: rich, transferSyntaxUid }))
      expect(file.transferSyntaxUid).toBe(transferSyntaxUid)
      const written = writePart10({ dataset: file.dataset })
      expect(Buffer.from(written).equals(Buffer.from(writePart10({ dataset: rich })))).toBe(true)
      expect(personName(file.dataset, 'PatientName')).toBe('Żółć^Łucja=山田^花子=やまだ^はなこ')
      expect(text(file.dataset, 'PatientComments')).toBe('first \\ second')
      expect(items(items(file.dataset, 'ReferencedSeriesSequence')[0]!, 'ReferencedInstanceSequence')).toHaveLength(2)
      expect(number(file.dataset, 'DiffusionBValue')).toBe(1000.5)
    },
  )

  it('is understood by another toolkit, names, decimals and nested items', () => {
    for (const name of [undefined, 'validation.dcmjs'])
      (name ? dcmjs.log.getLogger(name) : dcmjs.log).setLevel('silent')
    const bytes = writePart10({ dataset: rich })
    const { DicomMessage } = dcmjs.data as unknown as {
      DicomMessage: {
        readFile(buffer: ArrayBuffer): {
          dict: Record<string, { Value: unknown[] }>
          meta: Record<string, { Value: unknown[] }>
        }
      }
    }
    const { dict, meta } = DicomMessage.readFile(bytes.slice().buffer)
    expect(meta['00020010']!.Value).toEqual([EXPLICIT_LITTLE_ENDIAN])
    expect(dict['00080005']!.Value).toEqual(['ISO_IR 192'])
    expect(dict[tagOf('PatientName')]!.Value).toEqual([
      expect.objectContaining({ Alphabetic: 'Żółć^Łucja', Ideographic: '山田^花子', Phonetic: 'やまだ^はなこ' }),
    ])
    const position = dict[tagOf('ImagePositionPatient')]!.Value.map(Number)
    expect(position[0]! / -1.2246467991473532e-16).toBeCloseTo(1, 9)
    expect(position.slice(1)).toEqual([3.3e-8, 100])
  })

  it('writes odd values of even length and group 0002 of the right length', () => {
    const bytes = Buffer.from(writePart10({ dataset: rich }))
    const length = bytes.readUInt32LE(140)
    expect(bytes.readUInt16LE(144 + length)).toBe(0x0008)
    expect(bytes.length % 2).toBe(0)
  })

  it('refuses to write a reference to bulk data as if it were the value', () => {
    const ds = { ...rich, '00420011': { vr: 'OB', BulkDataURI: 'http://somewhere/bulk' } }
    expect(refusalOf(() => writePart10({ dataset: ds })).message).toBe(
      'cannot write EncapsulatedDocument: its value is only a reference to bulk data',
    )
  })
})

describe('frames', () => {
  const image = dataset({ ...IDENTITY, Rows: 1, Columns: 2, BitsAllocated: 8, NumberOfFrames: 2 })
  const one = dataset({ ...IDENTITY, Rows: 1, Columns: 2, BitsAllocated: 8 })
  const JPEG = '1.2.840.10008.1.2.4.70'
  /** PixelData is the last element, so it can be appended to a file without it. */
  const withFragments = (ds: typeof image, table: number[], fragments: number[][], end = true) => {
    const item = (bytes: Buffer) => Buffer.concat([Buffer.from([0xfe, 0xff, 0x00, 0xe0, bytes.length, 0, 0, 0]), bytes])
    const offsets = Buffer.alloc(4 * table.length)
    for (const [index, offset] of table.entries()) offsets.writeUInt32LE(offset, 4 * index)
    return new Uint8Array(
      Buffer.concat([
        writePart10({ dataset: ds, transferSyntaxUid: JPEG }),
        Buffer.from([0xe0, 0x7f, 0x10, 0x00, 0x4f, 0x42, 0, 0, 0xff, 0xff, 0xff, 0xff]),
        item(offsets),
        ...fragments.map((bytes) => item(Buffer.from(bytes))),
        ...(end ? [Buffer.from([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0])] : []),
      ]),
    )
  }
  const framesOf = (bytes: Uint8Array) =>
    readPart10(bytes)
      .frames()
      .map((frame) => [...frame])

  it('are slices of native pixel data', () => {
    expect(framesOf(writePart10({ dataset: image, pixelData: Uint8Array.of(1, 2, 3, 4) }))).toEqual([
      [1, 2],
      [3, 4],
    ])
  })

  it('are joined from the fragments of one frame, whatever the offset table says', () => {
    expect(
      framesOf(
        withFragments(
          one,
          [],
          [
            [1, 2],
            [3, 4],
          ],
        ),
      ),
    ).toEqual([[1, 2, 3, 4]])
    expect(
      framesOf(
        withFragments(
          one,
          [0],
          [
            [1, 2],
            [3, 4],
            [5, 6],
          ],
        ),
      ),
    ).toEqual([[1, 2, 3, 4, 5, 6]])
  })

  it('are told apart by the offset table, or by one fragment each', () => {
    expect(
      framesOf(
        withFragments(
          image,
          [0, 20],
          [
            [1, 2],
            [3, 4],
            [5, 6],
          ],
        ),
      ),
    ).toEqual([
      [1, 2, 3, 4],
      [5, 6],
    ])
    expect(
      framesOf(
        withFragments(
          image,
          [],
          [
            [1, 2],
            [5, 6],
          ],
        ),
      ),
    ).toEqual([
      [1, 2],
      [5, 6],
    ])
    expect(
      framesOf(
        writePart10({ dataset: image, transferSyntaxUid: JPEG, pixelData: [Uint8Array.of(1), Uint8Array.of(2, 3)] }),
      ),
    ).toEqual([
      [1, 0],
      [2, 3],
    ])
  })

  it('are refused when nothing tells them apart', () => {
    const cases: [Uint8Array, string][] = [
      [
        withFragments(
          image,
          [],
          [
            [1, 2],
            [3, 4],
            [5, 6],
          ],
        ),
        '3 fragments for 2 frames and no table',
      ],
      [
        withFragments(
          image,
          [0, 7],
          [
            [1, 2],
            [3, 4],
            [5, 6],
          ],
        ),
        'Basic Offset Table does not match',
      ],
      [withFragments(image, [], [[1, 2]]), '1 fragments for 2 frames'],
      [writePart10({ dataset: image, pixelData: Uint8Array.of(1, 2) }), 'PixelData has 2 of 4 bytes'],
      [writePart10({ dataset: image }), 'no PixelData'],
    ]
    for (const [bytes, why] of cases) {
      const failure = refusalOf(() => readPart10(bytes).frames())
      expect(failure.code).toBe('INSTANCE_INVALID')
      expect(failure.message).toContain(`instance ${UID}`)
      expect(failure.message).toContain(why)
    }
    expect(refusalOf(() => readPart10(withFragments(one, [], [[1, 2]], false))).message).toContain(
      'it ends inside PixelData',
    )
  })
})

describe('damaged files', () => {
  it('are refused by name wherever they are cut after the identity', async () => {
    const { files } = await classicSeries()
    const whole = files[0]!
    const uid = text(readPart10(whole).dataset, 'SOPInstanceUID')
    for (let length = 450; length < whole.length; length += 37) {
      const failure = refusalOf(() => readPart10(whole.subarray(0, length)).frames())
      expect(failure.code).toBe('INSTANCE_INVALID')
      expect(failure.message).toContain(`instance ${uid}`)
      expect(failure.message).not.toMatch(/Łucja|P-0001/)
    }
  })

  it('are refused when deflated data are cut', () => {
    const bytes = readFileSync(new URL('fixtures/deflated.dcm', import.meta.url))
    expect(refusalOf(() => readPart10(bytes.subarray(0, -40))).message).toContain(
      'its deflated data set ends early or is damaged',
    )
  })

  it('are refused when they are something else', () => {
    for (const bytes of [new Uint8Array(0), new TextEncoder().encode('<html>'.repeat(60))]) {
      expect(refusalOf(() => readPart10(bytes)).message).toContain('no DICOM Part 10 file')
    }
    const empty = writePart10({ dataset: dataset(IDENTITY) })
    expect(
      refusalOf(() => readPart10(empty.subarray(0, 144 + Buffer.from(empty).readUInt32LE(140)))).message,
    ).toContain('holds no data set')
  })
})

describe('character sets', () => {
  // Examples of PS3.5 Annexes H, I, J and K, as bytes.
  const decode = (sets: string[], hex: string) =>
    textDecoding(sets)?.(Buffer.from(hex.replaceAll(' ', ''), 'hex'), true)
  it.each([
    ['Latin-1', ['ISO_IR 100'], '4275 63 5e 4a e9 72 f4 6d 65', 'Buc^Jérôme'],
    ['Cyrillic', ['ISO_IR 144'], 'bb ee da 63 65 dc d1 79 70 d3', 'Люкceмбypг'],
    ['Greek', ['ISO_IR 126'], 'c4 e9 ef ed f5 f3 e9 ef f2', 'Διονυσιος'],
    ['UTF-8', ['ISO_IR 192'], 'c5 bb c3 b3 c5 82 c4 87', 'Żółć'],
    ['GB18030', ['GB18030'], '57 61 6e 67 5e d0 a1 b6 ab 3d cd f5 5e d0 a1 b6 ab', 'Wang^小东=王^小东'],
    [
      'Japanese, PS3.5 H.3.1',
      ['', 'ISO 2022 IR 87'],
      '59 61 6d 61 64 61 5e 54 61 72 6f 75 3d 1b 24 42 3b 33 45 44 1b 28 42 5e 1b 24 42 42 40 4f 3a 1b 28 42 3d 1b 24 42 24 64 24 5e 24 40 1b 28 42 5e 1b 24 42 24 3f 24 6d 24 26 1b 28 42',
      'Yamada^Tarou=山田^太郎=やまだ^たろう',
    ],
    [
      'Japanese with katakana, PS3.5 H.3.2',
      ['ISO 2022 IR 13', 'ISO 2022 IR 87'],
      'd4 cf c0 de 5e c0 db b3 3d 1b 24 42 3b 33 45 44 1b 28 4a 5e 1b 24 42 42 40 4f 3a 1b 28 4a',
      'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎',
    ],
    [
      'Korean, PS3.5 I.2',
      ['', 'ISO 2022 IR 149'],
      '48 6f 6e 67 5e 47 69 6c 64 6f 6e 67 3d 1b 24 29 43 fb f3 5e 1b 24 29 43 d1 ce d4 d7 3d 1b 24 29 43 c8 ab 5e 1b 24 29 43 b1 e6 b5 bf',
      'Hong^Gildong=洪^吉洞=홍^길동',
    ],
    [
      'Chinese by code extension, PS3.5 K.2',
      ['', 'ISO 2022 IR 58'],
      '5a 68 61 6e 67 5e 58 69 61 6f 44 6f 6e 67 3d 1b 24 29 41 d5 c5 5e 1b 24 29 41 d0 a1 b6 ab',
      'Zhang^XiaoDong=张^小东',
    ],
  ])('%s', (_name, sets, hex, expected) => {
    expect(decode(sets, hex)).toBe(expected)
  })

  it('never turns bytes that it cannot decode into plausible letters', () => {
    expect(decode([], 'e9 41')).toBe('\ufffdA')
    expect(decode(['ISO_IR 192'], 'e9 41')).toBe('\ufffdA')
    expect(decode(['', 'ISO 2022 IR 87'], '41 e9')).toBe('A\ufffd')
    expect(textDecoding(['ISO_IR 999'])).toBeUndefined()
  })

  it('reads text of an unknown character set as far as it is ASCII, and says which could not be decoded', () => {
    const bytes = Buffer.from(writePart10({ dataset: dataset({ ...IDENTITY, PatientName: 'Żółć^A' }) }))
    const at = bytes.indexOf('ISO_IR 192')
    bytes.write('ISO_IR 999', at, 'latin1')
    const file = readPart10(bytes)
    expect(personName(file.dataset, 'PatientName')).toMatch(/^\ufffd+\^A$/)
    expect(file.undecoded).toEqual(['PatientName'])
  })

  it.each([
    ['ISO-IR 100', '53 63 68 e4 64 65 6c', 'Schädel'],
    ['ISO IR 100', 'e4', 'ä'],
    ['iso_ir 100', 'e4', 'ä'],
    ['latin1', 'e4', 'ä'],
    ['ISO 2022 IR 192', 'c3 a4', 'ä'],
    ['UTF-8', 'c3 a4', 'ä'],
    ['gb18030', 'cd f5', '王'],
    ['ISO2022IR149', '1b 24 29 43 c8 ab', '홍'],
  ])('takes "%s" for the set that it names', (set, bytes, expected) => {
    expect(decode([set], bytes)).toBe(expected)
  })

  it('keeps values apart where a second byte looks like a backslash', () => {
    // GBK: 0x95 0x5C is one character.
    expect(decode(['GBK'], '95 5c')).toHaveLength(1)
  })

  it('reads the fixtures of another toolkit as ISO_IR 192', () => {
    const file = readPart10(readFileSync(new URL('fixtures/big-endian.dcm', import.meta.url)))
    expect(texts(file.dataset, 'SpecificCharacterSet')).toEqual(['ISO_IR 192'])
    expect(personName(file.dataset, 'PatientName')).toBe('Żółć^Łucja=山田^花子')
    expect(number(file.dataset, 'Rows')).toBe(23)
  })
})
