// Bars as SVG, since the content policy allows no inline styles; each has its value beside it as text.
import { html } from 'hono/html'
import type { Html } from './html.ts'

const clamp = (fraction: number) => Math.min(1, Math.max(0, fraction))
const percent = (fraction: number) => (clamp(fraction) * 100).toFixed(2)

/** One bar from 0 to `fraction` of the width; optionally with a whisker from low to high and the band below which no class is called. */
export function bar(fraction: number, kind: string, interval?: readonly [number, number], abstain?: number): Html {
  const whisker = interval
    ? html`<line class="whisker" x1="${percent(interval[0])}" x2="${percent(interval[1])}" y1="5" y2="5"></line>`
    : ''
  const band = abstain === undefined ? '' : hatch(abstain)
  return html`<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="10"></rect><rect class="fill fill-${kind}" width="${percent(fraction)}" height="10"></rect>${band}${whisker}</svg>`
}

/** Slanted lines from 0 to `end`, closed by a vertical one. */
function hatch(end: number): Html {
  const lines = Array.from({ length: Math.floor(100 * clamp(end)) / 4 }, (_, n) => `M${4 * n} 10L${4 * n + 2} 0`)
  return html`<path class="hatch" d="${lines.join('')}M${percent(end)} 0V10"></path>`
}

/** The parts of a whole, side by side. */
export function stackedBar(parts: readonly { kind: string; value: number }[]): Html {
  const total = parts.reduce((sum, { value }) => sum + value, 0)
  let x = 0
  const rects = parts.map(({ kind, value }) => {
    const width = total > 0 ? value / total : 0
    const rect = html`<rect class="fill fill-${kind}" x="${percent(x)}" width="${percent(width)}" height="10"></rect>`
    x += width
    return rect
  })
  return html`<svg class="bar bar-tall" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="10"></rect>${rects}</svg>`
}
