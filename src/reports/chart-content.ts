// Content of the charts: the feature contributions of each head, and the survival curve of the risk group.

import { HEADS, type Head, type Prediction } from '../domain/finding.ts'
import { shareAlive } from '../domain/kaplan-meier.ts'
import type { Words } from '../wording/report-words.ts'

export interface ContributionBar {
  /** "age 63 y" */
  label: string
  contribution: number
}

export interface ContributionChart {
  title: string
  /** Strongest first. */
  bars: ContributionBar[]
}

export interface SurvivalCurve {
  /** Kaplan-Meier steps of the group, as shares of 1. */
  months: number[]
  survival: number[]
  lower: number[]
  upper: number[]
  points: { month: number; probability: number; interval?: readonly [number, number] }[]
  groupLegend: string
  alternative: string
}

/** One chart per head that answered and was explained, in the order of the heads. */
export function contributionCharts(predictions: readonly Prediction[], words: Words): ContributionChart[] {
  return HEADS.flatMap((head) => {
    const prediction = predictions.find((one) => one.head === head)
    if (!prediction || prediction.status === 'not-evaluable' || prediction.explanation.length === 0) return []
    const bars = prediction.explanation
      .map(({ feature, value, contribution }) => ({
        label: [shortName(words.featureName(feature), words), readable(words.featureValue(feature, value))]
          .filter((part) => part !== '')
          .join(' '),
        contribution,
      }))
      .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
    return [{ title: chartTitle(head, prediction.explained?.of ?? prediction.call ?? '', words), bars }]
  })
}

/** What the bars of a chart contribute to: a class, or the risk. */
function chartTitle(head: Head, of: string, words: Words): string {
  if (head === 'survival') return words.riskOfDeath
  return of === '' ? words.heads[head] : words.named(words.heads[head], words.className(head, of))
}

const shortName = (name: string, { features }: Words) => features.groups[name] ?? name

/** Values with a unit are printed; a bare ratio tells a reader nothing. */
const readable = (value: string) => (/[\p{L}%.]$/u.test(value) ? value : '')

/** At most `most` bars. The remaining contributions are summed into one, so that the bars still add up; where there is room for one alone, it is the strongest. */
export function shownBars({ bars }: ContributionChart, most: number, words: Words): ContributionBar[] {
  if (bars.length <= most || most < 2) return bars.slice(0, Math.max(1, most))
  const rest = bars.slice(most - 1)
  const contribution = rest.reduce((sum, one) => sum + one.contribution, 0)
  return [...bars.slice(0, most - 1), { label: words.others(rest.length), contribution }]
}

/** The curve of the patient's risk group and the patient's own predictions; undefined without a survival prediction. */
export function survivalCurve(predictions: readonly Prediction[], words: Words): SurvivalCurve | undefined {
  const prediction = predictions.find((one) => one.head === 'survival')
  if (!prediction || prediction.status === 'not-evaluable' || !prediction.survival) return undefined
  const { n, events, kaplanMeier, ...group } = prediction.survival.group
  const name = words.riskGroupName(group.name)
  const points = Object.entries(prediction.probabilities)
    .map(([month, probability]) => {
      const interval = prediction.intervals[month]
      return { month: Number(month), probability, ...(interval ? { interval } : {}) }
    })
    .sort((a, b) => a.month - b.month)
  return {
    ...kaplanMeier,
    points,
    groupLegend: words.groupLegend(name, n, events),
    alternative: words.curveAlternative(
      name,
      n,
      points.map(({ month }) => words.aliveAfter(words.percent(shareAlive(kaplanMeier, month)), String(month))),
      points.map(({ month, probability, interval }) =>
        words.aliveAfter(words.percentWithInterval(probability, interval), String(month)),
      ),
    ),
  }
}
