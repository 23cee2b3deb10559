// The size in a codestream's own header: of what the encoders wrote, and of headers that lie.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { codestreamSize } from '../../src/dicom/codestream-header.ts'
import { readPart10 } from '../../src/dicom/part10.ts'
import { pixelFormat } from '../../src/dicom/pixel-format.ts'
import { decodeFrame } from '../../src/dicom/pixels.ts'
import { classicSeries, OBLIQUE } from './support.ts'

const ONE = { ...OBLIQUE, size: [38, 23, 1] as const }
const HTJ2K = '1.2.840.10008.1.2.4.201'
const encoded = async (transferSyntaxUid: string) => (await classicSeries({ grid: ONE, transferSyntaxUid })).files[0]!
const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}.dcm`, import.meta.url))

/** Frame of the file, and how its pixels are described. */
function opened(bytes: Uint8Array) {
  const file = readPart10(bytes)
  return {
    frame: Uint8Array.from(file.frames()[0]!),
    format: pixelFormat(file.dataset),
    syntax: file.transferSyntaxUid,
  }
}

describe('the size in a codestream', () => {
  it.each([HTJ2K, '1.2.840.10008.1.2.4.90', '1.2.840.10008.1.2.4.80'])('is read of %s', async (syntax) => {
    expect(codestreamSize(opened(await encoded(syntax)).frame)).toEqual({ width: 38, height: 23, components: 1 })
  })

  it.each(['jpeg-lossless-sv1', 'jpeg-lossless', 'jpeg-ls', 'jpeg-baseline'])('is read of %s by DCMTK', (name) => {
    expect(codestreamSize(opened(fixture(name)).frame)).toEqual({ width: 38, height: 23, components: 1 })
  })

  it('is found within a JP2 file, and not in what is cut or something else', async () => {
    const { frame } = opened(await encoded(HTJ2K))
    const boxed = Buffer.concat([Buffer.from('0000000c6a5020200d0a870a', 'hex'), Buffer.alloc(73), frame])
    expect(codestreamSize(boxed)).toMatchObject({ width: 38, height: 23 })
    expect(codestreamSize(frame.subarray(0, 41))).toBeUndefined()
    expect(codestreamSize(Buffer.from('not an image at all, and long enough for every header'))).toBeUndefined()
    expect(codestreamSize(new Uint8Array(0))).toBeUndefined()
    expect(codestreamSize(Buffer.from('ffd8ffe0', 'hex'))).toBeUndefined()
  })

  it('stops a decoder before it allocates 20,000 × 20,000 pixels, or a tile for each of them', async () => {
    const { frame, format, syntax } = opened(await encoded(HTJ2K))
    const lying = Buffer.from(frame)
    for (const sizeOfImageOrTile of [8, 12, 24, 28]) lying.writeUInt32BE(20_000, sizeOfImageOrTile)
    const before = process.memoryUsage().rss
    await expect(decodeFrame(lying, syntax, format, '1.2')).rejects.toMatchObject({
      code: 'INSTANCE_INVALID',
      message: 'instance 1.2 is not usable: the compressed image has another size than Rows and Columns say',
    })
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20)
    const tiled = Buffer.from(lying)
    tiled.writeUInt32BE(1, 24)
    tiled.writeUInt32BE(1, 28)
    expect(codestreamSize(lying)).toMatchObject({ width: 20_000, height: 20_000 })
    expect(codestreamSize(tiled)).toBeUndefined()
  })
})
