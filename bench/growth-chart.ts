// A row of charts as SVG: seconds and memory of each curve over what grows, both axes from zero.

export interface Curve {
  axis: string
  points: { count: number; seconds: number; megabytes: number }[]
}

const PANEL = { width: 300, height: 220, before: 50, after: 56, above: 30, below: 46 }
const TIME = '#0b5fa5'
const MEMORY = '#b3541e'

export function chartOf(curves: readonly Curve[]): string {
  const panels = curves.map((curve, n) => `<g transform="translate(${n * PANEL.width},0)">${panelOf(curve)}</g>`)
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${curves.length * PANEL.width}" height="${PANEL.height}" font-family="sans-serif" font-size="11" role="img" aria-label="Seconds and memory over ${curves.map(({ axis }) => axis).join(', ')}"><rect width="100%" height="100%" fill="#fff"/>${panels.join('')}</svg>\n`
}

function panelOf({ axis, points }: Curve): string {
  const { width, height } = PANEL
  const [x0, x1, y0, y1] = [PANEL.before, width - PANEL.after, height - PANEL.below, PANEL.above]
  const most = (of: (point: Curve['points'][number]) => number) => niceAbove(Math.max(...points.map(of)))
  const [countEnd, timeEnd, memoryEnd] = [most((p) => p.count), most((p) => p.seconds), most((p) => p.megabytes)]
  const x = (count: number) => x0 + (count / countEnd) * (x1 - x0)
  const y = (value: number, end: number) => y0 - (value / end) * (y0 - y1)
  const line = (of: (point: Curve['points'][number]) => number, end: number, colour: string) =>
    `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points.map((p) => `${x(p.count).toFixed(1)},${y(of(p), end).toFixed(1)}`).join(' ')}"/>${points
      .map((p) => `<circle cx="${x(p.count).toFixed(1)}" cy="${y(of(p), end).toFixed(1)}" r="3" fill="${colour}"/>`)
      .join('')}`
  const label = (px: number, py: number, text: string, anchor: string, colour = '#222') =>
    `<text x="${px}" y="${py}" text-anchor="${anchor}" fill="${colour}">${text}</text>`
  const grid = [0, 0.5, 1].map((share) => {
    const at = y(share, 1)
    return `<line x1="${x0}" x2="${x1}" y1="${at}" y2="${at}" stroke="#ddd"/>${label(x0 - 6, at + 4, numeral(share * timeEnd), 'end', TIME)}${label(x1 + 6, at + 4, numeral(share * memoryEnd), 'start', MEMORY)}${label(x(share * countEnd), y0 + 16, numeral(share * countEnd), 'middle')}`
  })
  return [
    ...grid,
    line((p) => p.seconds, timeEnd, TIME),
    line((p) => p.megabytes, memoryEnd, MEMORY),
    label(x0 - 6, 18, 's', 'end', TIME),
    label(x1 + 6, 18, 'MB', 'start', MEMORY),
    label((x0 + x1) / 2, height - 10, axis, 'middle'),
  ].join('')
}

/** The next of 1, 2, 5, 10, … that is not below. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return power * [1, 2, 5, 10].find((step) => step * power >= value)!
}

const numeral = (value: number) => String(Number(value.toPrecision(3)))
