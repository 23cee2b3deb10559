// The parts of fontkit that the report uses.
declare module 'fontkit' {
  export interface PathCommand {
    command: 'moveTo' | 'lineTo' | 'quadraticCurveTo' | 'bezierCurveTo' | 'closePath'
    args: number[]
  }
  export interface Font {
    postscriptName: string
    unitsPerEm: number
    hasGlyphForCodePoint(codePoint: number): boolean
    glyphForCodePoint(codePoint: number): { id: number }
    layout(text: string, features?: string[]): { advanceWidth: number; glyphs: { id: number }[] }
    getVariation(axes: Record<string, number>): Font
    createSubset(): object
  }
  export function create(bytes: Uint8Array): Font
}
