// The key pictures in a row: outlines as vectors over the image, orientation letters, scale bar, legend.

import { STRUCTURAL } from '../domain/study.ts'
import { capital } from '../wording/sentences.ts'
import { ascent, type Block, drawHeading, drawText, HEADING_HEIGHT, STYLES, type Tools } from './blocks.ts'
import type { Parent } from './canvas.ts'
import { INK } from './colours.ts'
import { type KeyFigures, outermostFirst, pngOf } from './figures.ts'

const GAP = 6
const CAPTION = 12
const LEGEND = 15
const SCALE_BAR_MM = 50
/** Width over height of a picture: a head is longer than it is wide. Flatter when charts need the space. */
export const ASPECT = { tall: 0.8, flat: 1.06 } as const

/** The four structural sequences, with empty labelled frames for missing ones, and the maps that were used. */
export function figureBlock(tools: Tools, parent: Parent, figures: KeyFigures, width: number): Block {
  const frame = (width - GAP * (figures.pictures.length - 1)) / figures.pictures.length
  const frameHeight = (frame * figures.heightMm) / figures.widthMm
  const { words } = tools
  // The caption of a map leaves no room for the position, which is the same for all pictures.
  const isNarrow = figures.pictures.length > STRUCTURAL.length
  return {
    height: HEADING_HEIGHT + CAPTION + frameHeight + 4 + LEGEND,
    draw: (x, y) => {
      drawHeading(tools, parent, words.sections.images, x, y, width)
      const top = y + HEADING_HEIGHT + CAPTION
      figures.pictures.forEach((picture, n) => {
        const left = x + n * (frame + GAP)
        const caption = words.sequences[picture.sequence]
        const at = { x: left, y: top - CAPTION, width: isNarrow ? frame : frame / 2 + 12 }
        const used = drawText(tools, parent, 'P', caption, at, STYLES.strong)
        if (picture.grey) {
          const where = { x: left + frame, y: top - CAPTION + 1, width: frame - used - 4, align: 'right' as const }
          if (!isNarrow) drawText(tools, parent, 'P', words.positionOf(figures.z), where, STYLES.small, INK.muted)
          drawPicture(tools, parent, figures, picture.grey, caption, { left, top, width: frame, height: frameHeight })
        } else {
          drawMissing(tools, parent, caption, { left, top, width: frame, height: frameHeight })
        }
      })
      const position = isNarrow ? `${capital(words.positionOf(figures.z))}. ` : ''
      drawLegend(tools, parent, figures, position, { x, y: top + frameHeight + 5, width })
    },
  }
}

interface Box {
  left: number
  top: number
  width: number
  height: number
}

/** Also drawn without its outlines, so that a reader sees what lies below them. */
export function drawPicture(
  tools: Tools,
  parent: Parent,
  figures: KeyFigures,
  grey: Uint8Array,
  caption: string,
  box: Box,
  isOutlined = true,
): void {
  const { canvas, words } = tools
  const drawn = isOutlined ? outermostFirst(figures.outlines) : []
  const alt = words.figureAlternative(
    caption,
    figures,
    drawn.map(({ key, name }) => words.labelName(key, name)),
  )
  const points = box.width / figures.widthMm
  const draw = () => {
    canvas.paint((doc) => {
      doc.rect(box.left, box.top, box.width, box.height).clip()
      canvas.image(pngOf(figures, grey), box)
      for (const { style, polygons } of drawn) {
        const trace = () => {
          for (const polygon of polygons) {
            for (const [n, [mx, my]] of polygon.entries()) {
              const at = [round(box.left + mx * points), round(box.top + my * points)] as const
              if (n === 0) doc.moveTo(...at)
              else doc.lineTo(...at)
            }
            doc.closePath()
          }
          return doc.lineJoin('round')
        }
        // A dark casing keeps the colour visible on bright oedema and hides the outline of the surrounding segment.
        trace().lineWidth(1.7).undash().strokeColor(INK.picture).stroke()
        if (style.dash.length === 2) doc.dash(style.dash[0]!, { space: style.dash[1]! })
        trace().lineWidth(0.95).strokeColor(style.colour).stroke().undash()
      }
    })
    const [west, east, up, down] = words.edges[figures.plane ?? 'axial']
    const middle = { x: box.left + box.width / 2, y: box.top + box.height / 2 }
    drawMark(tools, west, box.left + 4.5, middle.y)
    drawMark(tools, east, box.left + box.width - 4.5, middle.y)
    drawMark(tools, up, middle.x, box.top + 4.5)
    drawMark(tools, down, middle.x, box.top + box.height - 4.5)
    drawScaleBar(tools, box, points)
  }
  canvas.tag(parent, 'Figure', draw, { alt, bbox: [box.left, box.top, box.left + box.width, box.top + box.height] })
}

const round = (value: number) => Math.round(value * 100) / 100

/** A letter centred on a point, on black, because a bright head may reach the edge of the picture. */
function drawMark({ canvas, measurer }: Tools, letter: string, x: number, y: number): void {
  const style = { size: 7.5, weight: 'bold' } as const
  const line = measurer.fit(letter, style, 20)
  canvas.paint((doc) => doc.rect(x - 4.5, y - 4.5, 9, 9).fill(INK.picture))
  canvas.write(line, x - line.width / 2, y + 0.355 * style.size, style.size, INK.onPicture)
}

function drawScaleBar({ canvas, measurer }: Tools, box: Box, pointsPerMm: number): void {
  const style = STYLES.small
  const right = box.left + box.width - 6
  const y = box.top + box.height - 6
  const length = SCALE_BAR_MM * pointsPerMm
  canvas.paint((doc) => {
    doc.lineWidth(1).strokeColor(INK.onPicture)
    doc
      .moveTo(right - length, y - 2)
      .lineTo(right - length, y)
      .lineTo(right, y)
      .lineTo(right, y - 2)
      .stroke()
  })
  const line = measurer.fit(`${SCALE_BAR_MM / 10} cm`, style, length)
  canvas.write(line, right - line.width, y - 3.5, style.size, INK.onPicture)
}

function drawMissing(tools: Tools, parent: Parent, caption: string, box: Box): void {
  tools.canvas.artifact((doc) => {
    doc.rect(box.left + 0.25, box.top + 0.25, box.width - 0.5, box.height - 0.5)
    doc.lineWidth(0.5).dash(2, { space: 2 }).strokeColor(INK.faint).stroke()
  })
  const y = box.top + box.height / 2 - ascent(STYLES.body)
  const at = { x: box.left + box.width / 2, width: box.width - 8, align: 'center' as const }
  drawText(tools, parent, 'P', caption, { ...at, y: y - 4 }, STYLES.strong, INK.muted)
  drawText(tools, parent, 'P', tools.words.noSequence, { ...at, y: y + 7 }, STYLES.body, INK.muted)
}

function drawLegend(
  tools: Tools,
  parent: Parent,
  figures: KeyFigures,
  position: string,
  { x, y, width }: { x: number; y: number; width: number },
): void {
  const { canvas, words } = tools
  const none = figures.areaMm2 === 0
  let right = x + width
  if (!none) {
    for (const { key, name, style } of [...figures.outlines].reverse()) {
      const label = capital(words.labelName(key, name))
      right -= drawText(tools, parent, 'P', label, { x: right, y, width: 110, align: 'right' }, STYLES.small)
      const end = right - 4
      canvas.artifact((doc) => {
        doc.moveTo(end - 18, y + 4.6).lineTo(end, y + 4.6)
        if (style.dash.length === 2) doc.dash(style.dash[0]!, { space: style.dash[1]! })
        doc.lineWidth(1.6).strokeColor(style.colour).stroke()
      })
      right = end - 18 - 10
    }
  }
  const plane = none ? words.throughBrain : words.throughTumour
  const sentence = `${position}${plane} ${words.rightOnLeft}${none ? ` ${words.noOutlines}` : ''}`
  drawText(tools, parent, 'P', sentence, { x, y, width: right - x }, STYLES.small, INK.muted)
}
