// Key pictures as PNG with the outlines drawn into them, for pages and viewers: the same planes and colours as in the PDF.

import { encode } from 'fast-png'
import type { Sequence } from '../domain/study.ts'
import { WORDS } from '../wording/report-words.ts'
import { INK, rgbOf } from './colours.ts'
import { type FigureInput, type KeyFigures, makeKeyFigures, outermostFirst } from './figures.ts'

/** They are coded and described in English. */
const words = WORDS.en

export interface KeyImage {
  sequence: Sequence
  /** What the picture shows, in words. */
  alternative: string
  /** Width and height in mm. */
  widthMm: number
  heightMm: number
  png: Uint8Array
}

/** Letters as 5 x 7 dots, one number per row. */
const GLYPHS: Readonly<Record<string, readonly number[]>> = {
  R: [0b11110, 0b10001, 0b10001, 0b11110, 0b10100, 0b10010, 0b10001],
  L: [0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b11111],
  A: [0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001],
  P: [0b11110, 0b10001, 0b10001, 0b11110, 0b10000, 0b10000, 0b10000],
}

/** One RGB picture for each sequence that is present; the patient's right is on the left, anterior is up. */
export function renderKeyImages(input: FigureInput, aspect = 0.8): KeyImage[] {
  return drawKeyImages(makeKeyFigures(input, aspect))
}

/** The same, from figures that were kept. */
export function drawKeyImages(figures: KeyFigures): KeyImage[] {
  const { width, height } = figures
  const perMm = width / figures.widthMm
  const drawn = outermostFirst(figures.outlines)
  return figures.pictures.flatMap(({ sequence, grey }) => {
    if (!grey) return []
    const data = new Uint8Array(width * height * 3)
    for (let n = 0; n < grey.length; n++) data.fill(grey[n]!, 3 * n, 3 * n + 3)
    const dot = (x: number, y: number, colour: readonly number[]) => {
      if (x >= 0 && y >= 0 && x < width && y < height) data.set(colour, 3 * (x + width * y))
    }
    for (const { style, polygons } of drawn) {
      for (const polygon of polygons) drawPolygon(polygon, perMm, rgbOf(style.colour), dot)
    }
    const middle = [width >> 1, height >> 1] as const
    const [west, east, up, down] = words.edges.axial
    drawLetter(west, 10, middle[1], dot)
    drawLetter(east, width - 11, middle[1], dot)
    drawLetter(up, middle[0], 12, dot)
    drawLetter(down, middle[0], height - 13, dot)
    const alternative = words.figureAlternative(
      words.sequences[sequence],
      figures,
      drawn.map((outline) => outline.name.toLowerCase()),
    )
    const png = encode({ width, height, data, channels: 3, depth: 8 })
    return [{ sequence, alternative, widthMm: figures.widthMm, heightMm: figures.heightMm, png }]
  })
}

type Dot = (x: number, y: number, colour: readonly number[]) => void

/** Two pixels wide, so that it stays visible when the picture is scaled down. */
function drawPolygon(polygon: [number, number][], perMm: number, colour: readonly number[], dot: Dot): void {
  polygon.forEach(([x, y], n) => {
    const [nextX, nextY] = polygon[(n + 1) % polygon.length]!
    const steps = Math.max(1, Math.ceil(2 * perMm * Math.max(Math.abs(nextX - x), Math.abs(nextY - y))))
    for (let s = 0; s < steps; s++) {
      const px = Math.floor((x + ((nextX - x) * s) / steps) * perMm)
      const py = Math.floor((y + ((nextY - y) * s) / steps) * perMm)
      for (const [dx, dy] of [
        [0, 0],
        [1, 0],
        [0, 1],
        [1, 1],
      ] as const)
        dot(px + dx, py + dy, colour)
    }
  })
}

/** A letter of 10 x 14 pixels around its centre, white with a black edge. */
function drawLetter(letter: string, x: number, y: number, dot: Dot): void {
  const rows = GLYPHS[letter] ?? []
  for (const [radius, ink] of [
    [1, rgbOf(INK.picture)],
    [0, rgbOf(INK.onPicture)],
  ] as const) {
    rows.forEach((row, v) => {
      for (let u = 0; u < 5; u++) {
        if (((row >> (4 - u)) & 1) === 0) continue
        for (let dy = -radius; dy <= 1 + radius; dy++) {
          for (let dx = -radius; dx <= 1 + radius; dx++) dot(x - 5 + 2 * u + dx, y - 7 + 2 * v + dy, ink)
        }
      }
    })
  }
}
