// Colours and line styles of the report: distinguishable for colour-blind readers (Okabe-Ito palette) and, by their dashes, in greyscale print.

export interface OverlayStyle {
  /** sRGB, "#rrggbb" */
  colour: string
  /** Dash pattern in points; empty is a solid line. */
  dash: readonly number[]
}

/** Contour style by segment key. */
export const OVERLAYS: Readonly<Record<string, OverlayStyle>> = {
  NCR: { colour: '#f3a712', dash: [1.1, 1.1] },
  ED: { colour: '#2e86ab', dash: [3.2, 1.4] },
  ET: { colour: '#e4572e', dash: [] },
}

/** For keys that a bundle defines itself, in the order in which it declares them. */
const OTHER_OVERLAYS: readonly OverlayStyle[] = [
  { colour: '#8fb339', dash: [] },
  { colour: '#b47eb3', dash: [3.2, 1.4] },
  { colour: '#66d7d1', dash: [1.1, 1.1] },
]

/** Style of a segment; `index` is its position in the bundle's list. */
export function overlayOf(key: string, index: number): OverlayStyle {
  return OVERLAYS[key] ?? OTHER_OVERLAYS[index % OTHER_OVERLAYS.length]!
}

/** Inks of the page, all grey except the overlays, so that colour always means a segment. */
export const INK = {
  text: '#14181f',
  muted: '#59626f',
  faint: '#8b94a1',
  rule: '#c9ced6',
  band: '#f1f3f6',
  bar: '#97a1af',
  track: '#e6e9ee',
  picture: '#000000',
  onPicture: '#ffffff',
  paper: '#ffffff',
} as const

/** Red, green, blue in 0..255 of "#rrggbb". */
export function rgbOf(colour: string): [number, number, number] {
  const value = Number.parseInt(colour.slice(1), 16)
  return [value >> 16, (value >> 8) & 255, value & 255]
}
