// The page: blocks stacked from the top, the standing statement at the foot, and what is left shared among the lists.
import { type Block, drawText, STYLES, type Tools } from './blocks.ts'
import { PAGE, type Parent } from './canvas.ts'
import { INK } from './colours.ts'
import type { ReportContent } from './content.ts'
import { figureBlock } from './figure-block.ts'
import type { KeyFigures } from './figures.ts'
import { headerBlock, identityBlock, summaryBlock } from './identity-blocks.ts'
import { explanationBlock, provenanceBlock, qualityBlock, statementBlock } from './note-blocks.ts'
import { predictionsBlock, seriesBlock, volumesBlock } from './table-blocks.ts'
import * as words from './wording/en.ts'

const MARGIN = 34
const TOP = 30
const BOTTOM = 26
const WIDTH = PAGE.width - 2 * MARGIN
const LEFT = 204
const GUTTER = 22
const RIGHT = WIDTH - LEFT - GUTTER
const LEAST_GAP = 9
const LARGEST_GAP = 16

/** How much each list may take, from generous to strict; the first that fits is used, the last always fits. */
const LIMITS = [
  { volumes: 12, details: 5, explanation: 8, quality: 14 },
  { volumes: 10, details: 4, explanation: 6, quality: 10 },
  { volumes: 9, details: 3, explanation: 5, quality: 8 },
  { volumes: 8, details: 3, explanation: 4, quality: 6 },
  { volumes: 8, details: 2, explanation: 4, quality: 5 },
  { volumes: 7, details: 2, explanation: 3, quality: 4 },
  { volumes: 6, details: 1, explanation: 2, quality: 3 },
] as const

/** Draws the page; nothing is drawn outside its margins, whatever the content. */
export function drawPage(tools: Tools, content: ReportContent, figures: KeyFigures, institution: string): void {
  const sect = () => tools.canvas.group(tools.canvas.root, 'Sect')
  const top = sect()
  const above = [
    headerBlock(tools, top, content, institution, WIDTH),
    identityBlock(tools, top, content, WIDTH),
    summaryBlock(tools, top, content, WIDTH),
    figureBlock(tools, sect(), figures, WIDTH),
  ]
  const middle = [sect(), sect(), sect(), sect()] as const
  const quality = sect()
  const foot = sect()
  const below = [
    statementBlock(tools, foot, content.statement, WIDTH),
    provenanceBlock(tools, foot, content.provenance, WIDTH),
  ]
  const footer = 12
  const used = (blocks: Block[]) => blocks.reduce((sum, block) => sum + block.height, 0)

  const free = PAGE.height - TOP - BOTTOM - footer - used(above) - used(below) - 4
  const [header, ...upper] = above
  const gaps = upper.length + 2
  for (const limits of LIMITS) {
    const columns = twoColumns(tools, middle, content, limits)
    const notes = qualityBlock(tools, quality, content.quality, WIDTH, limits.quality)
    const rest = free - columns.height - notes.height
    if (rest < gaps * LEAST_GAP && limits !== LIMITS[LIMITS.length - 1]) continue
    const gap = Math.min(LARGEST_GAP, rest / gaps)
    let y = TOP
    header!.draw(MARGIN, y)
    y += header!.height
    for (const block of [...upper, columns, notes]) {
      block.draw(MARGIN, y)
      y += block.height + gap
    }
    break
  }

  let y = PAGE.height - BOTTOM - footer - used(below) - 4
  for (const block of below) {
    block.draw(MARGIN, y)
    y += block.height + 4
  }
  const at = { x: PAGE.width - MARGIN, y: PAGE.height - BOTTOM - 9, width: 80, align: 'right' as const }
  drawText(tools, foot, 'P', words.PAGE, at, STYLES.small, INK.muted)
}

/** Volumes and series beside predictions and their explanation; a column of four sections in reading order. */
function twoColumns(
  tools: Tools,
  [volumesAt, seriesAt, predictionsAt, explanationAt]: readonly [Parent, Parent, Parent, Parent],
  content: ReportContent,
  limits: (typeof LIMITS)[number],
): Block {
  const columns: [Block, Block][] = [
    [
      volumesBlock(tools, volumesAt, content.volumes, LEFT, limits.volumes),
      seriesBlock(tools, seriesAt, content.series, LEFT),
    ],
    [
      predictionsBlock(tools, predictionsAt, content.predictions, RIGHT, limits.details),
      explanationBlock(tools, explanationAt, content.explanation, RIGHT, limits.explanation),
    ],
  ]
  const heights = columns.map(([first, second]) => first.height + LEAST_GAP + second.height)
  const height = Math.max(...heights)
  return {
    height,
    draw: (x, y) => {
      columns.forEach(([first, second], n) => {
        const left = n === 0 ? x : x + LEFT + GUTTER
        first.draw(left, y)
        second.draw(left, y + first.height + LEAST_GAP)
      })
    },
  }
}
