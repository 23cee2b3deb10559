// An archive that answers without end: bodies, drips, JSON bombs, paging. Each is stopped at its limit, and named.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { type BodyLimits, boundedBody } from '../../src/dicomweb/bounded-body.ts'
import { createDicomWebClient } from '../../src/dicomweb/client.ts'
import { parseDataSets } from '../../src/dicomweb/dicom-json.ts'
import { AppError } from '../../src/domain/errors.ts'
import { LIMITS } from '../../src/domain/limits.ts'
import { quietLog } from '../support/quiet-log.ts'

const ASKED = { what: 'series 1.2', target: 'http://pacs/series' }
const LIMITED: BodyLimits = { bytes: 100, bytesPerSecond: 10, graceMs: 2000 }

/** Chunks of so many bytes, each after so many milliseconds of a clock of their own. */
async function taken(chunks: [bytes: number, ms: number][], readerMs = 0) {
  let now = 0
  let at = 0
  const next = async () => {
    const chunk = chunks[at++]
    now += chunk?.[1] ?? 0
    return chunk && new Uint8Array(chunk[0])
  }
  let bytes = 0
  try {
    for await (const chunk of boundedBody(next, LIMITED, () => now, ASKED)) {
      bytes += chunk.length
      now += readerMs
    }
  } catch (thrown) {
    const { code, message } = thrown as AppError
    return { bytes, code, message }
  }
  return { bytes }
}

describe('the body of an answer', () => {
  it('has at most so many bytes', async () => {
    expect(
      await taken([
        [60, 0],
        [40, 0],
      ]),
    ).toEqual({ bytes: 100 })
    expect(
      await taken([
        [60, 0],
        [41, 0],
      ]),
    ).toEqual({
      bytes: 60,
      code: 'ARCHIVE_NOT_DICOMWEB',
      message: 'the answer to series 1.2 is over 100 bytes (http://pacs/series)',
    })
  })

  it('comes at a rate, once it was waited for', async () => {
    const drip = (count: number): [number, number][] => Array.from({ length: count }, () => [1, 300])
    expect(await taken(drip(6))).toEqual({ bytes: 6 })
    expect(await taken(drip(9))).toEqual({
      bytes: 6,
      code: 'ARCHIVE_TIMEOUT',
      message: 'the archive sent 7 bytes in 2 s, less than 10 a second, in answer to series 1.2 (http://pacs/series)',
    })
    // Late at first and quick then, or just as fast as it must be.
    expect(
      await taken([
        [20, 1900],
        [2, 300],
      ]),
    ).toEqual({ bytes: 22 })
    expect(
      await taken([
        [21, 2100],
        [1, 100],
      ]),
    ).toEqual({ bytes: 22 })
  })

  it('may be read as slowly as its reader likes', async () => {
    expect(
      await taken(
        [
          [1, 10],
          [1, 10],
          [1, 10],
        ],
        60_000,
      ),
    ).toEqual({ bytes: 3 })
  })
})

describe('an archive without end', () => {
  let close: (() => Promise<unknown>) | undefined
  afterEach(() => close?.())

  async function archive(answer: (request: IncomingMessage, response: ServerResponse) => void) {
    const server = createServer(answer)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    close = () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    }
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return createDicomWebClient({ url, auth: { type: 'none' }, timeoutMs: 2000, log: quietLog })
  }
  const failure = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => undefined,
      (thrown) => thrown,
    )
    expect(error).toBeInstanceOf(AppError)
    return error as AppError
  }

  it('of few compressed bytes that are a list of millions is refused before it is parsed', async () => {
    const bomb = gzipSync(Buffer.from(`[${'{},'.repeat(LIMITS.jsonContainers + 1)}{}]`))
    expect(bomb.length).toBeLessThan(200_000)
    const one = await archive((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/dicom+json', 'content-encoding': 'gzip' }).end(bomb)
    })
    expect(await failure(one.retrieveMetadata('1.2'))).toMatchObject({
      code: 'ARCHIVE_NOT_DICOMWEB',
      message: expect.stringContaining('the answer to metadata of study 1.2 has over 8000000 objects and lists'),
    })
  })

  it('of deep nesting is refused, and no stack of calls overflows', async () => {
    const deep = `[${'{"00081140":{"vr":"SQ","Value":['.repeat(50_000)}`
    const one = await archive((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/dicom+json' }).end(deep)
    })
    expect((await failure(one.retrieveMetadata('1.2'))).message).toContain('is nested deeper than 128')
    const nested = (depth: number): unknown =>
      depth === 0 ? {} : { '00081140': { vr: 'SQ', Value: [nested(depth - 1)] } }
    expect(parseDataSets(JSON.stringify([nested(40)]))).toMatchObject({ kind: 'list' })
  })

  it('of one byte every 50 ms is too slow', async () => {
    const one = await archive((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/dicom+json' }).write('[')
      const drip = setInterval(() => response.write(' '), 50)
      response.on('close', () => clearInterval(drip))
    })
    const started = performance.now()
    expect(await failure(one.retrieveMetadata('1.2'))).toMatchObject({
      code: 'ARCHIVE_TIMEOUT',
      message: expect.stringContaining('less than 1000 a second, in answer to metadata of study 1.2'),
    })
    expect(performance.now() - started).toBeLessThan(15_000)
  })

  it('that gives new studies on every page is left', async () => {
    let pages = 0
    const one = await archive((_request, response) => {
      pages += 1
      const row = { '0020000D': { vr: 'UI', Value: [`1.2.${pages}`] } }
      response.writeHead(200, { 'content-type': 'application/dicom+json' }).end(JSON.stringify([row]))
    })
    expect(await failure(one.searchStudies({ from: '20250101', modality: 'MR' }))).toMatchObject({
      code: 'ARCHIVE_NOT_DICOMWEB',
      message: `the answer to search of studies does not end within ${LIMITS.searchPages} pages`,
    })
    expect(pages).toBe(LIMITS.searchPages)
  })

  it('that asks for a month of pause gets an hour', async () => {
    const one = await archive((_request, response) => {
      response.writeHead(503, { 'retry-after': '3000000' }).end()
    })
    expect((await failure(one.searchInstances('1.2'))).retryAfterSeconds).toBe(LIMITS.retryAfterSeconds)
  })
})
