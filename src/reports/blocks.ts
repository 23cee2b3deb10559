// Building blocks of the page, which know their height before they are drawn, and the text styles they share.
import type { Words } from '../wording/report-words.ts'
import type { Canvas, Parent } from './canvas.ts'
import { INK } from './colours.ts'
import type { Line, Style, TextMeasurer } from './text.ts'

export interface Tools {
  canvas: Canvas
  measurer: TextMeasurer
  /** In the language of the document. */
  words: Words
}

/** A piece of the page; `draw` puts it at (x, y) and stays within its height. */
export interface Block {
  height: number
  draw(x: number, y: number): void
}

/** Text styles: three sizes below the title, none under 7 pt. */
export const STYLES = {
  title: { size: 17, weight: 'bold' },
  status: { size: 9, weight: 'bold' },
  name: { size: 13, weight: 'bold' },
  summary: { size: 10, weight: 'bold' },
  heading: { size: 8.5, weight: 'bold' },
  body: { size: 8, weight: 'regular' },
  strong: { size: 8, weight: 'bold' },
  small: { size: 7, weight: 'regular' },
  smallStrong: { size: 7, weight: 'bold' },
} as const satisfies Record<string, Style>

/** From baseline to baseline. */
export const leading = (style: Style) => Math.round(style.size * 1.32 * 4) / 4
/** From the top of a line's box to its baseline. */
export const ascent = (style: Style) => style.size * 0.98

/** One paragraph of wrapped text. */
export function paragraph(
  { canvas }: Pick<Tools, 'canvas'>,
  parent: Parent,
  lines: readonly Line[],
  style: Style,
  colour: string = INK.text,
  tag = 'P',
): Block {
  return {
    height: lines.length * leading(style),
    draw: (x, y) => {
      if (lines.length === 0) return
      canvas.tag(parent, tag, () => {
        for (const [n, line] of lines.entries()) {
          canvas.write(line, x, y + ascent(style) + n * leading(style), style.size, colour)
        }
      })
    },
  }
}

/** Height of a section heading with its rule. */
export const HEADING_HEIGHT = 16

/** A section heading over a hairline. */
export function drawHeading(
  { canvas, measurer }: Pick<Tools, 'canvas' | 'measurer'>,
  parent: Parent,
  text: string,
  x: number,
  y: number,
  width: number,
): void {
  const line = measurer.fit(text, STYLES.heading, width)
  canvas.tag(parent, 'H2', () => canvas.write(line, x, y + ascent(STYLES.heading), STYLES.heading.size, INK.text))
  drawRule({ canvas }, x, y + HEADING_HEIGHT - 3, width)
}

/** Background of a statement: a pale band with a dark left edge. */
export function drawBand({ canvas }: Pick<Tools, 'canvas'>, x: number, y: number, width: number, height: number): void {
  canvas.artifact((doc) => {
    doc.rect(x, y, width, height).fill(INK.band)
    doc.rect(x, y, 2.5, height).fill(INK.text)
  })
}

export function drawRule(
  { canvas }: Pick<Tools, 'canvas'>,
  x: number,
  y: number,
  width: number,
  ink: string = INK.rule,
): void {
  canvas.artifact((doc) =>
    doc
      .moveTo(x, y)
      .lineTo(x + width, y)
      .lineWidth(0.5)
      .strokeColor(ink)
      .stroke(),
  )
}

/** One line of text as its own element; `align` "right" makes it end at x. */
export function drawText(
  { canvas, measurer }: Tools,
  parent: Parent,
  tag: string,
  text: string,
  at: { x: number; y: number; width: number; align?: 'right' | 'center' },
  style: Style,
  colour: string = INK.text,
  options: { scope?: 'Row' | 'Column' } = {},
): number {
  const line = measurer.fit(text, style, at.width)
  const x = at.align === 'right' ? at.x - line.width : at.align === 'center' ? at.x - line.width / 2 : at.x
  canvas.tag(parent, tag, () => canvas.write(line, x, at.y + ascent(style), style.size, colour), options)
  return line.width
}
