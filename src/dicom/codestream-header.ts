// The size that a compressed image declares, read before a decoder allocates it: JPEG and JPEG-LS (ITU-T T.81 B.2.2, T.87 C.2.2), JPEG 2000 (T.800
// A.5.1).

export interface CodestreamSize {
  width: number
  height: number
  components: number
}

const START_OF_CODESTREAM = Buffer.from('ff4fff51', 'hex')
const JP2_SIGNATURE = Buffer.from('0000000c6a502020', 'hex')
/** The index of a tile has 16 bits (T.800 A.4.2). */
const MAX_TILES = 65_535

/** Undefined for anything but these codestreams. */
export function codestreamSize(bytes: Uint8Array): CodestreamSize | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.subarray(0, 2).toString('hex') === 'ffd8') return jpegSize(buffer)
  // Some writers leave the codestream inside its JP2 file.
  const at = buffer.subarray(0, 8).equals(JP2_SIGNATURE) ? buffer.indexOf(START_OF_CODESTREAM) : 0
  return buffer.subarray(at, at + 4).equals(START_OF_CODESTREAM) ? jpeg2000Size(buffer.subarray(at + 2)) : undefined
}

/** Follows the marker segments to the frame header. */
function jpegSize(buffer: Buffer): CodestreamSize | undefined {
  for (let at = 2; at + 10 <= buffer.length && buffer[at] === 0xff; ) {
    const marker = buffer[at + 1]!
    if (marker === 0xff) {
      at += 1
      continue
    }
    if (isFrameHeader(marker))
      return { height: buffer.readUInt16BE(at + 5), width: buffer.readUInt16BE(at + 7), components: buffer[at + 9]! }
    at += 2 + buffer.readUInt16BE(at + 2)
  }
  return undefined
}

/** SOF0 to SOF15, except the numbers of DHT, JPG and DAC in between, and SOF55 of JPEG-LS. */
function isFrameHeader(marker: number): boolean {
  return marker === 0xf7 || (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
}

/** From its SIZ marker on; undefined also if there are more tiles than can be numbered. */
function jpeg2000Size(siz: Buffer): CodestreamSize | undefined {
  if (siz.length < 40) return undefined
  const [xEnd, yEnd, xStart, yStart, tileWidth, tileHeight, tileX, tileY] = [6, 10, 14, 18, 22, 26, 30, 34].map((at) =>
    siz.readUInt32BE(at),
  ) as [number, number, number, number, number, number, number, number]
  const tiles = Math.ceil((xEnd - tileX) / tileWidth) * Math.ceil((yEnd - tileY) / tileHeight)
  if (!(tiles >= 1 && tiles <= MAX_TILES)) return undefined
  return { width: xEnd - xStart, height: yEnd - yStart, components: siz.readUInt16BE(38) }
}
