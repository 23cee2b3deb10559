// The PDF of a meeting, as pdf.js reads it: list, bookmarks, links, one page a patient, print that is read from three metres.

import { getDocumentProxy } from 'unpdf'
import { describe, expect, it } from 'vitest'
import type { BoardEntry } from '../../src/domain/board.ts'
import { packFigures } from '../../src/reports/kept-figures.ts'
import { drawMeetingPdf } from '../../src/reports/meeting.ts'
import type { Letterhead } from '../../src/reports/page-content.ts'
import { reportFigures } from '../../src/reports/pdf.ts'
import { slideOf } from '../../src/reports/slides.ts'
import { letterheadOf } from '../support/letterhead.ts'
import { COARSE, syntheticCase } from '../support/result.ts'

const base = syntheticCase(COARSE)
const figures = packFigures(reportFigures(base))
const LONG = 'Wolfeschlegelsteinhausenbergerdorff-Vandersloot-Okonkwo^Maximiliane Friederike'

function entry(n: number, patientName: string): Extract<BoardEntry, { analysisId: string }> {
  const { result } = base
  const patient = { ...result.patient, patientName, patientId: `GB-${n}` }
  return { requested: `GB-${n}`, analysisId: `a${n}`, result: { ...result, patient }, figures }
}
const rejected: BoardEntry = {
  ...entry(3, 'Rejected^Rita'),
  review: {
    reviewId: 'r',
    analysisId: 'a3',
    number: 1,
    at: '2026-03-01T10:00:00.000Z',
    decision: 'reject',
    reviewer: { identifier: 'P-1', name: 'Nine^Dr' },
    reason: 'Wrong patient',
    edits: [],
  },
}
const entries: BoardEntry[] = [
  entry(1, LONG),
  { requested: 'GB-404', notShown: 'no-result' },
  rejected,
  entry(4, 'Sato^Hanako=佐藤^花子'),
]

async function meeting(shown: readonly BoardEntry[], letterhead: Letterhead = letterheadOf('Haus am See')) {
  const at = new Date('2026-03-03T12:00:00.000Z')
  const bytes = await drawMeetingPdf({ entries: shown, letterhead, at, software: { name: 'G', version: '1' } })
  const pdf = await getDocumentProxy(bytes.slice())
  const pages = await Promise.all(
    Array.from({ length: pdf.numPages }, async (_, n) => {
      const page = await pdf.getPage(n + 1)
      const { items } = await page.getTextContent()
      const pieces = items.flatMap((item) =>
        'str' in item && item.str.trim() !== '' ? [{ text: item.str, size: item.transform[0] as number }] : [],
      )
      const links = (await page.getAnnotations()).filter(({ subtype }) => subtype === 'Link')
      return { page, pieces, links, text: pieces.map(({ text }) => text).join(' ') }
    }),
  )
  return { pdf, pages, bytes }
}

describe('the PDF of a meeting', () => {
  it('has a list, then a page for each patient with a result, with bookmarks and links that lead there', async () => {
    const { pdf, pages } = await meeting(entries)
    expect(pages).toHaveLength(4)
    const outline = await pdf.getOutline()
    expect(outline.map(({ title }) => title)).toEqual([
      'Wolfeschlegelsteinhausenbergerdorff-Vandersloot-Okonkwo, Maximiliane Friederike',
      'Rejected, Rita',
      'Sato, Hanako · 佐藤 花子',
    ])
    const pageOf = async (dest: unknown) => {
      const explicit = typeof dest === 'string' ? await pdf.getDestination(dest) : (dest as unknown[])
      return pdf.getPageIndex(explicit![0] as Parameters<typeof pdf.getPageIndex>[0])
    }
    expect(await Promise.all(outline.map(({ dest }) => pageOf(dest)))).toEqual([1, 2, 3])
    expect(await Promise.all(pages[0]!.links.map(({ dest }) => pageOf(dest)))).toEqual([1, 2, 3])
    expect(pages[0]!.text).toContain('GB-404 no delivered analysis')
    for (const [n, name] of ['Wolfeschlegel', 'Rejected, Rita', 'Sato, Hanako'].entries()) {
      expect(pages[n + 1]!.text).toContain(name)
      expect(pages[0]!.text).toContain(`page ${n + 2}`)
    }
    expect(pages.at(-1)!.text).toContain('Page 4 of 4')
    expect((await pdf.getMetadata()).info).toMatchObject({ Title: 'Tumour board 2026-03-03' })
  })

  it('has all of the list but the page number in at least 14 points', async () => {
    const { pages } = await meeting(entries)
    expect(pages[0]!.pieces.filter(({ size }) => size < 14).map(({ text }) => text)).toEqual(['Page 1 of 4'])
  })

  it('shows no value of a rejected result', async () => {
    const { pages } = await meeting(entries)
    expect(pages[2]!.text).toMatch(/REJECTED – do not use.*Wrong patient/)
    expect(pages[2]!.text).not.toMatch(/ mL|IDH-/)
  })

  it('names right pages where the list takes several', async () => {
    const many = Array.from({ length: 30 }, (_, n) => entry(n + 1, `Patient${n + 1}^Test`))
    const { pages } = await meeting(many.map(withoutFigures))
    expect(pages).toHaveLength(32)
    expect(pages[1]!.text).toContain('30 Patient30, Test page 32')
    expect(pages[31]!.text).toContain('Patient30, Test')
    expect(pages.flatMap(({ links }) => links)).toHaveLength(30)
  })

  it('is on the paper of the site', async () => {
    const { pages } = await meeting(entries, { ...letterheadOf(), paper: 'Letter' })
    for (const { page } of pages) expect(page.view).toEqual([0, 0, 612, 792])
  })
})

function withoutFigures({ figures: _, ...rest }: Extract<BoardEntry, { analysisId: string }>): BoardEntry {
  return rest
}

describe('a slide', () => {
  it('has the words of the page, and its pictures with outlines in mm', () => {
    const slide = slideOf(entry(1, 'Sørensen^Åse'))
    if ('notShown' in slide) throw new Error('nothing is shown')
    expect(slide.names).toEqual(['Sørensen, Åse'])
    expect(slide.content!.impression[0]).toContain('Tumour')
    expect(slide.pictures.map(({ caption }) => caption)).toEqual([
      expect.stringMatching(/^Largest enhancement, T1 post-contrast, axial S/),
      expect.stringMatching(/^Largest oedema, FLAIR, axial S/),
    ])
    const [first] = slide.pictures
    const points = [...first!.outlines[0]!.path.matchAll(/([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [
      Number(x),
      Number(y),
    ])
    expect(points.length).toBeGreaterThan(20)
    for (const [x, y] of points) {
      expect(x).toBeLessThan(first!.widthMm)
      expect(y).toBeLessThan(first!.heightMm)
    }
  })

  it('has no values when the result was rejected', () => {
    const slide = slideOf(rejected)
    expect(JSON.stringify(slide)).not.toMatch(/ mL|IDH-/)
    expect(slide).toMatchObject({ withdrawn: expect.stringContaining('Wrong patient'), pictures: [] })
  })
})
