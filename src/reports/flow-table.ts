// A row of a table that continues across pages: as tall as its tallest cell, with nothing cut off.
import { drawRule, leading, paragraph, type Tools } from './blocks.ts'
import { MARGIN, type Parent } from './canvas.ts'
import { INK } from './colours.ts'
import type { Flow } from './flow.ts'
import type { Style } from './text.ts'

const GUTTER = 8

export interface RowOptions {
  /** Shares of the width. */
  columns: readonly number[]
  style: Style
  ink: string
  isHead?: true
  /** The second cell also takes the space of the third, and the row belongs to the one before it. */
  isWide?: true
}

export function drawTableRow(
  { canvas, measurer }: Tools,
  flow: Flow,
  table: Parent,
  cells: readonly string[],
  { columns, style, ink, isHead, isWide }: RowOptions,
): void {
  const widths = columns.map((share, n) => flow.width * (isWide && n === 1 ? share + columns[2]! : share) - GUTTER)
  const lines = cells.map((text, n) => measurer.wrap(text, style, widths[n]!, Number.POSITIVE_INFINITY))
  const height = Math.max(1, ...lines.map(({ length }) => length)) * leading(style) + 3
  const y = flow.room(height)
  if (!isWide) drawRule({ canvas }, MARGIN, y, flow.width, INK.track)
  const row = canvas.group(table, 'TR')
  let x = MARGIN
  for (const [n, cell] of lines.entries()) {
    const tag = isHead || (n === 0 && !isWide) ? 'TH' : 'TD'
    const scope = isHead ? ('Column' as const) : ('Row' as const)
    const element = canvas.group(row, tag, tag === 'TH' ? { scope } : {})
    paragraph({ canvas }, element, cell, style, ink).draw(x, y + 2)
    x += flow.width * columns[n]!
  }
}
