// Charts of a prediction as SVG and text: the feature contributions, and the survival curve of the patient's risk group.
import { html } from 'hono/html'
import type { EvaluatedPrediction, RiskGroup } from '../domain/finding.ts'
import { monthsShown, shareAlive, stepCorners, TICK_MONTHS } from '../domain/kaplan-meier.ts'
import { featureName, featureValue } from '../wording/feature-names.ts'
import { className, evidenceSentences, likelihoodOf, undecidedSentence } from '../wording/predictions.ts'
import { percent, contribution as written } from '../wording/quantities.ts'
import { WORDS } from '../wording/report-words.ts'
import { capital } from '../wording/sentences.ts'
import { contributionsTitle, GROUP_CURVE, groupSentence } from '../wording/web-pages.ts'
import type { Html, Part } from './html.ts'

const MAX_BARS = 8
const fixed = (value: number) => value.toFixed(2)

/** Bars to the right favour what the title names; the remaining contributions are summed, so that the bars add up. */
export function contributionBars({ head, explanation, explained }: EvaluatedPrediction): Part {
  if (explanation.length === 0) return ''
  const shown = explanation.length > MAX_BARS ? explanation.slice(0, MAX_BARS - 1) : explanation
  const rest = explanation.slice(shown.length)
  const rows = [
    ...shown.map(({ feature, value, contribution }) => ({
      name: featureName(feature),
      value: featureValue(feature, value),
      contribution,
    })),
    ...(rest.length > 0
      ? [
          {
            name: WORDS.en.others(rest.length),
            value: '',
            contribution: rest.reduce((s, r) => s + r.contribution, 0),
          },
        ]
      : []),
  ]
  const largest = Math.max(...rows.map(({ contribution }) => Math.abs(contribution)), 1e-9)
  const lines = rows.map(({ name, value, contribution }) => {
    const length = (50 * Math.abs(contribution)) / largest
    return html`<div class="contribution"><dt>${name}${value === '' ? '' : html` <small>${value}</small>`}</dt>
<dd><svg class="bar bar-signed" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="fill" x="${fixed(contribution < 0 ? 50 - length : 50)}" width="${fixed(length)}" height="10"></rect><line class="axis" x1="50" x2="50" y1="0" y2="10"></line></svg><span>${written(contribution)}</span></dd></div>`
  })
  return html`<details class="contributions"><summary>${contributionsTitle(head, explained)}</summary><dl>${lines}</dl></details>`
}

const PLOT = { width: 300, height: 96, left: 34, bottom: 18 } as const

/** Kaplan-Meier steps with their band, and the patient's predictions as points with intervals. */
export function survivalCurve({ survival, probabilities, intervals }: EvaluatedPrediction): Part {
  if (!survival) return ''
  const { group } = survival
  const horizons = Object.keys(probabilities)
    .map(Number)
    .sort((a, b) => a - b)
  const last = monthsShown(group.kaplanMeier.months, horizons)
  const x = (month: number) => PLOT.left + ((PLOT.width - PLOT.left - 6) * Math.min(last, month)) / last
  const y = (share: number) => 4 + (PLOT.height - PLOT.bottom - 4) * (1 - share)
  const points = horizons.map((month) => {
    const interval = intervals[month]
    const whisker = interval
      ? html`<line class="whisker" x1="${fixed(x(month))}" x2="${fixed(x(month))}" y1="${fixed(y(interval[0]))}" y2="${fixed(y(interval[1]))}"></line>`
      : ''
    return html`${whisker}<circle class="point" cx="${fixed(x(month))}" cy="${fixed(y(probabilities[month]!))}" r="3"></circle>`
  })
  const ticks = Array.from({ length: last / TICK_MONTHS + 1 }, (_, n) => TICK_MONTHS * n)
  return html`<figure class="curve"><figcaption>${groupSentence(group.name, group.n, group.events)}</figcaption>
<svg viewBox="0 0 ${PLOT.width} ${PLOT.height}" role="img" aria-label="${describe(group, horizons)}">
${[0, 0.5, 1].map((share) => html`<line class="grid" x1="${PLOT.left}" x2="${PLOT.width - 6}" y1="${fixed(y(share))}" y2="${fixed(y(share))}"></line><text class="end" x="${PLOT.left - 5}" y="${fixed(y(share) + 3)}">${share * 100} %</text>`)}
${ticks.map((month) => html`<text class="middle" x="${fixed(x(month))}" y="${PLOT.height - 4}">${month}</text>`)}
<path class="band" d="${band(group, last, x, y)}"></path><path class="steps" d="${path(stepCorners(group.kaplanMeier.months, group.kaplanMeier.survival, last), x, y)}"></path>${points}</svg>
<p class="muted small">${GROUP_CURVE}</p></figure>`
}

type Scale = (value: number) => number

function path(corners: readonly [number, number][], x: Scale, y: Scale): string {
  return corners.map(([month, share], n) => `${n === 0 ? 'M' : 'L'}${fixed(x(month))} ${fixed(y(share))}`).join('')
}

function band({ kaplanMeier: { months, lower, upper } }: RiskGroup, last: number, x: Scale, y: Scale): string {
  return `${path([...stepCorners(months, upper, last), ...stepCorners(months, lower, last).reverse()], x, y)}Z`
}

/** The curve in words, at the prediction's horizons. */
function describe({ name, kaplanMeier }: RiskGroup, horizons: readonly number[]): string {
  const shares = horizons.map((month) => `${percent(shareAlive(kaplanMeier, month))} after ${month} months`)
  return `Kaplan-Meier curve of the ${name}-risk group: alive ${shares.join(', ')}`
}

/** One line below a call, or below its absence: how likely it is and what the data can show, or why there is none. */
export function likelihoodLine(prediction: EvaluatedPrediction): Html | '' {
  const { head, call, remaining, reason } = prediction
  const undecided = remaining && undecidedSentence(remaining.map((label) => className(head, label)))
  const likelihood = likelihoodOf(prediction)
  const likely =
    call === undefined ? (reason ?? undecided ?? '') : likelihood === undefined ? '' : `${capital(likelihood)}.`
  const lines = [likely, ...evidenceSentences(prediction)].filter((line) => line !== '')
  return lines.length === 0 ? '' : html`<p class="muted small">${lines.join(' ')}</p>`
}
