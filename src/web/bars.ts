// Bars as SVG, since the content policy allows no inline style; each has its value as text beside it.
import { html } from 'hono/html'
import type { Html } from './html.ts'

const clamp = (fraction: number) => Math.min(1, Math.max(0, fraction))
const percent = (fraction: number) => (clamp(fraction) * 100).toFixed(2)

/** One bar from 0 to `fraction` of the width, with a whisker from low to high when given. */
export function bar(fraction: number, kind: string, interval?: readonly [number, number]): Html {
  const whisker = interval
    ? html`<line class="whisker" x1="${percent(interval[0])}" x2="${percent(interval[1])}" y1="5" y2="5"></line>`
    : ''
  return html`<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="10"></rect><rect class="fill fill-${kind}" width="${percent(fraction)}" height="10"></rect>${whisker}</svg>`
}

/** Parts of a whole side by side. */
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
