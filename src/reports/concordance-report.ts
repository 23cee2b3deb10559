// A site's own figures as a PDF: one table per head and one for outlines, each with a sentence to read first; PDF/A-2a and PDF/UA-1 like the report.
import type { Share, SiteFigures } from '../domain/concordance.ts'
import { CONCORDANCE, endOfScale, type FiguresTable, figuresContent } from '../wording/concordance.ts'
import { partPercent } from '../wording/quantities.ts'
import { WORDS } from '../wording/report-words.ts'
import { drawRule, drawText, leading, STYLES, type Tools } from './blocks.ts'
import { Canvas, MARGIN, type Parent } from './canvas.ts'
import { INK } from './colours.ts'
import { type Flow, startFlow } from './flow.ts'
import { drawTableRow } from './flow-table.ts'
import { openFonts } from './fonts.ts'
import type { Letterhead } from './page-content.ts'
import { pageNumbers, TYPOGRAPHY } from './pdf.ts'
import { createMeasurer } from './text.ts'

export interface ConcordanceReport {
  figures: SiteFigures
  letterhead: Letterhead
  /** When the figures were counted: the date of the document. */
  at: Date
  software: { name: string; version: string }
}

/** Shares of the width: measure, here, and the card's figure, if it has one. */
const BESIDE_CARD = [0.44, 0.28, 0.28] as const
const ALONE = [0.6, 0.4] as const
const NUMBER = { size: 10, weight: 'regular' } as const
const LEAD = { size: 11, weight: 'bold' } as const

/** For those who run the service, who read its pages and settings in English too. */
const words = WORDS.en

/** The same figures at the same moment give the same bytes. */
export async function drawConcordancePdf({
  figures,
  letterhead,
  at,
  software,
}: ConcordanceReport): Promise<Uint8Array> {
  const { institution, paper = 'A4', fonts } = letterhead
  const content = figuresContent(figures)
  const measurer = createMeasurer(await openFonts(fonts, [JSON.stringify(content), institution, TYPOGRAPHY]))
  const canvas = new Canvas({
    title: `${CONCORDANCE.title} ${figures.until.slice(0, 10)}`,
    creator: `${software.name} ${software.version}`,
    subject: content.period,
    language: words.language,
    date: at,
    paper,
  })
  const tools = { canvas, measurer, words }
  const flow = startFlow(tools)
  const head = canvas.group(canvas.root, 'Sect')
  const y = flow.room(leading(STYLES.title) + 4)
  drawText(tools, head, 'H1', CONCORDANCE.title, { x: MARGIN, y, width: flow.width / 2 }, STYLES.title)
  if (institution !== '') {
    const right = { x: MARGIN + flow.width, y: y + 5, width: flow.width / 2, align: 'right' } as const
    drawText(tools, head, 'P', institution, right, STYLES.name)
  }
  flow.text(head, CONCORDANCE.lead, NUMBER)
  flow.text(head, `${content.period}. ${content.counted}.`, STYLES.body)
  flow.skip(14)
  for (const table of content.tables) {
    drawFigures(tools, flow, table)
    flow.skip(16)
  }
  const foot = canvas.group(canvas.root, 'Sect')
  for (const note of content.notes) {
    flow.text(foot, note, STYLES.body)
    flow.skip(3)
  }
  return canvas.finish(pageNumbers(tools))
}

function drawFigures(tools: Tools, flow: Flow, { title, verdict, rows, hasCard, wrongCalls }: FiguresTable): void {
  const { canvas } = tools
  const parent: Parent = canvas.group(canvas.root, 'Sect')
  flow.heading(parent, title)
  flow.text(parent, verdict, LEAD)
  flow.skip(4)
  if (wrongCalls) drawScale(tools, flow.room(SCALE.height), wrongCalls)
  const table = canvas.group(parent, 'Table')
  const columns = hasCard ? BESIDE_CARD : ALONE
  const cells = (...all: string[]) =>
    all.slice(0, columns.length).map((text) => (text === '' ? CONCORDANCE.nothing : text))
  const heads = cells(CONCORDANCE.measure, CONCORDANCE.here, CONCORDANCE.card)
  drawTableRow(tools, flow, table, heads, { columns, style: STYLES.small, ink: INK.muted, isHead: true })
  for (const { name, here, card } of rows)
    drawTableRow(tools, flow, table, cells(name, here, card), { columns, style: NUMBER, ink: INK.text })
  drawRule(tools, MARGIN, flow.room(1), flow.width, INK.track)
}

/** Points: where the scale begins and how wide it is, to the right of the names. */
const SCALE = { left: 90, width: 300, row: 15, height: 48 } as const

/** Both shares of wrong calls with their intervals; the table says the same in words. */
function drawScale({ canvas, measurer }: Tools, top: number, { here, card }: { here: Share; card: Share }): void {
  const end = endOfScale(here, card)
  const x = (share: number) => MARGIN + SCALE.left + (SCALE.width * share) / end
  const bottom = top + 2 * SCALE.row
  const write = (text: string, at: number, y: number) => {
    const line = measurer.fit(text, STYLES.body, SCALE.left)
    canvas.write(line, at, y, STYLES.body.size, INK.muted)
  }
  canvas.artifact((doc) => {
    for (const share of [0, end / 2, end]) {
      doc
        .moveTo(x(share), top)
        .lineTo(x(share), bottom + 2)
        .lineWidth(0.5)
        .strokeColor(INK.rule)
        .stroke()
      write(partPercent(share), x(share) - 6, bottom + 11)
    }
    for (const [n, { count, of, ci95 }] of [here, card].entries()) {
      const y = top + SCALE.row * (n + 0.5)
      write(n === 0 ? CONCORDANCE.here : CONCORDANCE.card, MARGIN, y + 3)
      doc.moveTo(x(ci95![0]), y).lineTo(x(ci95![1]), y).lineWidth(2).strokeColor(INK.bar).stroke()
      doc.circle(x(count / of), y, 3.5).fill(INK.text)
    }
  })
}
