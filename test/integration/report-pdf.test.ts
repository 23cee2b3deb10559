// Reports from any text, and the same bytes from any process: dozens of reports and three processes, which npm test has no time for.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { getDocumentProxy } from 'unpdf'
import { describe, expect, it } from 'vitest'
import type { ReportableResult } from '../../src/domain/finding.ts'
import { packFigures } from '../../src/reports/kept-figures.ts'
import { drawMeetingPdf } from '../../src/reports/meeting.ts'
import { reportFigures } from '../../src/reports/pdf.ts'
import { comparisonOf } from '../support/comparison.ts'
import { letterheadOf, renderReportPdf } from '../support/letterhead.ts'
import { readPage } from '../support/read-page.ts'
import { COARSE, type SyntheticCase, syntheticCase } from '../support/result.ts'

const base = syntheticCase(COARSE)
/** Text alone: no pictures to sample. */
const textOnly: SyntheticCase = {
  result: base.result,
  segmentation: { grid: { ...base.segmentation.grid, size: [2, 2, 2] }, data: new Uint8Array(8) },
  images: [],
}
const render = (change: Partial<ReportableResult> = {}, input: SyntheticCase = base) =>
  renderReportPdf({ ...input, result: { ...input.result, ...change } })

describe('the report', () => {
  it('any text makes tidy pages', async () => {
    // A page of arbitrary Han or Hangul opens a hundred font files, so letters of each script come from a few.
    const text = fc.oneof(
      fc.string({ unit: 'grapheme-ascii', maxLength: 300 }),
      fc.string({
        unit: fc.constantFrom(
          'W',
          'i',
          ' ',
          'ß',
          'Ж',
          '龍',
          '山',
          'や',
          'ק',
          'م',
          '홍',
          'ก',
          'अ',
          '-',
          '9',
          '≥',
          '\u202e',
          '\ud83d',
          'a\u0301',
        ),
        maxLength: 400,
      }),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          name: text,
          description: text,
          reason: text,
          notes: fc.array(text, { maxLength: 25 }),
          regions: fc.array(text, { maxLength: 15 }),
        }),
        async ({ name, description, reason, notes, regions }) => {
          const { pages, pieces } = await readPage(
            await render(
              {
                patient: { ...base.result.patient, patientName: name },
                study: { ...base.result.study, studyDescription: description },
                ...(notes.length % 2 === 1 && { noFinding: true, comparison: comparisonOf(base.result) }),
                quality: notes.map((note, n) => ({
                  code: 'X',
                  severity: n % 3 === 0 ? 'warning' : 'info',
                  text: note,
                })),
                predictions: base.result.predictions.map(({ head }) => ({ head, status: 'not-evaluable', reason })),
                measurements: regions.map((region) => ({
                  region,
                  name: region,
                  quantity: 'volume',
                  value: 1.5,
                  unit: 'mL',
                })),
              },
              textOnly,
            ),
          )
          expect(pages).toBeGreaterThanOrEqual(2)
          for (const piece of pieces) {
            expect(piece.y).toBeGreaterThan(30)
            expect(piece.y).toBeLessThan(841.89 - 20)
            expect(piece.size).toBeGreaterThanOrEqual(7)
          }
        },
      ),
      { numRuns: 8, seed: 20260301 },
    )
  }, 600_000)
})

describe('a meeting', () => {
  it('of 20 patients with pictures is written within a minute', { timeout: 120_000 }, async () => {
    const figures = packFigures(reportFigures(base))
    const entries = Array.from({ length: 20 }, (_, n) => {
      const patient = { ...base.result.patient, patientName: `Patient${n}^Test`, patientId: `GB-${n}` }
      return { requested: `GB-${n}`, analysisId: `a${n}`, result: { ...base.result, patient }, figures }
    })
    const letterhead = letterheadOf('Haus am See')
    const software = { name: 'Gliabridge', version: '1' }
    const begin = performance.now()
    const bytes = await drawMeetingPdf({ entries, letterhead, software, at: new Date('2026-03-03T12:00:00.000Z') })
    expect(performance.now() - begin).toBeLessThan(60_000)
    // The list takes two.
    expect((await getDocumentProxy(bytes)).numPages).toBe(22)
  })
})

describe('the bytes', () => {
  it('are the same in every process, time zone and language, and after other reports', async () => {
    const script = fileURLToPath(new URL('../support/render-digest.ts', import.meta.url))
    const elsewhere = async (env: Record<string, string>) =>
      (
        await promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
          env: { ...process.env, ...env },
        })
      ).stdout
    const digests = [
      await elsewhere({ TZ: 'Asia/Tokyo', LANG: 'ja_JP.UTF-8' }),
      await elsewhere({ TZ: 'America/Los_Angeles', LANG: 'C' }),
    ]
    // Other letters first: a font that remembers them would write another character map.
    await render({ patient: { ...base.result.patient, patientName: 'µ-μ‐Å\u00a0' } }, textOnly)
    const patient = { ...base.result.patient, patientName: 'Yamada^Tarou=山田^太郎=やまだ^たろう' }
    digests.push(
      createHash('sha256')
        .update(await render({ patient }))
        .digest('hex'),
    )
    expect(digests[0]).toMatch(/^[0-9a-f]{64}$/)
    expect(new Set(digests).size).toBe(1)
  })

  it('differ when the result differs', async () => {
    const one = createHash('sha256')
      .update(await render())
      .digest('hex')
    const two = createHash('sha256')
      .update(await render({ analysisId: 'another' }))
      .digest('hex')
    expect(one).not.toBe(two)
  })
})
