// The first page, for a tumour board: what it must see in print of at least 14 points, key slices without and with outlines, a way to the images.
import encodeQR from 'qr'
import { SHORT_SEQUENCE_NAMES } from '../wording/names.ts'
import * as words from '../wording/report-page.ts'
import { ascent, drawRule, drawText, leading, paragraph, STYLES, type Tools } from './blocks.ts'
import { BOARD_ASPECT, type BoardFigure } from './board-figures.ts'
import { PAGE, type Parent } from './canvas.ts'
import { INK } from './colours.ts'
import { drawPicture } from './figure-block.ts'
import type { ReportFigures } from './figures.ts'
import { headerBlock } from './identity-blocks.ts'
import type { BoardContent, ReportContent } from './page-content.ts'

const MARGIN = 34
const TOP = 30
const WIDTH = PAGE.width - 2 * MARGIN
const GAP = 6
const COLUMN = 178
const PICTURES = WIDTH - COLUMN - 16
const CAPTION = 15
const QR = 74
/** Room for the first warnings below the pictures. */
const LIMITS = 40
/** Read from three metres: 14 points is the least. */
const NAME = { size: 20, weight: 'bold' } as const
const LARGE = { size: 14, weight: 'regular' } as const
const LARGE_STRONG = { size: 14, weight: 'bold' } as const
const HEADING = { size: 14, weight: 'bold' } as const
const NOTE = { size: 9.5, weight: 'regular' } as const

export function drawBoardPage(
  tools: Tools,
  content: ReportContent,
  figures: ReportFigures | undefined,
  institution: string,
): void {
  const { canvas, measurer } = tools
  const sect = () => canvas.group(canvas.root, 'Sect')
  const head = sect()
  const header = headerBlock(tools, head, content, institution, WIDTH)
  header.draw(MARGIN, TOP)
  let y = TOP + header.height
  const text = (
    parent: Parent,
    value: string,
    style: typeof LARGE | typeof LARGE_STRONG | typeof NAME,
    most: number,
  ) => {
    const block = paragraph(tools, parent, measurer.wrap(value, style, WIDTH, most), style)
    block.draw(MARGIN, y)
    y += block.height
  }
  text(head, content.patientNames.join(' · '), NAME, 2)
  y += 2
  text(head, content.board.identity, LARGE, 2)
  y += 8
  const impression = sect()
  for (const [n, line] of content.board.impression.entries()) {
    text(impression, line, n === 0 ? LARGE_STRONG : LARGE, 4)
    y += 4
  }
  y += 6
  const bottom = PAGE.height - 26 - 12 - 34
  const below = figures?.board ? drawFigures(tools, sect(), figures.board, y, bottom) : y
  drawLimits(tools, sect(), content.quality, below + 8, bottom)
  drawColumn(tools, sect(), content.board, MARGIN + PICTURES + 16, y, bottom - (figures?.link ? QR + 22 : 0))
  const foot = sect()
  if (figures?.link) drawLink(tools, foot, figures.link, MARGIN + PICTURES + 16, bottom - QR - 12)
  const standing = content.statement.slice(0, 2).join(' ')
  drawRule(tools, MARGIN, bottom + 5, WIDTH)
  paragraph(tools, foot, measurer.wrap(standing, STYLES.body, WIDTH, 2), STYLES.body).draw(MARGIN, bottom + 9)
  const at = { y: PAGE.height - 26 - 9, width: WIDTH / 2 }
  drawText(tools, foot, 'P', words.BOARD.more, { ...at, x: MARGIN }, STYLES.small, INK.muted)
  const end = { ...at, x: PAGE.width - MARGIN, align: 'right' as const }
  drawText(tools, foot, 'P', words.pageOf(1, 2), end, STYLES.small, INK.muted)
}

/** A row for each: the image alone, then with outlines. Where the last one ends. */
function drawFigures(
  tools: Tools,
  parent: Parent,
  figures: readonly BoardFigure[],
  top: number,
  bottom: number,
): number {
  const rows = figures.length
  let end = top
  const room = (bottom - top - LIMITS - rows * CAPTION - (rows - 1) * GAP) / Math.max(1, rows)
  const width = Math.min((PICTURES - GAP) / 2, room * BOARD_ASPECT)
  figures.forEach(({ of, figures: one }, row) => {
    const [picture] = one.pictures
    if (!picture?.grey) return
    const height = (width * one.heightMm) / one.widthMm
    const y = top + row * (height + CAPTION + GAP)
    const sequence = SHORT_SEQUENCE_NAMES[picture.sequence]
    const title = `${of ? words.BOARD[of] : words.BOARD.middle}, ${sequence}, ${words.positionOf(one.z)}`
    drawText(tools, parent, 'P', title, { x: MARGIN, y, width: PICTURES }, NOTE)
    for (const [n, isOutlined] of [false, true].entries()) {
      const box = { left: MARGIN + n * (width + GAP), top: y + CAPTION, width, height }
      const caption = `${sequence}, ${isOutlined ? words.BOARD.outlined : words.BOARD.plain}`
      drawPicture(tools, parent, one, picture.grey, caption, box, isOutlined)
    }
    end = y + CAPTION + height
  })
  return end
}

/** The warnings among the notes, as many as there is room for; all stand on the next page. */
function drawLimits(tools: Tools, parent: Parent, notes: ReportContent['quality'], top: number, bottom: number): void {
  let y = top
  for (const { warning, text } of notes) {
    const lines = tools.measurer.wrap(text, NOTE, PICTURES, 2)
    if (!warning || y + lines.length * leading(NOTE) > bottom) continue
    const block = paragraph(tools, parent, lines, NOTE)
    block.draw(MARGIN, y)
    y += block.height + 2
  }
}

/** Volumes, then calls; what finds no room stands on the next page, whole. */
function drawColumn(tools: Tools, parent: Parent, board: BoardContent, x: number, top: number, bottom: number): void {
  const { canvas, measurer } = tools
  let y = top
  const line = (
    text: string,
    style: typeof LARGE | typeof LARGE_STRONG | typeof NOTE,
    most: number,
    ink: string = INK.text,
  ) => {
    const block = paragraph(tools, parent, measurer.wrap(text, style, COLUMN, most), style, ink)
    if (y + block.height > bottom) return
    block.draw(x, y)
    y += block.height
  }
  for (const { name, text, change, colour } of board.volumes) {
    if (y + 2 * leading(LARGE) > bottom) break
    if (colour)
      canvas.artifact((doc) => {
        doc.rect(x - 9, y + 4, 5, ascent(LARGE) - 2).fill(colour)
      })
    line(name, LARGE, 1)
    line(text, LARGE_STRONG, 1)
    if (change !== '') line(change, NOTE, 1, INK.muted)
    y += 3
  }
  y += 4
  drawText(tools, parent, 'H2', words.BOARD.predicted, { x, y, width: COLUMN }, HEADING)
  y += leading(HEADING) + 1
  drawRule(tools, x, y - 2, COLUMN)
  for (const { name, text, budget } of board.calls) {
    if (y + leading(LARGE) > bottom) break
    line(`${name}: ${text}`, LARGE, 2)
    if (budget !== '') line(budget, NOTE, 3, INK.muted)
    y += 3
  }
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
  tools.canvas.tag(parent, 'Figure', draw, { alt: words.BOARD.qrAlternative, bbox: [x, y, x + QR, y + QR] })
  const lines = tools.measurer.wrap(words.BOARD.scan, NOTE, COLUMN - QR - 6, 3)
  paragraph(tools, parent, lines, NOTE).draw(x + QR + 6, y + 8)
}
