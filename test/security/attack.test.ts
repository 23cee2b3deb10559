// What an attack on an early version found, point by point: the test that would fail if it came back. Points without a test of their own elsewhere are tested here.
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { decodeRle } from '../../src/dicom/rle.ts'
import { readSettings } from '../../src/settings/read.ts'
import { failureOf } from '../support/failure-of.ts'

const POINTS: [point: string, file: string, title: string][] = [
  [
    'an HTJ2K fragment of 143 bytes never returns',
    'decoding/decoder',
    'is ended when it hangs over an instance, which is named',
  ],
  [
    'the same fragment, found by fuzzing',
    'fuzz/corpus',
    "it.each(readdirSync(folder).filter((name) => name !== 'README.md'))",
  ],
  [
    '256 KiB of zeros and one byte take 43 s',
    'dicom/part10',
    'is read in a time that grows with its length alone: zeros, and a byte after them',
  ],
  [
    'after 275 damaged JPEG-LS frames every good one is refused',
    'integration/damaged-frames',
    'expect(refused).toBeGreaterThan(275)',
  ],
  [
    'the study that killed the decoder comes back twelve times',
    'domain/retry',
    'is held after one repetition of what nobody foresaw',
  ],
  [
    '3 MB inflate to 3 GB',
    'dicom/inflate',
    'stops a small object that would fill the memory, in the walk and in the parser',
  ],
  [
    '8 MB of RLE become 1.1 GB',
    'security/attack',
    'RLE: runs without end fill the frame that the headers state, and nothing beyond it',
  ],
  [
    'HTJ2K headers of 20,000² pixels',
    'dicom/codestream-header',
    'stops a decoder before it allocates 20,000 × 20,000 pixels, or a tile for each of them',
  ],
  ['sequences 20,000 deep', 'dicom/part10', 'may nest sequences as deep as the limit, and no deeper'],
  [
    '0.2 MB of gzip are a JSON answer of millions',
    'dicomweb/limits',
    'of few compressed bytes that are a list of millions is refused before it is parsed',
  ],
  [
    'the same from the EHR, nested',
    'fhir/connection/bounded-fetch',
    'that is nested without end is refused before it is parsed',
  ],
  ['endless bodies', 'dicomweb/limits', 'has at most so many bytes'],
  ['endless epilogues', 'dicomweb/multipart', 'reads no epilogue that goes on'],
  ['one byte every 300 ms', 'dicomweb/limits', 'of one byte every 50 ms is too slow'],
  ['paging without end, with new UIDs', 'dicomweb/limits', 'that gives new studies on every page is left'],
  ['every limit is in one table, each refusal named', 'limits', 'documents every limit with its value and its refusal'],
  [
    'a lost database connection ends the process',
    'store/postgres-lost',
    'is an error of the transaction, a line of the log, and a new connection the next time',
  ],
  [
    'after lost state every delivered study is held',
    'integration/composed',
    'finds the prior in the archive when the store is lost',
  ],
  ['after lost state, by fault injection', 'faults/kinds', 'state lost'],
  [
    'a study that grows leaves two current results',
    'pipeline/worker',
    'leaves one current result of a study: a delivered one that nobody reviewed gives way once the later one is delivered',
  ],
  ['the same, by fault injection', 'integration/faults', 'study grows while it is analysed'],
  [
    'control characters reach FHIR and jsonb',
    'domain/clean-text',
    'leaves what XML, jsonb and FHIR strings can hold, and nothing else',
  ],
  ['control characters, at every border', 'domain/clean-text', 'is done where text comes in'],
  ['HEAD /events leaks streams', 'http/app', "{ method: 'HEAD' })"],
  [
    'wrong tokens are neither slowed nor logged',
    'http/app',
    'makes who tries tokens wait, longer each time, and says so in the log; the right token never waits',
  ],
  [
    'views leave no audit row',
    'http/views',
    'is one row however often the page renews itself, and another for another person, or after a while',
  ],
  ['Retry-After: 3000000 overflows a timer', 'dicomweb/limits', 'that asks for a month of pause gets an hour'],
  [
    'a clock set back stops the intake',
    'triggers/study-watch',
    'counts anew when the clock is set back, and does not wait for the time to come round again',
  ],
  ['a clock set back stops leases', 'contract/analysis-store', 'is not stopped by a clock that is set back'],
  [
    'a full disk says ready',
    'store/disk',
    'writes a row each time, and is not ready when the server has no room for it',
  ],
  [
    'settings nested deeply give an untyped error',
    'security/attack',
    'settings: nested deeply, they are refused by name',
  ],
  ['NIfTI files give untyped errors', 'evaluation/nifti', 'a header of negative dimensions'],
  ['IPFS and web3 packages in production', 'packages', 'has no IPFS or web3 package in production'],
  [
    'fuzzing stays, every crash in the corpus',
    'fuzz/corpus',
    'are the same for the same seed and number, and others for others',
  ],
]

it.each(POINTS)('%s: %s has its test', (_point, file, title) => {
  const path = ['.test.ts', '.ts'].map((end) => new URL(`../${file}${end}`, import.meta.url))
  const text = path.flatMap((url) => {
    try {
      return readFileSync(url, 'utf8')
    } catch {
      return []
    }
  })
  expect(text.join('\n')).toContain(title)
})

it('RLE: runs without end fill the frame that the headers state, and nothing beyond it', () => {
  // 64 bytes of header and 8 MB of runs of 128 equal bytes: 512 MiB if they were followed.
  const frame = new Uint8Array(64 + 2 ** 23).fill(0x81)
  new DataView(frame.buffer).setUint32(0, 1, true)
  new DataView(frame.buffer).setUint32(4, 64, true)
  const pixels = decodeRle(frame, 7 * 5, 1)
  expect(pixels).toEqual(new Uint8Array(35).fill(0x81))
  expect(pixels.buffer.byteLength).toBe(35)
  new DataView(frame.buffer).setUint32(0, 15, true)
  expect(() => decodeRle(frame, 7 * 5, 1)).toThrow('there are 15 RLE segments, not 1')
})

it('settings: nested deeply, they are refused by name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gliabridge-nested-'))
  try {
    const file = join(folder, 'site.json')
    await writeFile(file, `{"pacs": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`)
    expect(await failureOf(readSettings(file, {}))).toMatchObject({
      code: 'SETTINGS_INVALID',
      message: expect.stringContaining(file),
    })
  } finally {
    await rm(folder, { recursive: true })
  }
})
