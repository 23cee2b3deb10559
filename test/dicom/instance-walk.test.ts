// Truncated instances, cut at every byte, in each kind of encoding.
import { describe, expect, it } from 'vitest'
import { type FileMeta, readFileMeta } from '../../src/dicom/file-meta.ts'
import { walkInstance } from '../../src/dicom/instance-walk.ts'
import { buildInstance, DEFLATED, EXPLICIT, IMPLICIT, JPEG_2000, MR, RLE } from '../support/instances.ts'

const findTruncation = (bytes: Uint8Array, meta: FileMeta) => walkInstance(bytes, meta).truncation
const build = (transferSyntax: string) =>
  buildInstance({ instance: '1.2.3.4', transferSyntax, rows: 3, columns: 5 }).bytes

describe('readFileMeta', () => {
  it('reads the UIDs and where the data set starts', () => {
    const bytes = build(RLE)
    const meta = readFileMeta(bytes)!
    expect(meta).toMatchObject({ sopClassUid: MR, sopInstanceUid: '1.2.3.4', transferSyntaxUid: RLE })
    expect(Buffer.from(bytes).readUInt16LE(meta.dataSetOffset)).toBe(0x0008)
  })

  it('is undefined for what is no Part 10 object, or ends within its meta information', () => {
    const bytes = build(EXPLICIT)
    const { dataSetOffset } = readFileMeta(bytes)!
    expect(readFileMeta(new Uint8Array(0))).toBeUndefined()
    expect(readFileMeta(new Uint8Array(5000).fill(65))).toBeUndefined()
    expect(readFileMeta(bytes.subarray(0, 200))).toBeUndefined()
    expect(readFileMeta(bytes.subarray(0, dataSetOffset - 30))).toBeUndefined()
  })

  it('reads a view into a larger buffer', () => {
    const bytes = build(EXPLICIT)
    const larger = new Uint8Array(bytes.length + 31)
    larger.set(bytes, 13)
    expect(readFileMeta(larger.subarray(13))?.sopInstanceUid).toBe('1.2.3.4')
  })
})

describe('walkInstance', () => {
  it.each([
    ['Implicit VR Little Endian', IMPLICIT],
    ['Explicit VR Little Endian', EXPLICIT],
    ['RLE Lossless', RLE],
    ['JPEG 2000', JPEG_2000],
    ['Deflated', DEFLATED],
  ])('finds every cut of %s that is not between two elements before the image attributes', (_, syntax) => {
    const bytes = build(syntax)
    const meta = readFileMeta(bytes)!
    expect(findTruncation(bytes, meta)).toBeUndefined()
    const unnoticed: number[] = []
    for (let end = meta.dataSetOffset; end < bytes.length; end += 1) {
      if (findTruncation(bytes.subarray(0, end), meta) === undefined) unnoticed.push(end)
    }
    // Cuts exactly between elements, before Rows is known, are left to the reader, which misses the attributes themselves.
    expect(unnoticed.length).toBeLessThanOrEqual(syntax === DEFLATED ? 1 : 18)
    const last = Math.max(0, ...unnoticed)
    if (syntax !== DEFLATED) expect(last).toBeLessThan(Buffer.from(bytes).indexOf(Buffer.from([0x28, 0, 0x11, 0])))
  })

  it('says where', () => {
    const bytes = build(EXPLICIT)
    const meta = readFileMeta(bytes)!
    expect(findTruncation(bytes.subarray(0, bytes.length - 3), meta)).toBe(
      `it ends within an element, after ${bytes.length - 3} bytes`,
    )
    const pixels = Buffer.from(bytes).indexOf(Buffer.from([0xe0, 0x7f, 0x10, 0]))
    expect(findTruncation(bytes.subarray(0, pixels), meta)).toBe(`it ends before its pixel data, after ${pixels} bytes`)
  })

  it('follows sequences of defined and undefined length, also of unknown VR', () => {
    const bytes = build(EXPLICIT)
    const meta = readFileMeta(bytes)!
    const sequences = Buffer.concat([
      // (0008,1115) SQ of undefined length, one item of undefined length that holds (0008,0060) CS "MR"
      Buffer.from(
        '080015115351' +
          '0000ffffffff' +
          'feff00e0ffffffff' +
          '080060004353' +
          '02004d52' +
          'feff0de000000000' +
          'feffdde000000000',
        'hex',
      ),
      // (0009,1001) UN of undefined length, one implicit item of length 10
      Buffer.from(
        '09000110554e' + '0000ffffffff' + 'feff00e00a000000' + '08006000020000004d52' + 'feffdde000000000',
        'hex',
      ),
    ])
    const at = meta.dataSetOffset
    // Between the two, which no reader can notice.
    const firstLength = 46
    const file = new Uint8Array(Buffer.concat([bytes.subarray(0, at), sequences, bytes.subarray(at)]))
    expect(findTruncation(file, meta)).toBeUndefined()
    for (let end = at + 1; end < at + sequences.length; end += 1) {
      const found = findTruncation(file.subarray(0, end), meta)
      if (end !== at + firstLength) expect(found, `cut at ${end - at}`).toContain('it ends within an element')
    }
  })

  it('does not judge what it cannot read', () => {
    const bytes = build(EXPLICIT)
    const meta = readFileMeta(bytes)!
    const odd = new Uint8Array(Buffer.concat([bytes, Buffer.alloc(20)]))
    expect(findTruncation(odd, meta)).toBeUndefined()
  })

  it.each([
    ['Implicit VR Little Endian', IMPLICIT],
    ['Explicit VR Little Endian', EXPLICIT],
    ['Deflated', DEFLATED],
  ])('takes the UID of the data set over that of the meta information, in %s', (_, transferSyntax) => {
    const { bytes } = buildInstance({ instance: '1.2.3.4', metaInstance: '1.2.3.99.1', transferSyntax })
    const meta = readFileMeta(bytes)!
    expect(meta.sopInstanceUid).toBe('1.2.3.99.1')
    expect(walkInstance(bytes, meta)).toEqual({ sopInstanceUid: '1.2.3.4', truncation: undefined })
  })
})
