// The appendix of a follow-up: the volumes over time, and the worksheets, question by question, with limits and what of the record they rest upon.
import { factSentence, WORKSHEET } from '../wording/worksheet.ts'
import { drawRule, leading, paragraph, STYLES, type Tools } from './blocks.ts'
import { MARGIN, type Parent } from './canvas.ts'
import { INK } from './colours.ts'
import { courseBlock } from './course-block.ts'
import { type Flow, startFlow } from './flow.ts'
import type { ReportContent } from './page-content.ts'
import type { Style } from './text.ts'

/** Shares of the width: question, answer, limit. */
const COLUMNS = [0.34, 0.38, 0.28] as const
const GUTTER = 8
const STYLE = STYLES.body

/** Begins a page; nothing without an earlier study. */
export function drawFollowUp(
  tools: Tools,
  { worksheets: sheets, course }: Pick<ReportContent, 'worksheets' | 'course'>,
): void {
  if (sheets.length === 0 && course.length === 0) return
  const { canvas } = tools
  canvas.nextPage()
  const flow = startFlow(tools)
  if (course.length > 0) {
    const block = courseBlock(tools, canvas.group(canvas.root, 'Sect'), course, flow.width)
    block.draw(MARGIN, flow.room(block.height))
    flow.skip(12)
  }
  if (sheets.length === 0) return
  for (const { title, proposal, rows } of sheets) {
    const parent = canvas.group(canvas.root, 'Sect')
    flow.heading(parent, `${WORKSHEET.title}: ${title}`)
    flow.text(parent, proposal, STYLES.summary)
    flow.skip(5)
    const table = canvas.group(parent, 'Table')
    const heads = [WORKSHEET.question, WORKSHEET.answer, WORKSHEET.limit]
    drawRow(tools, flow, table, heads, { style: STYLES.small, ink: INK.muted, isHead: true })
    for (const { question, answer, limit, facts } of rows) {
      drawRow(tools, flow, table, [question, answer, limit], { style: STYLE, ink: INK.text })
      for (const fact of facts) {
        const line = `${WORKSHEET.basis}: ${factSentence(fact)} (${fact.reference})`
        drawRow(tools, flow, table, ['', line, ''], { style: STYLES.small, ink: INK.muted, isWide: true })
      }
    }
    flow.skip(12)
  }
  flow.text(canvas.group(canvas.root, 'Sect'), WORKSHEET.caveat, STYLES.strong)
}

interface RowOptions {
  style: Style
  ink: string
  isHead?: true
  /** The second cell takes the room of the third. */
  isWide?: true
}

/** A row as high as its highest cell; nothing in it is cut. */
function drawRow(tools: Tools, flow: Flow, table: Parent, cells: readonly string[], options: RowOptions): void {
  const { canvas, measurer } = tools
  const { style, ink, isHead, isWide } = options
  const widths = COLUMNS.map((share, n) => flow.width * (isWide && n === 1 ? share + COLUMNS[2] : share) - GUTTER)
  const lines = cells.map((text, n) => measurer.wrap(text, style, widths[n]!, Number.POSITIVE_INFINITY))
  const height = Math.max(1, ...lines.map(({ length }) => length)) * leading(style) + 3
  const y = flow.room(height)
  if (!isWide) drawRule(tools, MARGIN, y, flow.width, INK.track)
  const row = canvas.group(table, 'TR')
  let x = MARGIN
  for (const [n, cell] of lines.entries()) {
    const tag = isHead || (n === 0 && !isWide) ? 'TH' : 'TD'
    const scope = isHead ? ('Column' as const) : ('Row' as const)
    const element = canvas.group(row, tag, tag === 'TH' ? { scope } : {})
    paragraph(tools, element, cell, style, ink).draw(x, y + 2)
    x += flow.width * COLUMNS[n]!
  }
}
