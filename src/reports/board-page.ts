// The first page, for a tumour board: the essentials in print of at least 14 points, key slices with and without outlines, and a QR code to the images.

import encodeQR from 'qr'
import type { BoardContent } from '../domain/board.ts'
import type { Words } from '../wording/report-words.ts'
import { ascent, drawRule, drawText, leading, paragraph, STYLES, type Tools } from './blocks.ts'
import { BOARD_ASPECT, type BoardFigure } from './board-figures.ts'
import { BOTTOM, MARGIN, type Parent } from './canvas.ts'
import { INK } from './colours.ts'
import { drawPicture } from './figure-block.ts'
import type { ReportFigures } from './figures.ts'
import { headerBlock } from './identity-blocks.ts'
import type { ReportContent } from './page-content.ts'
import type { Style } from './text.ts'

const TOP = 30
const GAP = 6
const COLUMN = 178
const GUTTER = 16
const CAPTION = 15
const QR = 74
/** Space for the first warnings below the pictures. */
const LIMITS = 40
/** To be read from three metres: at least 14 points. */
const NAME = { size: 20, weight: 'bold' } as const
const LARGE = { size: 14, weight: 'regular' } as const
const LARGE_STRONG = { size: 14, weight: 'bold' } as const
const NOTE = { size: 9.5, weight: 'regular' } as const

interface Box {
  x: number
  top: number
  bottom: number
  width: number
}

/** `more` says where the details are. */
export function drawBoardPage(
  tools: Tools,
  content: ReportContent,
  figures: ReportFigures | undefined,
  { institution, more }: { institution: string; more: string },
): void {
  const { canvas, measurer } = tools
  const width = canvas.page.width - 2 * MARGIN
  const sect = () => canvas.group(canvas.root, 'Sect')
  const head = sect()
  const header = headerBlock(tools, head, content, institution, width)
  header.draw(MARGIN, TOP)
  let y = TOP + header.height
  const text = (parent: Parent, value: string, style: Style, most: number) => {
    const block = paragraph(tools, parent, measurer.wrap(value, style, width, most), style)
    block.draw(MARGIN, y)
    y += block.height
  }
  text(head, content.patientNames.join(' · '), NAME, 2)
  y += 2
  text(head, content.board.identity, LARGE, 2)
  y += 8
  for (const line of content.board.record) {
    text(head, line, LARGE, 2)
    y += 3
  }
  if (content.board.record.length > 0) y += 3
  const impression = sect()
  for (const [n, line] of content.board.impression.entries()) {
    text(impression, line, n === 0 ? LARGE_STRONG : LARGE, 4)
    y += 4
  }
  y += 6
  const bottom = canvas.page.height - BOTTOM - 12 - 34
  const pictures = { x: MARGIN, top: y, bottom, width: width - COLUMN - GUTTER }
  const below = figures?.board ? drawFigures(tools, sect(), figures.board, pictures) : y
  drawLimits(tools, sect(), content.quality, { ...pictures, top: below + 8 })
  const column = { x: MARGIN + pictures.width + GUTTER, top: y, bottom, width: COLUMN }
  drawColumn(tools, sect(), content.board, { ...column, bottom: bottom - (figures?.link ? QR + 22 : 0) })
  const foot = sect()
  if (figures?.link) drawLink(tools, foot, figures.link, column.x, bottom - QR - 12)
  const standing = content.statement.slice(0, 2).join(' ')
  drawRule(tools, MARGIN, bottom + 5, width)
  paragraph(tools, foot, measurer.wrap(standing, STYLES.body, width, 2), STYLES.body).draw(MARGIN, bottom + 9)
  const at = { x: MARGIN, y: canvas.page.height - BOTTOM - 9, width: width / 2 }
  drawText(tools, foot, 'P', more, at, STYLES.small, INK.muted)
}

/** One row per figure: the image alone, then with outlines. Returns where the last row ends. */
function drawFigures(tools: Tools, parent: Parent, figures: readonly BoardFigure[], box: Box): number {
  const { words } = tools
  const rows = figures.length
  let end = box.top
  const room = (box.bottom - box.top - LIMITS - rows * CAPTION - (rows - 1) * GAP) / Math.max(1, rows)
  const width = Math.min((box.width - GAP) / 2, room * BOARD_ASPECT)
  figures.forEach(({ of, figures: one }, row) => {
    const [picture] = one.pictures
    if (!picture?.grey) return
    const height = (width * one.heightMm) / one.widthMm
    const y = box.top + row * (height + CAPTION + GAP)
    const sequence = words.sequences[picture.sequence]
    const title = `${words.board[of ?? 'middle']}, ${sequence}, ${words.positionOf(one.z)}`
    drawText(tools, parent, 'P', title, { x: box.x, y, width: box.width }, NOTE)
    for (const [n, isOutlined] of [false, true].entries()) {
      const frame = { left: box.x + n * (width + GAP), top: y + CAPTION, width, height }
      const caption = `${sequence}, ${isOutlined ? words.board.outlined : words.board.plain}`
      drawPicture(tools, parent, one, picture.grey, caption, frame, isOutlined)
    }
    end = y + CAPTION + height
  })
  return end
}

/** As many of the warnings as fit; all of them are on the next page. */
function drawLimits(tools: Tools, parent: Parent, notes: ReportContent['quality'], box: Box): void {
  let y = box.top
  for (const { warning, text } of notes) {
    if (!warning) continue
    const block = paragraph(tools, parent, tools.measurer.wrap(text, NOTE, box.width, 2), NOTE)
    if (y + block.height > box.bottom) {
      tools.canvas.leaveOut(text)
      continue
    }
    block.draw(box.x, y)
    y += block.height + 2
  }
}

interface ColumnLine {
  text: string
  style: Style
  most: number
  isMuted?: true
  tag?: 'H2'
  colour?: string | undefined
  /** Below it. */
  gap: number
}

/** How much of the small print is shown: all of it, a few words, or none. */
type Detail = 'all' | 'short' | 'none'

function columnLines({ volumes, calls }: BoardContent, { board, named }: Words, detail: Detail): ColumnLine[] {
  const small = (text: string, most: number): ColumnLine[] =>
    text === '' || detail === 'none' ? [] : [{ text, style: NOTE, most, isMuted: true, gap: 0 }]
  const spaced = (lines: ColumnLine[]) => lines.map((line, n) => (n === lines.length - 1 ? { ...line, gap: 3 } : line))
  return [
    ...volumes.flatMap(({ name, text, change, colour }) =>
      spaced([
        { text: name, style: LARGE, most: 2, colour, gap: 0 },
        { text, style: LARGE_STRONG, most: 2, gap: 0 },
        ...small(change, 2),
      ]),
    ),
    { text: board.predicted, style: LARGE_STRONG, most: 2, tag: 'H2', gap: 3 },
    ...calls.flatMap(({ name, text, budget, shortBudget }) =>
      spaced([
        { text: named(name, text), style: LARGE, most: 4, gap: 0 },
        ...(detail === 'short' ? small(shortBudget, 2) : small(budget, 4)),
      ]),
    ),
  ]
}

/** Volumes, then calls. The small print gives way first; whatever still does not fit is printed in full on a later page. */
function drawColumn(tools: Tools, parent: Parent, board: BoardContent, box: Box): void {
  const { canvas, measurer, words } = tools
  const linesOf = ({ text, style, most }: ColumnLine) => measurer.wrap(text, style, box.width, most)
  const heightOf = (lines: ColumnLine[]) =>
    lines.reduce((sum, line) => sum + linesOf(line).length * leading(line.style) + line.gap, 0)
  const variants = (['all', 'short', 'none'] as const).map((detail) => columnLines(board, words, detail))
  const chosen = variants.find((lines) => box.top + heightOf(lines) <= box.bottom) ?? variants.at(-1)!
  let y = box.top
  let isFull = false
  for (const line of chosen) {
    const { style, gap, colour, isMuted, tag } = line
    const block = paragraph(tools, parent, linesOf(line), style, isMuted ? INK.muted : INK.text, tag)
    isFull ||= y + block.height > box.bottom
    if (isFull) {
      canvas.leaveOut(line.text)
      continue
    }
    if (colour)
      canvas.artifact((doc) => {
        doc.rect(box.x - 9, y + 4, 5, ascent(LARGE) - 2).fill(colour)
      })
    block.draw(box.x, y)
    y += block.height + gap
    if (tag) drawRule(tools, box.x, y - 2, box.width)
  }
  if (chosen !== variants[0]) for (const { budget } of board.calls) if (budget !== '') canvas.leaveOut(budget)
}

function drawLink(tools: Tools, parent: Parent, link: string, x: number, y: number): void {
  const modules = encodeQR(link, 'raw', { ecc: 'medium', border: 2 })
  const side = QR / modules.length
  const draw = () =>
    tools.canvas.paint((doc) => {
      for (const [row, cells] of modules.entries())
        for (const [column, isDark] of cells.entries())
          if (isDark) doc.rect(x + column * side, y + row * side, side, side)
      doc.fill(INK.text)
    })
  tools.canvas.tag(parent, 'Figure', draw, { alt: tools.words.board.qrAlternative, bbox: [x, y, x + QR, y + QR] })
  const lines = tools.measurer.wrap(tools.words.board.scan, NOTE, COLUMN - QR - 6, 3)
  paragraph(tools, parent, lines, NOTE).draw(x + QR + 6, y + 8)
}
