// Pages of the PDF as poppler draws them, before pictures that somebody has looked at: what moved, vanished or changed colour shows up here.
// UPDATE_PAGES=1 makes the pictures anew; look at each before you commit it.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decode } from 'fast-png'
import pixelmatch from 'pixelmatch'
import { decodeQR } from 'qr/decode.js'
import { expect, it } from 'vitest'
import type { ReportableResult } from '../../src/domain/finding.ts'
import { packFigures } from '../../src/reports/kept-figures.ts'
import { drawMeetingPdf } from '../../src/reports/meeting.ts'
import { drawReportPdf, reportFigures } from '../../src/reports/pdf.ts'
import { comparisonOf } from '../support/comparison.ts'
import { letterheadOf } from '../support/letterhead.ts'
import { SAGITTAL, syntheticCase } from '../support/result.ts'

const GOLDEN = new URL('../golden/pages/', import.meta.url)
/** Enough to read the headings; small files. */
const DPI = 60
/** Pixels that differ within a square of 24; another release of poppler smooths edges differently, which pixelmatch leaves out. */
const WINDOW = 24
const MAX_DIFFERENT = 20

const LINK = 'https://glioma.hospital.example/analyses/a'
const base = syntheticCase(SAGITTAL)
const result: ReportableResult = { ...base.result, comparison: comparisonOf(base.result) }
const figures = reportFigures({ ...base, result, link: LINK })
const letterhead = letterheadOf('Haus am See')

const pdfs: Record<string, () => Promise<Uint8Array>> = {
  report: () => drawReportPdf({ letterhead, result, figures }),
  letter: () => drawReportPdf({ letterhead: { ...letterhead, paper: 'Letter' }, result, figures }),
  german: () => drawReportPdf({ letterhead: letterheadOf('Haus am See', 'de'), result, figures }),
  meeting: () =>
    drawMeetingPdf({
      entries: [{ requested: 'GB-1', analysisId: 'a', result, figures: packFigures(figures) }],
      letterhead,
      software: { name: 'Gliabridge', version: '1' },
      at: new Date('2026-03-03T12:00:00.000Z'),
    }),
}

interface Picture {
  width: number
  height: number
  data: Uint8Array
}

/** RGBA of a greyscale or RGB picture with 8 bits. */
function pictureOf(png: Uint8Array): Picture {
  const { width, height, data, channels } = decode(png)
  const rgba = new Uint8Array(4 * width * height).fill(255)
  for (let p = 0; p < width * height; p++)
    for (let c = 0; c < 3; c++) rgba[4 * p + c] = data[p * channels + (channels < 3 ? 0 : c)]!
  return { width, height, data: rgba }
}

/** The most pixels that differ in any square. */
function difference(a: Picture, b: Picture): number {
  if (a.width !== b.width || a.height !== b.height) return Number.POSITIVE_INFINITY
  return pixelmatch(a.data, b.data, null, a.width, a.height, { windowSize: WINDOW })
}

/** The pages as PNG, by "report-1" and so on. */
async function pagesOf(name: string, dpi = DPI): Promise<Map<string, Buffer>> {
  const folder = mkdtempSync(join(tmpdir(), 'gliabridge-pages-'))
  try {
    const file = join(folder, 'in.pdf')
    writeFileSync(file, await pdfs[name]!())
    execFileSync('pdftoppm', ['-png', '-r', String(dpi), file, join(folder, name)])
    const pages = readdirSync(folder).filter((one) => one.endsWith('.png'))
    return new Map(pages.sort().map((one) => [one, readFileSync(join(folder, one))]))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

it.each(Object.keys(pdfs))('%s looks as it did when somebody last looked at it', async (name) => {
  const pages = await pagesOf(name)
  expect(pages.size).toBeGreaterThan(0)
  if (process.env.UPDATE_PAGES) for (const [page, png] of pages) writeFileSync(new URL(page, GOLDEN), png)
  const kept = readdirSync(GOLDEN).filter((one) => one.startsWith(`${name}-`))
  expect([...pages.keys()]).toEqual(kept.sort())
  for (const [page, png] of pages)
    expect(difference(pictureOf(png), pictureOf(readFileSync(new URL(page, GOLDEN)))), page).toBeLessThan(MAX_DIFFERENT)
})

it('would notice a line that moved, and one that lost its last words', async () => {
  const png = [...(await pagesOf('report')).values()][0]!
  const page = pictureOf(png)
  const row = 4 * page.width
  /** The volumes beside the pictures: from the page's height * 0.32 on, a line of 14 pt. */
  const [from, rows] = [Math.round(0.315 * page.height), 14]
  const moved = { ...page, data: page.data.slice() }
  moved.data.set(page.data.subarray(from * row, (from + rows) * row), (from + 3) * row)
  expect(difference(page, moved)).toBeGreaterThan(MAX_DIFFERENT)
  const cut = { ...page, data: page.data.slice() }
  for (let y = from; y < from + rows; y++) cut.data.fill(255, y * row + Math.round(0.72 * row), (y + 1) * row)
  expect(difference(page, cut)).toBeGreaterThan(MAX_DIFFERENT)
})

it('has a QR code that leads to the study page, as a camera reads it from the paper', async () => {
  const [first] = (await pagesOf('report', 150)).values()
  const { width, height, data } = pictureOf(first!)
  expect(decodeQR({ width, height, data })).toBe(LINK)
})
