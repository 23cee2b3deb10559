// The page for a tumour board, as pdf.js reads it: what must be seen is in large print, nothing is cut that matters, and the QR code leads to the page.

import { decodeQR } from 'qr/decode.js'
import { getDocumentProxy } from 'unpdf'
import { describe, expect, it } from 'vitest'
import type { ReportableResult } from '../../src/domain/finding.ts'
import { packFigures, unpackFigures } from '../../src/reports/kept-figures.ts'
import { drawReportPdf, reportFigures } from '../../src/reports/pdf.ts'
import { comparisonOf } from '../support/comparison.ts'
import { letterheadOf } from '../support/letterhead.ts'
import { readPage } from '../support/read-page.ts'
import { COARSE, syntheticCase } from '../support/result.ts'
import { sampleResult } from '../support/sample-analyses.ts'

const base = syntheticCase(COARSE)
const LINK = 'https://glioma.hospital.example/analyses/6a383642c7bdbfa8721d74cc5b1774e3'
const calls = sampleResult.predictions.map((one) =>
  one.head === 'idh' && one.status === 'evaluable' ? { ...one, errorBudget: { n: 190, wrong: 5 } } : one,
)
const result: ReportableResult = { ...base.result, predictions: calls, comparison: comparisonOf(base.result) }

async function board(change: Partial<ReportableResult> = {}, link: string | undefined = LINK) {
  const shown = { ...result, ...change }
  const figures = reportFigures({ ...base, result: shown, ...(link && { link }) })
  const bytes = await drawReportPdf({
    result: shown,
    figures: unpackFigures(packFigures(figures)),
    letterhead: letterheadOf(),
  })
  const pdf = await getDocumentProxy(bytes.slice())
  const page = await pdf.getPage(1)
  const { items } = await page.getTextContent()
  const pieces = items.flatMap((item) =>
    'str' in item && item.str.trim() !== ''
      ? [{ text: item.str, size: item.transform[0] as number, x: item.transform[4] as number, width: item.width }]
      : [],
  )
  return { bytes, pages: pdf.numPages, pieces, text: pieces.map(({ text }) => text).join(' ') }
}

describe('the page for a tumour board', () => {
  it('is the first, before details, worksheet and planes, and has what must be seen in at least 14 points, inside the margins', async () => {
    const { pages, pieces } = await board()
    expect(pages).toBe(4)
    const large = pieces
      .filter(({ size }) => size >= 14)
      .map(({ text }) => text)
      .join(' ')
    const [wt, , et] = ['WT', 'TC', 'ET'].map((region) => result.measurements.find((one) => one.region === region)!)
    for (const must of [
      'Sørensen, Åse Marie',
      result.patient.patientId,
      'imaging of 2026-03-01',
      `${wt!.value.toFixed(1)} mL`,
      `${et!.value.toFixed(1)} mL`,
      'IDH: IDH-wildtype (very likely)',
      'WHO grade: indeterminate',
      '1p/19q: not evaluable',
      'Left open',
    ])
      expect(large).toContain(must)
    for (const { x, width } of pieces) {
      expect(x).toBeGreaterThanOrEqual(33.9)
      expect(x + width).toBeLessThanOrEqual(595.28 - 33.5)
    }
  })

  it('says the error budget whole, and the change since the earlier study', async () => {
    const { text } = await board()
    expect(text.replace(/\s+/g, ' ')).toContain(
      'Of 100 patients like this one in the measured data, 3 were called wrongly (5 of 190).',
    )
    expect(text).toContain('since 2026-01-02')
    expect(text).not.toContain('…')
  })

  it('begins with the question, the last decision and what changed since, in large print, where the record states them', async () => {
    const boardRecord = {
      question: { text: 'Progression or effect of treatment?', reference: 'ServiceRequest/77' },
      decision: {
        text: 'Resection, then radiotherapy with temozolomide.',
        date: '2026-01-10',
        reference: 'CarePlan/9',
      },
    }
    const { pages, pieces, text } = await board({ boardRecord })
    expect(pages).toBe(4)
    const large = pieces
      .filter(({ size }) => size >= 14)
      .map((piece) => piece.text)
      .join(' ')
    const comparison = result.comparison!
    const [whole] = comparison.volumes
    for (const must of [
      'Question: Progression or effect of treatment?',
      'Board of 2026-01-10: Resection, then radiotherapy with temozolomide.',
      `Since then (study of 2026-01-02): whole tumour ${whole!.earlier.toFixed(1)} → ${whole!.now.toFixed(1)} mL, enhancing `,
    ])
      expect(large).toContain(must)
    expect(text.indexOf('Question:')).toBeLessThan(text.indexOf('Tumour: whole tumour'))
    // The board met before the earlier study: nothing was measured up to that day.
    const before = { decision: { ...boardRecord.decision, date: '2025-12-01' } }
    expect((await board({ boardRecord: before })).text).not.toContain('Since then')
    expect((await board()).text).not.toMatch(/Question:|Board of/)
  })

  it('prints a long decision whole, if not here then at the end', async () => {
    const decision = {
      text: 'Radiotherapy with temozolomide, then '.repeat(30),
      date: '2026-01-10',
      reference: 'CarePlan/9',
    }
    const { bytes } = await board({ boardRecord: { decision } })
    const pdf = await getDocumentProxy(bytes.slice())
    const texts = await Promise.all(
      Array.from({ length: pdf.numPages }, async (_, n) => {
        const { items } = await (await pdf.getPage(n + 1)).getTextContent()
        return items.map((item) => ('str' in item ? item.str : '')).join(' ')
      }),
    )
    expect(texts[0]).toContain('…')
    expect(texts.at(-1)!.match(/temozolomide/g)!.length).toBeGreaterThanOrEqual(30)
  })

  it('shows the slice on which the enhancing tumour is largest, and that of the oedema', async () => {
    const { board: figures = [] } = reportFigures({ ...base, result })
    const area = (label: number, z: number) => {
      const { size, spacing, origin } = base.segmentation.grid
      const k = Math.round((z - origin[2]) / spacing[2])
      let count = 0
      for (let at = 0; at < size[0] * size[1]; at++)
        if (base.segmentation.data[at + size[0] * size[1] * k] === label) count += 1
      return count
    }
    const { origin, spacing, size } = base.segmentation.grid
    const slices = Array.from({ length: size[2] }, (_, k) => origin[2] + k * spacing[2])
    expect(figures.map(({ of }) => of)).toEqual(['enhancing', 'oedema'])
    for (const [n, label] of [3, 2].entries())
      expect(area(label, figures[n]!.figures.z)).toBe(Math.max(...slices.map((z) => area(label, z))))
    expect(figures.map((one) => one.figures.pictures[0]!.sequence)).toEqual(['T1c', 'FLAIR'])
  })

  it('stands without a tumour, and without an address', async () => {
    const none = { ...base.segmentation, data: new Uint8Array(base.segmentation.data.length) }
    const shown = { ...result, noFinding: true, comparison: undefined } as unknown as ReportableResult
    const figures = reportFigures({ ...base, segmentation: none, result: shown })
    expect(figures.board!.map(({ of }) => of)).toEqual([undefined, undefined])
    const bytes = await drawReportPdf({ result: shown, figures, letterhead: letterheadOf() })
    expect((await getDocumentProxy(bytes)).numPages).toBe(2)
  })
})

describe('the appendix with the planes', () => {
  it('has both key slices in three planes, each alone and with outlines, and says where each lies', async () => {
    const { bytes, pages } = await board()
    const { pieces, text } = await readPage(bytes, pages)
    expect(text).toContain('Key slices in three planes')
    for (const title of ['Largest enhancement, T1 post-contrast', 'Largest oedema, FLAIR'])
      expect(text).toContain(title)
    expect(text.match(/Axial S \d+\.\d mm/g)).toHaveLength(2)
    expect(text.match(/Coronal P \d+\.\d mm/g)).toHaveLength(2)
    expect(text.match(/Sagittal L \d+\.\d mm/g)).toHaveLength(2)
    // Twelve pictures, each with a scale of its own.
    expect(text.match(/5 cm/g)).toHaveLength(12)
    for (const { x, y, width } of pieces) {
      expect(x).toBeGreaterThanOrEqual(33.9)
      expect(x + width).toBeLessThanOrEqual(595.28 - 33.5)
      expect(y).toBeLessThan(841.89 - 20)
    }
  })
})

describe('the QR code', () => {
  it('is the address of the study page', async () => {
    const { default: encodeQR } = await import('qr')
    const modules = encodeQR(LINK, 'raw', { ecc: 'medium', border: 2 })
    const scale = 4
    const side = modules.length * scale
    const data = new Uint8Array(side * side * 4).fill(255)
    for (const [row, cells] of modules.entries())
      for (const [column, isDark] of cells.entries())
        for (let at = 0; isDark && at < scale * scale; at++)
          data.fill(
            0,
            4 * (column * scale + (at % scale) + side * (row * scale + Math.floor(at / scale))),
            4 * (column * scale + (at % scale) + side * (row * scale + Math.floor(at / scale))) + 3,
          )
    expect(decodeQR({ width: side, height: side, data })).toBe(LINK)
  })
})
