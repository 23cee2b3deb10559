// One panel: the slice, its outlines, and what shows the reader where they are.
import type { Stroke } from '../../domain/brush.ts'
import type { Index, Mark, PlaneView, ShownSegment, SliceOutline } from '../../domain/shown-images.ts'
import type { Grid } from '../../domain/volume.ts'
import { lengthMm, onCanvas, onSlice, type Placing, slicePoint } from './geometry.ts'
import { fill } from './words.ts'

export interface Panel {
  context: CanvasRenderingContext2D
  width: number
  height: number
  placing: Placing
  view: PlaneView
}

/** A part of a picture: the nth of several images stacked in it. */
export interface Source {
  picture: ImageBitmap
  n: number
}

export function drawPicture({ context, placing, view }: Panel, { picture, n }: Source): void {
  const [x, y] = onCanvas(placing, [0, 0])
  context.imageSmoothingEnabled = true
  context.imageSmoothingQuality = 'medium'
  context.drawImage(
    picture,
    0,
    n * view.height,
    view.width,
    view.height,
    x,
    y,
    view.width * placing.across,
    view.height * placing.down,
  )
}

/** A chessboard of two images: edges that do not continue from square to square reveal a shift. */
export function drawChessboard(panel: Panel, other: Source, squareMm: number): void {
  const { context, placing, width, height } = panel
  const side = squareMm * placing.perMm
  context.save()
  context.beginPath()
  const [left, top] = onCanvas(placing, [0, 0])
  const first = (start: number) => Math.floor(-start / side)
  for (let row = first(top); top + row * side < height; row++)
    for (let column = first(left); left + column * side < width; column++)
      if ((row + column) % 2 !== 0) context.rect(left + column * side, top + row * side, side, side)
  context.clip()
  context.fillStyle = '#000'
  context.fillRect(0, 0, width, height)
  drawPicture(panel, other)
  context.restore()
}

export interface OutlineStyle {
  segments: readonly ShownSegment[]
  lines: boolean
  fills: boolean
  opacity: number
  hidden: ReadonlySet<number>
}

/** Outlines of the earlier study are dashed when both are drawn. */
export function drawOutlines(
  { context, placing }: Panel,
  outlines: readonly SliceOutline[],
  { segments, lines, fills, opacity, hidden }: OutlineStyle,
): void {
  context.save()
  context.lineJoin = 'round'
  context.lineWidth = 1.6
  for (const { label, polygons } of outlines) {
    const colour = segments.find((segment) => segment.label === label)?.colour
    if (!colour || hidden.has(label)) continue
    context.beginPath()
    for (const polygon of polygons) {
      polygon.forEach((point, n) => {
        const [x, y] = onCanvas(placing, point)
        if (n === 0) context.moveTo(x, y)
        else context.lineTo(x, y)
      })
      context.closePath()
    }
    if (fills) {
      context.globalAlpha = opacity
      context.fillStyle = colour
      context.fill('evenodd')
    }
    if (lines) {
      context.globalAlpha = 1
      context.strokeStyle = colour
      context.stroke()
    }
  }
  context.restore()
}

export interface StrokePlace {
  grid: Grid
  index: number
  segments: readonly ShownSegment[]
}

/** Fresh strokes, as wide as the brush is on this slice; what is erased is grey. */
export function drawStrokes(
  { context, placing, view }: Panel,
  strokes: readonly Stroke[],
  { grid, index, segments }: StrokePlace,
): void {
  context.save()
  context.globalAlpha = 0.45
  for (const { label, radiusMm, across, points } of strokes) {
    context.fillStyle = segments.find((segment) => segment.label === label)?.colour ?? '#9aa5ad'
    context.beginPath()
    for (const point of points) {
      const { at, beyondMm } = slicePoint(grid, view, point, index)
      const radius = across ? radiusMm : Math.sqrt(Math.max(0, radiusMm ** 2 - beyondMm ** 2))
      if (radius === 0 || (across && beyondMm > view.spacing / 2)) continue
      const [x, y] = onCanvas(placing, at)
      context.moveTo(x + radius * placing.perMm, y)
      context.arc(x, y, radius * placing.perMm, 0, 2 * Math.PI)
    }
    context.fill()
  }
  context.restore()
}

export function drawMarks(panel: Panel, marks: readonly Mark[]): void {
  for (const { name, lines } of marks) {
    const ends = lines.map(([from, to]) => [onSlice(panel.view, from), onSlice(panel.view, to)] as const)
    for (const [from, to] of ends) line(panel, from, to, '#fff27a')
    const last = ends[0]?.[1]
    if (last) lengthLabel(panel, name, onCanvas(panel.placing, last))
  }
}

/** `words` has a placeholder for the length: "{mm} mm". */
export function drawRuler(panel: Panel, from: [number, number], to: [number, number], words: string): void {
  line(panel, from, to, '#7ad7ff')
  const length = fill(words, { mm: lengthMm(panel.view, from, to).toFixed(1) })
  lengthLabel(panel, length, onCanvas(panel.placing, to))
}

/** Above the end of the line, and clear of the letter at the panel's edge. */
function lengthLabel(panel: Panel, text: string, [x, y]: readonly [number, number]): void {
  const { context, width } = panel
  context.save()
  context.font = fontOf(12)
  const right = x + 4 + context.measureText(text).width
  context.restore()
  label(panel, text, [Math.max(6, x + 4 - Math.max(0, right - (width - 26))), Math.max(12, y - 12)], 'left')
}

const fontOf = (size: number) => `600 ${size}px system-ui, sans-serif`

function line({ context, placing }: Panel, from: [number, number], to: [number, number], colour: string): void {
  const [a, b] = [onCanvas(placing, from), onCanvas(placing, to)]
  context.save()
  for (const [width, ink] of [
    [4, 'rgb(0 0 0 / 60%)'],
    [1.8, colour],
  ] as const) {
    context.lineWidth = width
    context.strokeStyle = ink
    context.beginPath()
    context.moveTo(...a)
    context.lineTo(...b)
    context.stroke()
  }
  context.restore()
}

/** Leaves the point itself uncovered. */
export function drawCrosshair({ context, placing, view, width, height }: Panel, cursor: Index): void {
  const [x, y] = onCanvas(placing, onSlice(view, cursor))
  const gap = 9
  context.save()
  context.strokeStyle = 'rgb(122 215 255 / 75%)'
  context.lineWidth = 1
  context.beginPath()
  context.moveTo(0, y)
  context.lineTo(x - gap, y)
  context.moveTo(x + gap, y)
  context.lineTo(width, y)
  context.moveTo(x, 0)
  context.lineTo(x, y - gap)
  context.moveTo(x, y + gap)
  context.lineTo(x, height)
  context.stroke()
  context.restore()
}

/** Letters for the patient's directions, a scale, and the panel's captions. */
export function drawWords(panel: Panel, { titles, corner }: { titles: readonly string[]; corner: string }): void {
  const { width, height, view } = panel
  const { left, right, top, bottom } = view.edges
  label(panel, left, [6, height / 2], 'left', 15)
  label(panel, right, [width - 6, height / 2], 'right', 15)
  label(panel, top, [width / 2, 14], 'center', 15)
  label(panel, bottom, [width / 2, height - 13], 'center', 15)
  for (const [n, title] of titles.entries()) label(panel, title, [7, 14 + 17 * n], 'left', n === 0 ? 12.5 : 11)
  label(panel, corner, [7, height - 13], 'left', 11)
  drawScale(panel)
}

const STEPS_MM = [100, 50, 20, 10, 5, 2, 1]

/** The longest round length that takes less than a third of the panel, with ticks at every tenth or fifth of it. */
function drawScale(panel: Panel): void {
  const { context, placing, width, height } = panel
  const mm = STEPS_MM.find((step) => step * placing.perMm < width / 3) ?? 1
  const length = mm * placing.perMm
  const [x, y] = [width - 10 - length, height - 12]
  context.save()
  for (const [thick, ink] of [
    [3.5, 'rgb(0 0 0 / 70%)'],
    [1.5, '#fff'],
  ] as const) {
    context.lineWidth = thick
    context.strokeStyle = ink
    context.beginPath()
    context.moveTo(x, y)
    context.lineTo(x + length, y)
    for (let n = 0; n <= 5; n++) {
      context.moveTo(x + (n * length) / 5, y)
      context.lineTo(x + (n * length) / 5, y - (n === 0 || n === 5 ? 7 : 4))
    }
    context.stroke()
  }
  context.restore()
  label(panel, `${mm} mm`, [x + length, y - 14], 'right', 11)
}

function label(
  { context }: Panel,
  text: string,
  [x, y]: readonly [number, number],
  align: CanvasTextAlign,
  size = 12,
): void {
  context.save()
  context.font = fontOf(size)
  context.textAlign = align
  context.textBaseline = 'middle'
  context.lineWidth = 3
  context.strokeStyle = 'rgb(0 0 0 / 85%)'
  context.lineJoin = 'round'
  context.strokeText(text, x, y)
  context.fillStyle = '#fff'
  context.fillText(text, x, y)
  context.restore()
}
