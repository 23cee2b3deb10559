// One PDF for a meeting: the list of patients, then one page per patient, with bookmarks; PDF/A-2a and PDF/UA-1 like the report.

import type { BoardEntry } from '../domain/board.ts'
import { applyEdits } from '../domain/corrections.ts'
import { WORDS, type Words } from '../wording/report-words.ts'
import { ascent, drawRule, drawText, leading, STYLES, type Tools } from './blocks.ts'
import { drawBoardPage } from './board-page.ts'
import { Canvas, MARGIN } from './canvas.ts'
import { INK } from './colours.ts'
import { writeContent } from './content.ts'
import { startFlow } from './flow.ts'
import { openFonts } from './fonts.ts'
import { unpackFigures } from './kept-figures.ts'
import { drawPage } from './layout.ts'
import type { Letterhead, ReportContent } from './page-content.ts'
import { pageNumbers, TYPOGRAPHY, textsOf, withReadingNote } from './pdf.ts'
import { createMeasurer } from './text.ts'

export interface Meeting {
  entries: readonly BoardEntry[]
  letterhead: Letterhead
  /** When it was made; printed on the first page. */
  at: Date
  software: { name: string; version: string }
}

/** Readable from three metres, like the pages of the patients. */
const NAME = { size: 14, weight: 'bold' } as const
const LINE = { size: 14, weight: 'regular' } as const
const TITLE = { size: 22, weight: 'bold' } as const
const ROW_GAP = 5

interface Row {
  name: string
  detail: string
  content?: ReportContent
  entry: BoardEntry
}

/** The same entries at the same time give the same bytes. */
export async function drawMeetingPdf({ entries, letterhead, at, software }: Meeting): Promise<Uint8Array> {
  const { institution, language, paper = 'A4', fonts } = letterhead
  const words = WORDS[language]
  const rows = entries.map((entry) => rowOf(entry, words))
  const texts = rows.flatMap(({ name, detail, content, entry }) => [
    name,
    detail,
    ...(content && 'result' in entry ? textsOf(content, entry.result, institution) : []),
  ])
  const measurer = createMeasurer(await openFonts(fonts, [...texts, institution, TYPOGRAPHY]), words.englishIn)
  const title = `${words.meeting.title} ${words.isoDate(at.toISOString().slice(0, 10))}`
  const canvas = new Canvas({
    title,
    creator: `${software.name} ${software.version}`,
    subject: words.meeting.count(entries.length),
    language: words.language,
    date: at,
    paper,
  })
  const tools = { canvas, measurer, words }
  drawList(tools, rows, title, institution)
  for (const [n, { name, content, entry }] of rows.entries()) {
    if (!content || !('result' in entry)) continue
    canvas.nextPage()
    canvas.bookmark(name, targetOf(n))
    const read = withReadingNote(content, tools)
    const figures = entry.figures && unpackFigures(entry.figures)
    if (read.isWithdrawn) drawPage(tools, read, figures, institution)
    else drawBoardPage(tools, read, figures, { institution, more: words.meeting.details })
  }
  return canvas.finish(pageNumbers(tools))
}

const targetOf = (n: number) => `patient-${n + 1}`

function rowOf(entry: BoardEntry, words: Words): Row {
  if ('notShown' in entry) return { name: entry.requested, detail: words.meeting.notShown[entry.notShown], entry }
  const { result, review } = entry
  const content = writeContent(review ? applyEdits(result, review) : result, words, review)
  const name = content.patientNames.join(' · ')
  return { name, detail: `${result.patient.patientId} · ${content.status}`, content, entry }
}

/** Two lines per patient, each a link to the patient's page; the number of list pages is known before drawing. */
function drawList(tools: Tools, rows: readonly Row[], title: string, institution: string): void {
  const { canvas, measurer, words } = tools
  const rowHeight = leading(NAME) + leading(LINE) + ROW_GAP
  const flow = startFlow(tools)
  const parent = canvas.group(canvas.root, 'Sect')
  const top = flow.room(leading(TITLE) + 26)
  drawText(tools, parent, 'H1', title, { x: MARGIN, y: top, width: flow.width }, TITLE)
  const under = [institution, words.meeting.count(rows.length)].filter((part) => part !== '').join(' · ')
  drawText(tools, parent, 'P', under, { x: MARGIN, y: top + leading(TITLE), width: flow.width }, LINE, INK.muted)
  let page = pagesOf(rows.length, flow.remaining(), flow.whole, rowHeight)
  const items = canvas.group(parent, 'L')
  for (const [n, row] of rows.entries()) {
    const y = flow.room(rowHeight)
    drawRule(tools, MARGIN, y, flow.width)
    if (row.content) page += 1
    const item = canvas.group(canvas.group(items, 'LI'), 'LBody')
    const where = row.content ? words.meeting.onPage(page) : ''
    const end = measurer.fit(where, LINE, 90)
    const right = MARGIN + flow.width - end.width
    const draw = () => {
      const name = measurer.fit(`${n + 1}  ${row.name}`, NAME, flow.width - end.width - 10)
      canvas.write(name, MARGIN, y + 3 + ascent(NAME), NAME.size, INK.text)
      canvas.write(end, right, y + 3 + ascent(LINE), LINE.size, INK.text)
      const detail = measurer.fit(row.detail, LINE, flow.width)
      canvas.write(detail, MARGIN, y + 3 + leading(NAME) + ascent(LINE), LINE.size, INK.muted)
    }
    const box = [MARGIN, y, flow.width, rowHeight] as const
    if (row.content) canvas.link(item, targetOf(n), `${row.name}, ${where}`, box, draw)
    else canvas.tag(item, 'P', draw)
  }
  if (rows.length === 0) flow.text(parent, words.meeting.none, STYLES.body)
}

/** How many pages this many rows take; the first page has less room. */
function pagesOf(rows: number, first: number, whole: number, height: number): number {
  const onFirst = Math.floor(first / height)
  return 1 + Math.max(0, Math.ceil((rows - onFirst) / Math.floor(whole / height)))
}
