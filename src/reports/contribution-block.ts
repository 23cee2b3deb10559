// Bar charts of contributions: one small chart per head, all on one scale, with the feature and its number on each bar.

import { type Block, drawHeading, drawText, HEADING_HEIGHT, leading, STYLES, type Tools } from './blocks.ts'
import type { Parent } from './canvas.ts'
import { type ContributionBar, type ContributionChart, shownBars } from './chart-content.ts'
import { INK } from './colours.ts'

const GUTTER = 14
const ROW_GAP = 5
const NUMBER_WIDTH = 22
/** Wide enough for "height in brain 61 %"; the bars take the rest. */
const LABEL_WIDTH = 74
const MIN_COLUMNS = 3
const MAX_COLUMNS = 4

/** At most `most` bars per chart. */
export function contributionsBlock(
  tools: Tools,
  parent: Parent,
  charts: ContributionChart[],
  width: number,
  most: number,
): Block {
  const line = leading(STYLES.small)
  if (charts.length === 0) {
    return {
      height: HEADING_HEIGHT + line,
      draw: (x, y) => {
        drawHeading(tools, parent, tools.words.sections.explanation, x, y, width)
        drawText(
          tools,
          parent,
          'P',
          tools.words.noExplanation,
          { x, y: y + HEADING_HEIGHT, width },
          STYLES.small,
          INK.muted,
        )
      },
    }
  }
  const columns = charts.length > MAX_COLUMNS ? MIN_COLUMNS : Math.max(MIN_COLUMNS, charts.length)
  const panel = (width - GUTTER * (columns - 1)) / columns
  const laid = charts.map(({ title, bars }) => ({ title, bars: shownBars({ title, bars }, most, tools.words) }))
  const largest = Math.max(...laid.flatMap(({ bars }) => bars.map(({ contribution }) => Math.abs(contribution))), 1e-9)
  const rows = Array.from({ length: Math.ceil(laid.length / columns) }, (_, n) => {
    const inRow = laid.slice(n * columns, (n + 1) * columns)
    return { inRow, height: line * (1 + Math.max(...inRow.map(({ bars }) => bars.length))) + 1 }
  })
  return {
    height: HEADING_HEIGHT + rows.reduce((sum, { height }) => sum + height, 0) + ROW_GAP * (rows.length - 1),
    draw: (x, y) => {
      drawHeading(tools, parent, tools.words.sections.explanation, x, y, width)
      let top = y + HEADING_HEIGHT
      for (const { inRow, height } of rows) {
        inRow.forEach(({ title, bars }, n) => {
          const left = x + n * (panel + GUTTER)
          const list = tools.canvas.group(parent, 'Sect')
          drawText(tools, list, 'P', title, { x: left, y: top, width: panel }, STYLES.smallStrong)
          bars.forEach((bar, row) => {
            drawBar(tools, list, bar, largest, left, top + 1 + line * (row + 1), panel)
          })
        })
        top += height + ROW_GAP
      }
    },
  }
}

/** A label, a bar to the left or right of the middle, and the number with its sign. */
function drawBar(
  tools: Tools,
  parent: Parent,
  { label, contribution }: ContributionBar,
  largest: number,
  x: number,
  y: number,
  width: number,
): void {
  const half = Math.max(10, Math.min(26, (width - NUMBER_WIDTH - LABEL_WIDTH - 4) / 2))
  const middle = x + width - NUMBER_WIDTH - half
  const length = half * Math.min(1, Math.abs(contribution) / largest)
  drawText(tools, parent, 'P', label, { x, y, width: middle - half - x - 4 }, STYLES.small)
  tools.canvas.artifact((doc) => {
    doc.rect(contribution < 0 ? middle - length : middle, y + 2.25, length, 4.5).fill(INK.bar)
    doc
      .moveTo(middle, y)
      .lineTo(middle, y + leading(STYLES.small))
      .lineWidth(0.5)
      .strokeColor(INK.muted)
      .stroke()
  })
  const number = tools.words.contribution(contribution)
  drawText(tools, parent, 'P', number, { x: x + width, y, width: NUMBER_WIDTH, align: 'right' }, STYLES.small)
}
