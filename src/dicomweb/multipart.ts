// multipart/related bodies as streams of parts (RFC 2046 Section 5.1, RFC 2387, PS3.18 Section 8.6.1.2).
import { AppError } from '../domain/errors.ts'
import { LIMITS } from '../domain/limits.ts'

export interface MultipartPart {
  /** Names in lower case. */
  headers: Record<string, string>
  body: Uint8Array<ArrayBuffer>
}

export interface MultipartLimits {
  /** Maximum size of one part in bytes; a larger one is refused, since parts are held in memory. */
  partBytes: number
  parts: number
  /** Maximum size in bytes of one part's headers, of what precedes the first delimiter and of what follows the last. */
  headerBytes: number
}

export const MULTIPART_LIMITS: MultipartLimits = {
  partBytes: LIMITS.objectBytes,
  parts: LIMITS.parts,
  headerBytes: LIMITS.partHeaderBytes,
}

const CRLF = Buffer.from('\r\n')
const BLANK_LINE = Buffer.from('\r\n\r\n')
const NO_BYTES: Buffer = Buffer.alloc(0)

/**
 * Yields the parts of a multipart body one by one; a part is complete once the following delimiter has arrived. Throws
 * ARCHIVE_TRUNCATED if the body ends without the closing delimiter or a part differs from its Content-Length,
 * ARCHIVE_NOT_DICOMWEB if the body is not multipart, INSTANCE_INVALID if a part is over the limit.
 */
export async function* decodeMultipart(
  source: AsyncIterable<Uint8Array>,
  boundary: string,
  limits: MultipartLimits = MULTIPART_LIMITS,
): AsyncGenerator<MultipartPart, void> {
  const delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1')
  const window = openWindow(source)
  try {
    // A first delimiter at the very start has no CRLF before it; adding one leaves a single case.
    window.prepend(CRLF)
    await skipToDelimiter(window, delimiter, limits.headerBytes)
    for (let count = 0; ; count += 1) {
      if (await atClosing(window, count)) break
      if (count >= limits.parts)
        throw new AppError('ARCHIVE_NOT_DICOMWEB', `multipart body has over ${limits.parts} parts`)
      const headers = await readHeaders(window, limits.headerBytes, count)
      const body = await readBody(window, delimiter, limits.partBytes, count)
      const declared = headers['content-length']
      if (declared !== undefined && /^\d+$/.test(declared) && Number(declared) !== body.length) {
        throw new AppError(
          'ARCHIVE_TRUNCATED',
          `part ${count + 1} of the multipart body has ${body.length} bytes, its Content-Length says ${declared}`,
        )
      }
      yield { headers, body }
    }
    // The epilogue is read so that the connection can be reused; an endless one is not worth it.
    for (let read = 0; read <= limits.headerBytes && (await window.fill()); ) {
      read += window.bytes().length
      window.drop(window.bytes().length)
    }
  } finally {
    await window.close()
  }
}

/** Encodes parts as a multipart body, in slices, including the closing delimiter. The boundary must not occur in the parts. */
export function* encodeMultipart(
  parts: Iterable<{ contentType: string; bytes: Uint8Array }>,
  boundary: string,
  sliceBytes = 262_144,
): Generator<Uint8Array, void> {
  for (const part of parts) {
    yield encodePartHeader(part.contentType, boundary, part.bytes.length)
    for (let at = 0; at < part.bytes.length; at += sliceBytes) yield part.bytes.subarray(at, at + sliceBytes)
    yield CRLF
  }
  yield encodeClosing(boundary)
}

/** Size in bytes of the body that encodeMultipart writes. */
export function multipartLength(parts: Iterable<{ contentType: string; bytes: Uint8Array }>, boundary: string): number {
  let length = encodeClosing(boundary).length
  for (const { contentType, bytes } of parts)
    length += encodePartHeader(contentType, boundary, bytes.length).length + bytes.length + CRLF.length
  return length
}

/** Delimiter and headers of one part. The CRLF after the preceding body is written with that body. */
export function encodePartHeader(contentType: string, boundary: string, length: number): Uint8Array {
  return Buffer.from(`--${boundary}\r\nContent-Type: ${contentType}\r\nContent-Length: ${length}\r\n\r\n`, 'latin1')
}

export function encodeClosing(boundary: string): Uint8Array {
  return Buffer.from(`--${boundary}--\r\n`, 'latin1')
}

/** The unread bytes of a source, extended chunk by chunk. */
interface Window {
  bytes(): Buffer
  /** Appends the next chunk; false at the end of the source. */
  fill(): Promise<boolean>
  drop(count: number): void
  prepend(bytes: Buffer): void
  close(): Promise<void>
}

function openWindow(source: AsyncIterable<Uint8Array>): Window {
  const iterator = source[Symbol.asyncIterator]()
  let unread = NO_BYTES
  return {
    bytes: () => unread,
    async fill() {
      const next = await iterator.next()
      if (next.done) return false
      const chunk = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength)
      unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk])
      return true
    },
    drop(count) {
      unread = unread.subarray(count)
    },
    prepend(bytes) {
      unread = Buffer.concat([bytes, unread])
    },
    async close() {
      await iterator.return?.()
    },
  }
}

async function skipToDelimiter(window: Window, delimiter: Buffer, limit: number): Promise<void> {
  for (let skipped = 0; ; ) {
    const at = window.bytes().indexOf(delimiter)
    if (at >= 0) return window.drop(at + delimiter.length)
    const surplus = Math.max(0, window.bytes().length - delimiter.length + 1)
    window.drop(surplus)
    skipped += surplus
    if (skipped > limit)
      throw new AppError('ARCHIVE_NOT_DICOMWEB', 'the multipart body does not start with its boundary')
    if (!(await window.fill())) throw cutAfter(0)
  }
}

/** Reads what follows a delimiter: "--" closes the body; otherwise padding and a line end open the next part. */
async function atClosing(window: Window, count: number): Promise<boolean> {
  while (window.bytes().length < 2) if (!(await window.fill())) throw cutAfter(count)
  if (window.bytes().toString('latin1', 0, 2) === '--') return true
  for (;;) {
    const end = window.bytes().indexOf(CRLF)
    if (end >= 0) {
      // The CRLF stays: for a part without headers it is the first half of the blank line.
      window.drop(end)
      return false
    }
    if (window.bytes().length > 1024)
      throw new AppError('ARCHIVE_NOT_DICOMWEB', 'a multipart delimiter line has no end')
    if (!(await window.fill())) throw cutAfter(count)
  }
}

async function readHeaders(window: Window, limit: number, count: number): Promise<Record<string, string>> {
  for (;;) {
    const end = window.bytes().indexOf(BLANK_LINE)
    if (end >= 0) {
      const lines = window.bytes().toString('latin1', 0, end).split('\r\n')
      window.drop(end + BLANK_LINE.length)
      return Object.fromEntries(lines.flatMap(splitHeader))
    }
    if (window.bytes().length > limit) {
      throw new AppError(
        'ARCHIVE_NOT_DICOMWEB',
        `headers of part ${count + 1} of the multipart body are over ${limit} bytes`,
      )
    }
    if (!(await window.fill())) throw cutAfter(count)
  }
}

function splitHeader(line: string): [string, string][] {
  const colon = line.indexOf(':')
  return colon < 1 ? [] : [[line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]]
}

/** Reads up to the next delimiter and discards it. */
async function readBody(
  window: Window,
  delimiter: Buffer,
  limit: number,
  count: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Buffer[] = []
  let length = 0
  const take = (bytes: number) => {
    if (bytes > 0) chunks.push(window.bytes().subarray(0, bytes))
    length += bytes
    window.drop(bytes)
    if (length > limit) {
      throw new AppError('INSTANCE_INVALID', `part ${count + 1} of the multipart body is over ${limit} bytes`)
    }
  }
  for (;;) {
    const at = await findDelimiter(window, delimiter)
    if (at >= 0) {
      take(at)
      window.drop(delimiter.length)
      return joinChunks(chunks)
    }
    // The tail may be the start of a delimiter, so it waits for the next chunk.
    take(Math.max(0, window.bytes().length - delimiter.length + 1))
    if (!(await window.fill())) throw cutAfter(count)
  }
}

/** Index of the delimiter, or -1. A longer boundary that merely begins like it is content. */
async function findDelimiter(window: Window, delimiter: Buffer): Promise<number> {
  for (let from = 0; ; ) {
    const at = window.bytes().indexOf(delimiter, from)
    if (at < 0) return -1
    const after = at + delimiter.length
    while (window.bytes().length < after + 2) if (!(await window.fill())) return -1
    const next = window.bytes().toString('latin1', after, after + 2)
    if (next === '--' || next === '\r\n' || /^[ \t]/.test(next)) return at
    from = at + 1
  }
}

/** A buffer of its own, at offset 0 and not shared, so that typed arrays can be views of it. */
export function joinChunks(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

function cutAfter(parts: number): AppError {
  return new AppError(
    'ARCHIVE_TRUNCATED',
    `the multipart body ended without its closing delimiter after ${parts} whole parts`,
  )
}
