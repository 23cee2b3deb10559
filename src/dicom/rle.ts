// RLE Lossless (PS3.5 Annex G): PackBits segments, most significant byte plane first. Decoding is strict: anything that does not fill the frame is an
// error.

const HEADER_LENGTH = 64

/** Little-endian samples of one frame; `samples` is rows * columns, `bytesPerSample` 1, 2 or 4. Throws RangeError on damaged data. */
export function decodeRle(frame: Uint8Array, samples: number, bytesPerSample: number): Uint8Array {
  if (frame.length < HEADER_LENGTH) throw new RangeError('the RLE header is cut')
  const header = new DataView(frame.buffer, frame.byteOffset, HEADER_LENGTH)
  const count = header.getUint32(0, true)
  if (count !== bytesPerSample) throw new RangeError(`there are ${count} RLE segments, not ${bytesPerSample}`)
  const out = new Uint8Array(samples * bytesPerSample)
  for (let segment = 0; segment < count; segment++) {
    const start = header.getUint32(4 * (segment + 1), true)
    const end = segment + 1 < count ? header.getUint32(4 * (segment + 2), true) : frame.length
    if (start < HEADER_LENGTH || end > frame.length || start > end)
      throw new RangeError('an RLE segment lies outside the frame')
    unpackSegment(frame, start, end, out, bytesPerSample - 1 - segment, bytesPerSample)
  }
  return out
}

function unpackSegment(
  frame: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  first: number,
  step: number,
): void {
  let from = start
  let to = first
  while (to < out.length) {
    if (from >= end) throw new RangeError('an RLE segment ends early')
    const code = frame[from++]!
    if (code === 128) continue
    const run = code > 128
    const length = run ? 257 - code : code + 1
    if (from + (run ? 1 : length) > end) throw new RangeError('an RLE segment ends early')
    for (let n = 0; n < length && to < out.length; n++, to += step) out[to] = frame[run ? from : from + n]!
    from += run ? 1 : length
  }
}

/** One frame of little-endian samples as RLE; rows are packed one by one, as the standard requires. */
export function encodeRle(bytes: Uint8Array, columns: number, bytesPerSample: number): Uint8Array {
  const segments: Uint8Array[] = []
  for (let plane = bytesPerSample - 1; plane >= 0; plane--) {
    const packed: number[] = []
    const samples = bytes.length / bytesPerSample
    for (let row = 0; row < samples; row += columns) {
      const line = Uint8Array.from({ length: columns }, (_, column) => bytes[(row + column) * bytesPerSample + plane]!)
      packRow(line, packed)
    }
    if (packed.length % 2 === 1) packed.push(0)
    segments.push(Uint8Array.from(packed))
  }
  const out = new Uint8Array(segments.reduce((sum, segment) => sum + segment.length, HEADER_LENGTH))
  const header = new DataView(out.buffer)
  header.setUint32(0, segments.length, true)
  let at = HEADER_LENGTH
  for (const [index, segment] of segments.entries()) {
    header.setUint32(4 * (index + 1), at, true)
    out.set(segment, at)
    at += segment.length
  }
  return out
}

function packRow(line: Uint8Array, out: number[]): void {
  let at = 0
  while (at < line.length) {
    let run = 1
    while (run < 128 && line[at + run] === line[at]) run++
    if (run > 1) {
      out.push(257 - run, line[at]!)
      at += run
      continue
    }
    let end = at + 1
    while (end < line.length && end - at < 128 && line[end] !== line[end + 1]) end++
    out.push(end - at - 1, ...line.subarray(at, end))
    at = end
  }
}
