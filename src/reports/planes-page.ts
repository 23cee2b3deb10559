// The appendix with the key slices in three planes: for each of them the image alone above the one with outlines.
import { capital } from '../wording/sentences.ts'
import { ascent, drawHeading, drawText, HEADING_HEIGHT, type Tools } from './blocks.ts'
import { BOARD_ASPECT, type BoardFigure } from './board-figures.ts'
import { BOTTOM, MARGIN, type Parent } from './canvas.ts'
import { drawPicture } from './figure-block.ts'
import type { KeyFigures } from './figures.ts'

const TOP = 30
const FOOT = 22
const GAP = 6
const TITLE = 16
const CAPTION = 15
const BETWEEN = 10
const STRONG = { size: 10.5, weight: 'bold' } as const
const NOTE = { size: 9.5, weight: 'regular' } as const

interface Row {
  title: string
  planes: readonly KeyFigures[]
}

/** Begins a new page; draws nothing without a tumour, and of analyses by earlier versions, which kept one plane. */
export function drawPlanes(tools: Tools, figures: readonly BoardFigure[]): void {
  const { canvas, words } = tools
  const rows = figures.flatMap(({ of, figures: axial, planes = [] }): Row[] => {
    const [picture] = axial.pictures
    if (!of || !picture || planes.length === 0) return []
    return [{ title: `${words.board[of]}, ${words.sequences[picture.sequence]}`, planes: [axial, ...planes] }]
  })
  if (rows.length === 0) return
  canvas.nextPage()
  const width = canvas.page.width - 2 * MARGIN
  const heads = HEADING_HEIGHT + rows.length * (TITLE + CAPTION + GAP) + (rows.length - 1) * BETWEEN
  const room = (canvas.page.height - TOP - BOTTOM - FOOT - heads) / (2 * rows.length)
  const frame = Math.min((width - 2 * GAP) / 3, room * BOARD_ASPECT)
  const parent = canvas.group(canvas.root, 'Sect')
  drawHeading(tools, parent, words.board.planes, MARGIN, TOP, width)
  let y = TOP + HEADING_HEIGHT
  for (const row of rows) y = drawRow(tools, parent, row, { y, frame }) + BETWEEN
}

/** Returns where it ends. */
function drawRow(
  tools: Tools,
  parent: Parent,
  { title, planes }: Row,
  { y, frame }: { y: number; frame: number },
): number {
  const { words } = tools
  const height = frame / BOARD_ASPECT
  const top = y + TITLE + CAPTION
  drawText(tools, parent, 'P', title, { x: MARGIN, y, width: 3 * frame }, STRONG)
  for (const [n, one] of planes.entries()) {
    const left = MARGIN + n * (frame + GAP)
    const [picture] = one.pictures
    if (!picture?.grey) continue
    const at = { x: left, y: top - ascent(NOTE) - 4, width: frame }
    drawText(tools, parent, 'P', capital(words.positionOf(one.z, one.plane)), at, NOTE)
    for (const [below, isOutlined] of [false, true].entries()) {
      const box = { left, top: top + below * (height + GAP), width: frame, height }
      const said = `${words.sequences[picture.sequence]}, ${isOutlined ? words.board.outlined : words.board.plain}`
      drawPicture(tools, parent, one, picture.grey, said, box, isOutlined)
    }
  }
  return top + 2 * height + GAP
}
