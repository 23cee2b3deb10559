// The appendix of a follow-up: the volumes over time, and the worksheets question by question, with limits and the facts they are based on.
import { STYLES, type Tools } from './blocks.ts'
import { MARGIN } from './canvas.ts'
import { INK } from './colours.ts'
import { courseBlock } from './course-block.ts'
import { startFlow } from './flow.ts'
import { drawTableRow } from './flow-table.ts'
import type { ReportContent } from './page-content.ts'

/** Shares of the width: question, answer, limit. */
const COLUMNS = [0.34, 0.38, 0.28] as const
const STYLE = STYLES.body

/** Begins a new page; draws nothing without an earlier study. */
export function drawFollowUp(
  tools: Tools,
  { worksheets: sheets, course }: Pick<ReportContent, 'worksheets' | 'course'>,
): void {
  if (sheets.length === 0 && course.length === 0) return
  const { canvas, words } = tools
  const said = words.worksheet
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
    flow.heading(parent, said.titleOf(title))
    flow.text(parent, proposal, STYLES.summary)
    flow.skip(5)
    const table = canvas.group(parent, 'Table')
    const heads = [said.question, said.answer, said.limit]
    drawTableRow(tools, flow, table, heads, { columns: COLUMNS, style: STYLES.small, ink: INK.muted, isHead: true })
    for (const { question, answer, limit, facts } of rows) {
      drawTableRow(tools, flow, table, [question, answer, limit], { columns: COLUMNS, style: STYLE, ink: INK.text })
      for (const fact of facts) {
        const line = said.basedOn(`${words.factSentence(fact)} (${fact.reference})`)
        drawTableRow(tools, flow, table, ['', line, ''], {
          columns: COLUMNS,
          style: STYLES.small,
          ink: INK.muted,
          isWide: true,
        })
      }
    }
    flow.skip(12)
  }
  flow.text(canvas.group(canvas.root, 'Sect'), said.caveat, STYLES.strong)
}
