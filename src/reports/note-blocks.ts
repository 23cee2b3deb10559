// Lists of sentences that share the remaining height: quality notes, statement, provenance.

import {
  ascent,
  type Block,
  drawBand,
  drawHeading,
  drawRule,
  drawText,
  HEADING_HEIGHT,
  leading,
  paragraph,
  STYLES,
  type Tools,
} from './blocks.ts'
import type { Parent } from './canvas.ts'
import { INK } from './colours.ts'
import type { Field, ReportContent } from './page-content.ts'
import type { Line } from './text.ts'

interface Item {
  mark: string
  text: string
}

/** Items as wrapped lines, at most `most` lines in all. The last line counts the items that did not fit; an item that is cut ends in an ellipsis. */
function listLines(
  { measurer, words }: Tools,
  items: Item[],
  width: number,
  most: number,
  perItem: number,
): { lines: { mark: string; line: Line }[]; leftOut: string[] } {
  const style = STYLES.small
  const wrapped = items.map(({ mark, text }) =>
    measurer.wrap(text, style, width, perItem).map((line, n) => ({ mark: n === 0 ? mark : '', line })),
  )
  const total = wrapped.reduce((sum, lines) => sum + lines.length, 0)
  if (total <= most) return { lines: wrapped.flat(), leftOut: [] }
  const kept: { mark: string; line: Line }[] = []
  let count = 0
  for (const { mark, text } of items) {
    const room = Math.min(perItem, most - 1 - kept.length)
    if (room < 1) break
    kept.push(...measurer.wrap(text, style, width, room).map((line, n) => ({ mark: n === 0 ? mark : '', line })))
    count++
  }
  const rest = { mark: '', line: measurer.fit(words.more(items.length - count), style, width) }
  return { lines: [...kept, rest], leftOut: items.slice(count).map(({ text }) => text) }
}

function listBlock(
  tools: Tools,
  parent: Parent,
  heading: string,
  items: Item[],
  empty: string,
  width: number,
  most: number,
  perItem: number,
): Block {
  const style = STYLES.small
  const inset = items.some((item) => item.mark !== '') ? 36 : 0
  const { lines, leftOut } =
    items.length === 0
      ? { lines: [{ mark: '', line: tools.measurer.fit(empty, style, width) }], leftOut: [] }
      : listLines(tools, items, width - inset, most, perItem)
  return {
    height: HEADING_HEIGHT + lines.length * leading(style),
    draw: (x, y) => {
      drawHeading(tools, parent, heading, x, y, width)
      for (const text of leftOut) tools.canvas.leaveOut(text)
      lines.forEach(({ mark, line }, n) => {
        const top = y + HEADING_HEIGHT + n * leading(style)
        tools.canvas.tag(parent, 'P', () => {
          if (mark !== '') {
            tools.canvas.write(
              tools.measurer.fit(mark, STYLES.smallStrong, inset),
              x,
              top + ascent(style),
              style.size,
              INK.text,
            )
          }
          tools.canvas.write(
            line,
            x + inset,
            top + ascent(style),
            style.size,
            items.length === 0 ? INK.muted : INK.text,
          )
        })
      })
    },
  }
}

export function qualityBlock(
  tools: Tools,
  parent: Parent,
  notes: ReportContent['quality'],
  width: number,
  most: number,
): Block {
  const { words } = tools
  const items = notes.map(({ warning, text }) => ({ mark: warning ? words.warning : words.note, text }))
  return listBlock(tools, parent, words.sections.quality, items, words.noQualityNotes, width, most, 2)
}

/** What a reader must know. The bundle's intended use can be long and is cut after two lines. */
export function statementBlock(tools: Tools, parent: Parent, statement: string[], width: number): Block {
  const style = STYLES.small
  const parts = statement.map((text, n) =>
    tools.measurer.wrap(text, n === 0 ? STYLES.smallStrong : style, width - 20, 2),
  )
  const height = parts.reduce((sum, lines) => sum + lines.length * leading(style), 0) + 11
  return {
    height,
    draw: (x, y) => {
      drawBand(tools, x, y, width, height)
      let top = y + 5
      for (const lines of parts) {
        const block = paragraph(tools, parent, lines, style)
        block.draw(x + 11, top)
        top += block.height
      }
    },
  }
}

const PROVENANCE_ROW = 9.75

/** Two columns of identifiers in the smallest print; the wide one comes first and fits whole UIDs. */
export function provenanceBlock(tools: Tools, parent: Parent, fields: Field[], width: number): Block {
  const wide = fields.filter((_, n) => n % 2 === 0)
  const narrow = fields.filter((_, n) => n % 2 === 1)
  const height = 5 + wide.length * PROVENANCE_ROW
  return {
    height,
    draw: (x, y) => {
      drawRule(tools, x, y, width)
      for (const [column, left, label, room] of [
        [wide, x, 62, width * 0.66 - 72],
        [narrow, x + width * 0.66, 62, width * 0.34 - 62],
      ] as const) {
        column.forEach((field, n) => {
          const row = y + 5 + n * PROVENANCE_ROW
          drawText(tools, parent, 'P', field.label, { x: left, y: row, width: label - 3 }, STYLES.small, INK.muted)
          drawText(tools, parent, 'P', field.value, { x: left + label, y: row, width: room }, STYLES.small)
        })
      }
    },
  }
}
