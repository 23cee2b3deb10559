// Shapes text with HarfBuzz (OpenType layout): order and form of letters and marks in Indic, Khmer, Lao, Myanmar, Thai, Hebrew and Arabic
// script, where fontkit 2.0.4 misplaces marks, keeps the order of the code points, or fails.
import type { Font } from 'fontkit'
import { Blob, Face, Font as ShapingFont, shape, Buffer as TextBuffer } from 'harfbuzzjs'

interface Shaped {
  glyphs: { id: number; advanceWidth: number; codePoints: number[] }[]
  /** Font units. */
  positions: { xAdvance: number; yAdvance: number; xOffset: number; yOffset: number }[]
  advanceWidth: number
}

/** The same font, laid out by HarfBuzz; code that draws text calls `layout` and gets glyph numbers and positions. */
export function shapedByHarfBuzz(font: Font, bytes: Uint8Array): Font {
  const shaping = new ShapingFont(new Face(new Blob(bytes.slice().buffer)))
  Object.defineProperty(font, 'layout', { value: (text: string) => layout(shaping, text) })
  return font
}

function layout(font: ShapingFont, text: string): Shaped {
  const buffer = new TextBuffer()
  buffer.addText(text)
  buffer.guessSegmentProperties()
  shape(font, buffer)
  const infos = buffer.getGlyphInfos()
  const positions = buffer
    .getGlyphPositions()
    .map(({ xAdvance, yAdvance, xOffset, yOffset }) => ({ xAdvance, yAdvance, xOffset, yOffset }))
  const starts = [...new Set(infos.map(({ cluster }) => cluster)), text.length].sort((a, b) => a - b)
  const texts = new Map(starts.slice(0, -1).map((start, n) => [start, text.slice(start, starts[n + 1])]))
  const characters = new Map([...texts].map(([start, part]) => [start, Array.from(part, (c) => c.codePointAt(0)!)]))
  return {
    glyphs: infos.map(({ codepoint: id, cluster }) => ({
      id,
      advanceWidth: font.glyphHAdvance(id),
      codePoints: charactersOf(font, id, characters.get(cluster)!),
    })),
    positions,
    advanceWidth: positions.reduce((sum, { xAdvance }) => sum + xAdvance, 0),
  }
}

/**
 * What a reader gets on copying the glyph: its own character if it has one, otherwise those of its whole cluster. The text of a
 * whole run is written beside it (ActualText).
 */
function charactersOf(font: ShapingFont, glyph: number, cluster: readonly number[]): number[] {
  const own = cluster.find((character) => font.nominalGlyph(character) === glyph)
  return own === undefined ? [...cluster] : [own]
}
