// Chart of the tumour's volumes over the patient's studies, with intervals, drawn by the server.
import { html } from 'hono/html'
import { type CourseLine, courseLines, volumeTicks } from '../domain/volume-course.ts'
import { COURSE, courseSentence } from '../wording/course.ts'
import { readDate, volume } from '../wording/quantities.ts'
import type { Html, Part } from './html.ts'
import type { Summary } from './summary.ts'

const PLOT = { width: 300, height: 120, left: 34, right: 62, top: 8, bottom: 18 } as const
/** Minimum distance between the names at the line ends. */
const LABEL_PITCH = 11

export function courseChart({ study, measurements, comparison }: Summary): Part {
  if (!study || !comparison) return ''
  const lines = courseLines({ study, measurements, comparison })
  if (lines.length === 0) return ''
  const days = lines.flatMap(({ points }) => points.map((point) => point.days))
  const last = Math.max(1, ...days)
  const ticks = volumeTicks(lines)
  const most = ticks.at(-1)!
  const x = (day: number) => PLOT.left + ((PLOT.width - PLOT.left - PLOT.right) * day) / last
  const y = (ml: number) => PLOT.top + (PLOT.height - PLOT.top - PLOT.bottom) * (1 - ml / most)
  const scale = { x, y }
  const dates = [...new Map(lines[0]!.points.map((point) => [point.days, point.studyDate]))]
  const ends = [dates[0]!, ...(dates.length > 1 ? [dates.at(-1)!] : [])]
  return html`<figure class="curve course"><figcaption>${COURSE.title}, ${COURSE.unit}</figcaption>
<svg viewBox="0 0 ${PLOT.width} ${PLOT.height}" role="img" aria-label="${courseSentence(lines)}">
${ticks.map((ml) => html`<line class="grid" x1="${PLOT.left}" x2="${PLOT.width - PLOT.right}" y1="${fixed(y(ml))}" y2="${fixed(y(ml))}"></line><text class="end" x="${PLOT.left - 5}" y="${fixed(y(ml) + 3)}">${ml}</text>`)}
${dates.map(([day]) => html`<line class="grid" x1="${fixed(x(day))}" x2="${fixed(x(day))}" y1="${fixed(y(0))}" y2="${fixed(y(0) + 3)}"></line>`)}
${ends.map(([day, date]) => html`<text class="middle" x="${fixed(x(day))}" y="${PLOT.height - 4}">${readDate(date)}</text>`)}
${lines.map((line) => regionLine(line, scale))}${labels(lines, scale)}</svg>
<p class="muted small">${COURSE.intervals}</p></figure>`
}

interface Scale {
  x(day: number): number
  y(ml: number): number
}

function regionLine({ region, points }: CourseLine, { x, y }: Scale): Html {
  const path = points.map(({ days, value }, n) => `${n === 0 ? 'M' : 'L'}${fixed(x(days))} ${fixed(y(value))}`).join('')
  const marks = points.map(({ days, value, interval }) => {
    const whisker = interval
      ? html`<line class="whisker" x1="${fixed(x(days))}" x2="${fixed(x(days))}" y1="${fixed(y(interval[0]))}" y2="${fixed(y(interval[1]))}"></line>`
      : ''
    return html`${whisker}<circle class="course-point" cx="${fixed(x(days))}" cy="${fixed(y(value))}" r="2.6"><title>${volume(value)}</title></circle>`
  })
  return html`<g class="course-${region}"><path class="course-line" d="${path}"></path>${marks}</g>`
}

/** Names beside the last point of each line, moved apart where they would overlap. */
function labels(lines: readonly CourseLine[], { x, y }: Scale): Html[] {
  let above = Number.NEGATIVE_INFINITY
  return [...lines]
    .map((line) => ({ line, end: line.points.at(-1)! }))
    .sort((a, b) => b.end.value - a.end.value)
    .map(({ line, end }) => {
      above = Math.max(y(end.value) + 3, above + LABEL_PITCH)
      return html`<text class="course-${line.region}" x="${fixed(x(end.days) + 6)}" y="${fixed(above)}">${SHORT[line.region] ?? line.region}</text>`
    })
}

const SHORT: Readonly<Record<string, string>> = { WT: 'whole', TC: 'core', ET: 'enhancing' }

const fixed = (value: number) => value.toFixed(1)
