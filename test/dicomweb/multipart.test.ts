// Multipart bodies, cut into chunks at every place, damaged in every way that was seen.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseMediaType } from '../../src/dicomweb/media-type.ts'
import {
  decodeMultipart,
  encodeMultipart,
  MULTIPART_LIMITS,
  type MultipartLimits,
} from '../../src/dicomweb/multipart.ts'
import { failureOf } from '../support/failure-of.ts'

const BOUNDARY = 'b-7'

async function* inChunks(body: Buffer, sizes: readonly number[]): AsyncGenerator<Uint8Array, void> {
  let at = 0
  for (let turn = 0; at < body.length; turn += 1) {
    const size = sizes.length === 0 ? body.length : sizes[turn % sizes.length]!
    yield new Uint8Array(body.subarray(at, at + size))
    at += size
  }
}

async function decode(
  body: string | Buffer,
  sizes: readonly number[] = [],
  limits: MultipartLimits = MULTIPART_LIMITS,
) {
  const parts: { headers: Record<string, string>; body: string }[] = []
  const bytes = typeof body === 'string' ? Buffer.from(body, 'latin1') : body
  for await (const part of decodeMultipart(inChunks(bytes, sizes), BOUNDARY, limits)) {
    expect(part.body.byteOffset).toBe(0)
    expect(part.body.buffer.byteLength).toBe(part.body.length)
    parts.push({ headers: part.headers, body: Buffer.from(part.body).toString('latin1') })
  }
  return parts
}

async function reasonOf(work: Promise<unknown>): Promise<[string, string]> {
  const { code, message } = await failureOf(work)
  return [code, message]
}

describe('decodeMultipart', () => {
  it('gives back what encodeMultipart wrote, however it is cut, with contents that look like delimiters', async () => {
    const nasty = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
        fc.constantFrom('\r\n', '\r\n--', '--', '\r\n--b-', '\r\n--b-6', '\r\n--b-77\r\n', '\r\n\r\n', '\r', '\n'),
      ),
      { maxLength: 8 },
    )
    const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(
        fc.array(nasty, { maxLength: 4 }),
        sizes,
        fc.integer({ min: 1, max: 64 }),
        async (contents, chunks, slice) => {
          const bodies = contents.map((pieces) => pieces.join(''))
          fc.pre(bodies.every((body) => !/(^|\r\n)--b-7(--|\r\n|[ \t])/.test(`${body}\r\n`)))
          const parts = bodies.map((body) => ({ contentType: 'application/dicom', bytes: Buffer.from(body, 'latin1') }))
          const decoded = await decode(Buffer.concat([...encodeMultipart(parts, BOUNDARY, slice)]), chunks)
          expect(decoded.map((part) => part.body)).toEqual(bodies)
          expect(decoded.every((part) => part.headers['content-type'] === 'application/dicom')).toBe(true)
        },
      ),
      { numRuns: 150 },
    )
  })

  it('takes a preamble, a leading line end, padding, an epilogue and parts without headers', async () => {
    const sizes = [1]
    expect(await decode('--b-7\r\n\r\none\r\n--b-7--', sizes)).toEqual([{ headers: {}, body: 'one' }])
    expect(await decode('\r\n--b-7\r\nA: 1\r\n\r\none\r\n--b-7--\r\n', sizes)).toEqual([
      { headers: { a: '1' }, body: 'one' },
    ])
    expect(
      await decode('old mail\r\n--b-7 \t\r\nA: 1\r\nB:x:y\r\n\r\none\r\n--b-7  \r\n\r\n\r\n--b-7--\r\nbye', sizes),
    ).toEqual([
      { headers: { a: '1', b: 'x:y' }, body: 'one' },
      { headers: {}, body: '' },
    ])
  })

  it('takes a body without parts', async () => {
    expect(await decode('--b-7--\r\n')).toEqual([])
  })

  it('fails at every place where the body may be cut, after the parts that were whole', async () => {
    const body = Buffer.from(
      '--b-7\r\nContent-Length: 5\r\n\r\nfirst\r\n--b-7\r\nX: y\r\n\r\nsecond\r\n--b-7--',
      'latin1',
    )
    expect(await decode(body)).toHaveLength(2)
    for (let end = 0; end < body.length; end += 1) {
      const [code, message] = await reasonOf(decode(body.subarray(0, end), [7]))
      expect(code).toBe('ARCHIVE_TRUNCATED')
      expect(message).toMatch(/^the multipart body ended without its closing delimiter after [012] whole parts$/)
    }
  })

  it('checks Content-Length where there is one', async () => {
    const failure = await reasonOf(decode('--b-7\r\nContent-Length: 9\r\n\r\nfirst\r\n--b-7--'))
    expect(failure).toEqual([
      'ARCHIVE_TRUNCATED',
      'part 1 of the multipart body has 5 bytes, its Content-Length says 9',
    ])
  })

  it('refuses what is not multipart, or is too large', async () => {
    const small: MultipartLimits = { partBytes: 10, parts: 2, headerBytes: 50 }
    const part = '--b-7\r\n\r\nx\r\n'
    expect(await reasonOf(decode('x'.repeat(200), [], small))).toEqual([
      'ARCHIVE_NOT_DICOMWEB',
      'the multipart body does not start with its boundary',
    ])
    expect(await reasonOf(decode(`--b-7\r\n\r\n${'y'.repeat(30)}\r\n--b-7--`, [4], small))).toEqual([
      'INSTANCE_INVALID',
      'part 1 of the multipart body is over 10 bytes',
    ])
    expect(await reasonOf(decode(`${part.repeat(3)}--b-7--`, [], small))).toEqual([
      'ARCHIVE_NOT_DICOMWEB',
      'multipart body has over 2 parts',
    ])
    expect(await reasonOf(decode(`--b-7\r\nA: ${'z'.repeat(90)}`, [9], small))).toEqual([
      'ARCHIVE_NOT_DICOMWEB',
      'headers of part 1 of the multipart body are over 50 bytes',
    ])
  })

  it('reads no epilogue that goes on', async () => {
    let chunks = 0
    async function* source(): AsyncGenerator<Uint8Array, void> {
      yield Buffer.from('--b-7\r\n\r\nx\r\n--b-7--')
      for (;;) {
        chunks += 1
        yield Buffer.alloc(10, 'e')
      }
    }
    const parts: string[] = []
    const small: MultipartLimits = { partBytes: 10, parts: 2, headerBytes: 50 }
    for await (const { body } of decodeMultipart(source(), BOUNDARY, small)) parts.push(Buffer.from(body).toString())
    expect(parts).toEqual(['x'])
    expect(chunks).toBe(5)
  })

  it('closes its source when the reader stops early', async () => {
    let closed = false
    async function* source(): AsyncGenerator<Uint8Array, void> {
      try {
        for (;;) yield Buffer.from('--b-7\r\n\r\nx\r\n')
      } finally {
        closed = true
      }
    }
    for await (const _ of decodeMultipart(source(), BOUNDARY)) break
    expect(closed).toBe(true)
  })
})

describe('parseMediaType', () => {
  it.each([
    [
      'multipart/related; type="application/dicom"; boundary=abc',
      'multipart/related',
      { type: 'application/dicom', boundary: 'abc' },
    ],
    [
      'Multipart/Related;Boundary="a b;c"; TYPE=application/dicom',
      'multipart/related',
      { boundary: 'a b;c', type: 'application/dicom' },
    ],
    [
      'multipart/related; type="application/octet-stream; transfer-syntax=1.2"; boundary=x',
      'multipart/related',
      { type: 'application/octet-stream; transfer-syntax=1.2', boundary: 'x' },
    ],
    ['a/b; c="say \\"d\\""', 'a/b', { c: 'say "d"' }],
    ['', '', {}],
    [null, '', {}],
  ])('reads %s', (header, type, parameters) => {
    expect(parseMediaType(header)).toEqual({ type, parameters })
  })
})
