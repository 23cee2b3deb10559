// Hundreds of damaged frames in a row for each codec: every refusal discards a WebAssembly module, which takes half a minute in all.
import { describe, expect, it } from 'vitest'
import { readPart10 } from '../../src/dicom/part10.ts'
import { pixelFormat } from '../../src/dicom/pixel-format.ts'
import { decodeFrame } from '../../src/dicom/pixels.ts'
import { classicSeries, OBLIQUE } from '../dicom/support.ts'

const ONE = { ...OBLIQUE, size: [38, 23, 1] as const }
const JPEG_LS = '1.2.840.10008.1.2.4.80'
const LOSSLESS = { 'JPEG-LS': JPEG_LS, 'JPEG 2000': '1.2.840.10008.1.2.4.90', HTJ2K: '1.2.840.10008.1.2.4.201' }

describe('a decoder that has failed', () => {
  it.each(Object.entries(LOSSLESS))(
    'of %s still reads good frames, after hundreds of damaged ones',
    async (_, syntax) => {
      const value = (i: number, j: number) => 3 * i + 101 * j
      const { files } = await classicSeries({ grid: ONE, transferSyntaxUid: syntax, value })
      const file = readPart10(files[0]!)
      const [frame, format] = [file.frames()[0]!, pixelFormat(file.dataset)]
      let refused = 0
      for (let n = 0; n < 320; n++) {
        const damaged = Uint8Array.from(frame)
        for (let at = 60 + (n % 40); at < damaged.length - 3; at += 7) damaged[at] = (damaged[at]! * 31 + n) & 0xff
        await decodeFrame(damaged, syntax, format, '1.2').catch((error) => {
          expect(error).toMatchObject({ code: 'INSTANCE_INVALID' })
          refused += 1
        })
      }
      if (syntax === JPEG_LS) expect(refused).toBeGreaterThan(275)
      expect([...(await decodeFrame(frame, syntax, format, '1.2'))]).toEqual(
        Array.from({ length: 38 * 23 }, (_, at) => value(at % 38, Math.floor(at / 38))),
      )
    },
  )
})
