// Pixel decoding: our own and the codecs' encodings, and fixtures that another toolkit encoded.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { dataset, text } from '../../src/dicom/dataset.ts'
import { readPart10, writePart10 } from '../../src/dicom/part10.ts'
import { pixelFormat } from '../../src/dicom/pixel-format.ts'
import { decodeFrame, type StoredValues } from '../../src/dicom/pixels.ts'
import { decodeRle, encodeRle } from '../../src/dicom/rle.ts'
import {
  DEFLATED_LITTLE_ENDIAN,
  EXPLICIT_BIG_ENDIAN,
  EXPLICIT_LITTLE_ENDIAN,
  IMPLICIT_LITTLE_ENDIAN,
  RLE_LOSSLESS,
} from '../../src/dicom/transfer-syntax.ts'
import { failureOf } from '../support/failure-of.ts'
import { classicSeries, OBLIQUE, type SeriesOptions } from './support.ts'

const ONE = { ...OBLIQUE, size: [38, 23, 1] as const }
const NATIVE = [IMPLICIT_LITTLE_ENDIAN, EXPLICIT_LITTLE_ENDIAN, EXPLICIT_BIG_ENDIAN, DEFLATED_LITTLE_ENDIAN]
const LOSSLESS = {
  'JPEG-LS': '1.2.840.10008.1.2.4.80',
  'JPEG 2000': '1.2.840.10008.1.2.4.90',
  HTJ2K: '1.2.840.10008.1.2.4.201',
}

async function decodeFirst(bytes: Uint8Array): Promise<StoredValues> {
  const file = readPart10(bytes)
  return decodeFrame(
    file.frames()[0]!,
    file.transferSyntaxUid,
    pixelFormat(file.dataset),
    text(file.dataset, 'SOPInstanceUID'),
  )
}

async function roundTrip(options: SeriesOptions): Promise<StoredValues> {
  const { files } = await classicSeries({ ...options, grid: ONE })
  return decodeFirst(files[0]!)
}

const expected = (value: (i: number, j: number) => number) =>
  Array.from({ length: 38 * 23 }, (_, at) => value(at % 38, Math.floor(at / 38)))

describe('stored values', () => {
  const unsigned = (i: number, j: number) => 3 * i + 101 * j
  const signed = (i: number, j: number) => 40 * i - 61 * j

  it.each([...NATIVE, RLE_LOSSLESS, ...Object.values(LOSSLESS)])(
    'come back exactly from %s',
    async (transferSyntaxUid) => {
      expect([...(await roundTrip({ transferSyntaxUid, value: unsigned, bitsStored: 12 }))]).toEqual(expected(unsigned))
      expect([...(await roundTrip({ transferSyntaxUid, value: signed, signed: true }))]).toEqual(expected(signed))
      const bytes = (i: number, j: number) => (2 * i + 7 * j) % 256
      expect([...(await roundTrip({ transferSyntaxUid, value: bytes, bitsAllocated: 8 }))]).toEqual(expected(bytes))
    },
  )

  it('extend the sign from BitsStored, and leave out the bits above it', async () => {
    const twelve = (i: number, j: number) => 20 * i - 30 * j
    expect([...(await roundTrip({ value: twelve, signed: true, bitsStored: 12 }))]).toEqual(expected(twelve))
    // An overlay in the upper four bits (retired, but scanners of that time are still in archives).
    const overlaid = dataset({
      SamplesPerPixel: 1,
      PhotometricInterpretation: 'MONOCHROME2',
      Rows: 1,
      Columns: 2,
      BitsAllocated: 16,
      BitsStored: 12,
      HighBit: 11,
      PixelRepresentation: 0,
    })
    const frame = Uint8Array.of(0x34, 0xf2, 0xff, 0x0f)
    expect([...(await decodeFrame(frame, EXPLICIT_LITTLE_ENDIAN, pixelFormat(overlaid), '1'))]).toEqual([0x234, 0xfff])
    const high = { ...pixelFormat(overlaid), highBit: 15, signed: true }
    expect([...(await decodeFrame(Uint8Array.of(0xf0, 0xff, 0x10, 0x7f), EXPLICIT_LITTLE_ENDIAN, high, '1'))]).toEqual([
      -1, 0x7f1,
    ])
    const wide = { ...pixelFormat(overlaid), bitsAllocated: 32 as const, bitsStored: 32, highBit: 31, columns: 1 }
    expect([...(await decodeFrame(Uint8Array.of(0, 0, 0, 0x80), EXPLICIT_LITTLE_ENDIAN, wide, '1'))]).toEqual([2 ** 31])
  })

  it('are not mixed up when many frames are decoded at once', async () => {
    const syntaxes = Object.values(LOSSLESS)
    const values = syntaxes.flatMap((transferSyntaxUid, at) =>
      Array.from({ length: 4 }, (_, n) => ({
        transferSyntaxUid,
        value: (i: number, j: number) => i + 50 * j + 100 * n + 13 * at,
      })),
    )
    const files = await Promise.all(
      values.map(async (options) => (await classicSeries({ ...options, grid: ONE })).files[0]!),
    )
    const decoded = await Promise.all(files.map(decodeFirst))
    for (const [n, stored] of decoded.entries()) expect([...stored]).toEqual(expected(values[n]!.value))
  })
})

describe('frames that DCMTK encoded', () => {
  const read = (name: string) => decodeFirst(readFileSync(new URL(`fixtures/${name}.dcm`, import.meta.url)))
  it.each(['jpeg-lossless-sv1', 'jpeg-lossless', 'jpeg-ls', 'rle', 'big-endian', 'deflated'])(
    '%s is exact',
    async (name) => {
      expect([...(await read(name))]).toEqual(expected((i, j) => 3 * i + 101 * j))
    },
  )
  it('signed JPEG Lossless is exact', async () => {
    expect([...(await read('jpeg-lossless-sv1-signed'))]).toEqual(expected((i, j) => 3 * i - 101 * j + 40))
  })
  it('JPEG Baseline is within its loss', async () => {
    const stored = [...(await read('jpeg-baseline'))]
    const errors = expected((i, j) => (2 * i + 7 * j) % 256).map((value, at) => Math.abs(value - stored[at]!))
    expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(3)
  })
})

describe('what cannot be decoded', () => {
  const format = pixelFormat(
    dataset({
      SamplesPerPixel: 1,
      PhotometricInterpretation: 'MONOCHROME2',
      Rows: 23,
      Columns: 38,
      BitsAllocated: 16,
      BitsStored: 12,
      HighBit: 11,
      PixelRepresentation: 0,
    }),
  )

  it.each([
    ['1.2.840.10008.1.2.4.51'],
    ['1.2.840.10008.1.2.4.50'],
    ['1.2.840.10008.1.2.4.102'],
    ['1.2.840.10008.1.2.4.110'],
  ])('is refused by name: %s', async (transferSyntaxUid) => {
    const failure = await failureOf(decodeFrame(new Uint8Array(100), transferSyntaxUid, format, '1.2.3'))
    expect(failure.code).toBe('SERIES_UNSUPPORTED')
    expect(failure.message).toContain('instance 1.2.3')
    expect(failure.message).toContain(transferSyntaxUid)
  })

  it('is refused when it was cut, in every encoding', async () => {
    for (const transferSyntaxUid of [...Object.values(LOSSLESS), RLE_LOSSLESS, EXPLICIT_LITTLE_ENDIAN]) {
      const { files } = await classicSeries({ transferSyntaxUid, grid: ONE })
      const frame = readPart10(files[0]!).frames()[0]!
      for (const share of [0.1, 0.5, 0.9]) {
        const cut = frame.slice(0, Math.floor(frame.length * share))
        const failure = await failureOf(decodeFrame(cut, transferSyntaxUid, format, '1.2.3'))
        expect([failure.code, failure.message.startsWith('instance 1.2.3 is not usable: ')]).toEqual([
          'INSTANCE_INVALID',
          true,
        ])
      }
    }
  })

  it('is refused when it has another size than the header says, or is no image at all', async () => {
    const { files } = await classicSeries({
      transferSyntaxUid: LOSSLESS['JPEG 2000'],
      grid: { ...ONE, size: [38, 22, 1] },
    })
    const frame = readPart10(files[0]!).frames()[0]!
    expect((await failureOf(decodeFrame(frame, LOSSLESS['JPEG 2000'], format, '1'))).message).toContain(
      'another size than Rows and Columns',
    )
    const noise = Uint8Array.from({ length: 300 }, (_, at) => (at * 37) % 256)
    noise.set([0xff, 0xd9], 298)
    for (const transferSyntaxUid of [...Object.values(LOSSLESS), '1.2.840.10008.1.2.4.70', RLE_LOSSLESS]) {
      expect((await failureOf(decodeFrame(noise, transferSyntaxUid, format, '1'))).code).toBe('INSTANCE_INVALID')
    }
    // The codecs still work afterwards.
    expect([...(await roundTrip({ transferSyntaxUid: LOSSLESS['JPEG 2000'] }))]).toHaveLength(38 * 23)
  })

  it.each([
    [{ PhotometricInterpretation: 'RGB', SamplesPerPixel: 3 }, 'PhotometricInterpretation RGB with 3 samples'],
    [{ PhotometricInterpretation: 'MONOCHROME1' }, 'MONOCHROME1'],
    [{ BitsAllocated: 1 }, 'BitsAllocated 1'],
    [{ BitsStored: 17 }, 'contradict each other'],
    [{ Rows: '' }, 'Rows is missing'],
    [{ PixelRepresentation: '' }, 'PixelRepresentation is missing'],
  ])('pixel description %o is refused', async (change, why) => {
    const { files } = await classicSeries({ grid: ONE })
    const ds = { ...readPart10(files[0]!).dataset, ...dataset(change) }
    expect(() => pixelFormat(ds)).toThrow(why)
  })
})

describe('RLE', () => {
  it('round-trips runs and literals of every length, also of 32 bits', () => {
    const lengths = [1, 2, 3, 127, 128, 129, 130, 257]
    const line = lengths.flatMap((length, at) => Array.from({ length }, (_, n) => (at % 2 === 0 ? at : n % 251)))
    for (const width of [1, 2, 4]) {
      const bytes = Uint8Array.from(
        { length: line.length * width },
        (_, at) => line[Math.floor(at / width)]! ^ (at % width),
      )
      expect([...decodeRle(encodeRle(bytes, line.length, width), line.length, width)]).toEqual([...bytes])
    }
  })

  it('is read by what the writer of files makes of it', () => {
    const frame = encodeRle(Uint8Array.of(1, 1, 1, 2, 3, 3), 3, 1)
    const ds = dataset({
      SOPClassUID: '1.2.840.10008.5.1.4.1.1.4',
      SOPInstanceUID: '1.2',
      Rows: 2,
      Columns: 3,
      BitsAllocated: 8,
    })
    const file = readPart10(writePart10({ dataset: ds, transferSyntaxUid: RLE_LOSSLESS, pixelData: [frame] }))
    expect([...decodeRle(file.frames()[0]!, 6, 1)]).toEqual([1, 1, 1, 2, 3, 3])
  })
})
