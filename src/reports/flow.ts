// Text that flows from page to page: what follows the two fixed pages, and the list at the start of a meeting.
import { drawHeading, HEADING_HEIGHT, leading, paragraph, STYLES, type Tools } from './blocks.ts'
import { BOTTOM, MARGIN, type Parent } from './canvas.ts'
import type { Style } from './text.ts'

const TOP = 30
const FOOT = 16

export interface Flow {
  width: number
  /** Height of a whole page. */
  whole: number
  /** Height remaining on this page. */
  remaining(): number
  /** Where the next block begins; starts a new page if this one has less than `height` remaining. */
  room(height: number): number
  skip(height: number): void
  heading(parent: Parent, text: string): void
  /** The whole text, over as many pages as it needs. */
  text(parent: Parent, text: string, style: Style): void
}

/** Begins at `top` on the open page; the following pages begin at their top. */
export function startFlow(tools: Tools, top = TOP): Flow {
  const { canvas, measurer } = tools
  const width = canvas.page.width - 2 * MARGIN
  const end = canvas.page.height - BOTTOM - FOOT
  let y = top
  const room = (height: number) => {
    if (y + height > end && y > TOP) {
      canvas.nextPage()
      y = TOP
    }
    const at = y
    y += height
    return at
  }
  return {
    width,
    whole: end - TOP,
    remaining: () => end - y,
    room,
    skip: (height) => {
      y += height
    },
    heading: (parent, text) => {
      // Never the last block on a page.
      const at = room(HEADING_HEIGHT + 2 * leading(STYLES.body))
      y = at + HEADING_HEIGHT
      drawHeading(tools, parent, text, MARGIN, at, width)
    },
    text: (parent, text, style) => {
      const lines = [...measurer.wrap(text, style, width, Number.POSITIVE_INFINITY)]
      while (lines.length > 0) {
        const at = room(leading(style))
        const part = lines.splice(0, 1 + Math.max(0, Math.floor((end - y) / leading(style))))
        paragraph(tools, parent, part, style).draw(MARGIN, at)
        y = at + part.length * leading(style)
      }
    },
  }
}
