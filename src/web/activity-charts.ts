// Two small charts above the worklist, drawn by the server: studies delivered per hour, and how long the oldest one had waited.
import { html } from 'hono/html'
import type { Hour } from '../domain/activity.ts'
import { deliveredCount, HOURS_AGO, longestWait, oldestNow, WORKLIST } from '../wording/worklist.ts'
import type { Html, Part } from './html.ts'

const PLOT = { width: 240, height: 44 } as const

export function activityCharts(hours: readonly Hour[]): Part {
  const last = hours.at(-1)
  if (!last) return ''
  const delivered = hours.reduce((sum, hour) => sum + hour.delivered, 0)
  const longest = Math.max(...hours.map(({ oldestSeconds }) => oldestSeconds))
  return html`<section class="activity" aria-label="${WORKLIST.activity}">
${chart(deliveredCount(delivered), bars(hours.map((hour) => hour.delivered)))}
${chart(oldestNow(last.oldestSeconds), line(hours.map(({ oldestSeconds }) => oldestSeconds)), longest > 0 ? longestWait(longest) : '')}
</section>`
}

function chart(title: string, marks: Part | Part[], note = ''): Html {
  const [first, middle, now] = HOURS_AGO
  return html`<figure><figcaption>${title}${note === '' ? '' : html` <small>${note}</small>`}</figcaption>
<svg viewBox="0 0 ${PLOT.width} ${PLOT.height}" preserveAspectRatio="none" aria-hidden="true"><line class="axis" x1="0" x2="${PLOT.width}" y1="${PLOT.height - 0.5}" y2="${PLOT.height - 0.5}"></line>${marks}</svg>
<p class="hours" aria-hidden="true"><span>${first}</span><span>${middle}</span><span>${now}</span></p></figure>`
}

/** Bar heights; the largest value fills the plot. */
function heights(values: readonly number[]): number[] {
  const most = Math.max(1, ...values)
  return values.map((value) => ((PLOT.height - 4) * value) / most)
}

function bars(values: readonly number[]): Html[] {
  const step = PLOT.width / values.length
  return heights(values).map(
    (height, n) =>
      html`<rect class="hour" x="${(n * step + 1).toFixed(1)}" y="${(PLOT.height - height).toFixed(1)}" width="${(step - 2).toFixed(1)}" height="${height.toFixed(1)}"></rect>`,
  )
}

function line(values: readonly number[]): Html {
  const step = PLOT.width / values.length
  const points = heights(values).map(
    (height, n) => `${((n + 0.5) * step).toFixed(1)} ${(PLOT.height - height - 0.5).toFixed(1)}`,
  )
  const under = `M${(step / 2).toFixed(1)} ${PLOT.height}L${points.join('L')}L${(PLOT.width - step / 2).toFixed(1)} ${PLOT.height}Z`
  return html`<path class="waited" d="${under}"></path><path class="waited-line" d="M${points.join('L')}"></path>`
}
