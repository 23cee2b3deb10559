// The page: blocks stacked from the top, the standing statement at the foot, and the remaining height shared among the lists.

import { type Block, paragraph, STYLES, type Tools } from './blocks.ts'
import { BOTTOM, MARGIN, type Parent } from './canvas.ts'
import { INK } from './colours.ts'
import { contributionsBlock } from './contribution-block.ts'
import { figureBlock } from './figure-block.ts'
import type { KeyFigures } from './figures.ts'
import { headerBlock, identityBlock, summaryBlock } from './identity-blocks.ts'
import { provenanceBlock, qualityBlock, statementBlock } from './note-blocks.ts'
import type { ReportContent } from './page-content.ts'
import { survivalBlock } from './survival-block.ts'
import { predictionsBlock, seriesBlock, volumesBlock } from './table-blocks.ts'

const TOP = 30
const LEFT = 198
const GUTTER = 20
const MIN_GAP = 7.5
const MAX_GAP = 16

/** How many lines or rows each list may take, how many bars each chart has, and whether the curve is drawn. */
interface Limits {
  curve: number
  reason: number
  quality: number
  volumes: number
  explanation: number
}
const MIN_LIMITS: Limits = { curve: 0, reason: 2, quality: 3, volumes: 6, explanation: 1 }
const MAX_SHOWN: Limits = { curve: 1, reason: 4, quality: 16, volumes: 12, explanation: 5 }

/** Lets the lists grow in turn, a line each, for as long as everything still fits; `MIN_LIMITS` fits whatever the content. */
function largestLimits(fits: (limits: Limits) => boolean): Limits {
  let limits = MIN_LIMITS
  for (let grown = true; grown; ) {
    grown = false
    for (const list of ['curve', 'reason', 'explanation', 'explanation', 'quality', 'volumes'] as const) {
      const longer = { ...limits, [list]: limits[list] + 1 }
      if (longer[list] > MAX_SHOWN[list] || !fits(longer)) continue
      limits = longer
      grown = true
    }
  }
  return limits
}

/** Draws the page; nothing is ever drawn outside its margins, whatever the content. */
export function drawPage(
  tools: Tools,
  content: ReportContent,
  figures: KeyFigures | undefined,
  institution: string,
): void {
  const { page } = tools.canvas
  const width = page.width - 2 * MARGIN
  const sect = () => tools.canvas.group(tools.canvas.root, 'Sect')
  const top = sect()
  const above = [
    headerBlock(tools, top, content, institution, width),
    identityBlock(tools, top, content, width),
    summaryBlock(tools, top, content, width),
    ...(content.isWithdrawn
      ? []
      : [figures ? figureBlock(tools, sect(), figures, width) : noFigures(tools, sect(), width)]),
  ]
  const middle = [sect(), sect(), sect(), sect()] as const
  const explanation = sect()
  const quality = sect()
  const foot = sect()
  const below = [
    statementBlock(tools, foot, content.statement, width),
    provenanceBlock(tools, foot, content.provenance, width),
  ]
  const footer = 12
  const used = (blocks: Block[]) => blocks.reduce((sum, block) => sum + block.height, 0)

  const free = page.height - TOP - BOTTOM - footer - used(above) - used(below) - 4
  const [header, ...upper] = above
  const gaps = upper.length + 3
  const lists = (limits: Limits) =>
    content.isWithdrawn
      ? []
      : [
          twoColumns(tools, middle, content, { width, limits }),
          contributionsBlock(tools, explanation, content.charts, width, limits.explanation),
          qualityBlock(tools, quality, content.quality, width, limits.quality),
        ]
  const limits = largestLimits((candidate) => free - used(lists(candidate)) >= gaps * MIN_GAP)
  const lower = lists(limits)
  const gap = Math.min(MAX_GAP, (free - used(lower)) / gaps)
  let down = TOP
  header!.draw(MARGIN, down)
  down += header!.height
  for (const block of [...upper, ...lower]) {
    block.draw(MARGIN, down)
    down += block.height + gap
  }

  let y = page.height - BOTTOM - footer - used(below) - 4
  for (const block of below) {
    block.draw(MARGIN, y)
    y += block.height + 4
  }
}

function noFigures(tools: Tools, parent: Parent, width: number): Block {
  return paragraph(
    tools,
    parent,
    tools.measurer.wrap(tools.words.noFigures, STYLES.body, width, 2),
    STYLES.body,
    INK.muted,
  )
}

/** Volumes and series beside predictions and the survival curve, as columns in reading order. */
function twoColumns(
  tools: Tools,
  [volumesAt, seriesAt, predictionsAt, survivalAt]: readonly [Parent, Parent, Parent, Parent],
  content: ReportContent,
  { width, limits }: { width: number; limits: Limits },
): Block {
  const { curve } = content
  const right = width - LEFT - GUTTER
  const columns: Block[][] = [
    [volumesBlock(tools, volumesAt, content, LEFT, limits.volumes), seriesBlock(tools, seriesAt, content.series, LEFT)],
    [
      predictionsBlock(tools, predictionsAt, content.predictions, right, limits.reason),
      ...(curve && limits.curve > 0 ? [survivalBlock(tools, survivalAt, curve, right)] : []),
    ],
  ]
  const heightOf = (blocks: Block[]) => blocks.reduce((sum, { height }) => sum + height, (blocks.length - 1) * MIN_GAP)
  return {
    height: Math.max(...columns.map(heightOf)),
    draw: (x, y) => {
      columns.forEach((blocks, n) => {
        const left = n === 0 ? x : x + LEFT + GUTTER
        let top = y
        for (const block of blocks) {
          block.draw(left, top)
          top += block.height + MIN_GAP
        }
      })
    },
  }
}
