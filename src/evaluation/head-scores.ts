// How well the heads did: discrimination, calibration, abstentions, and how often a call was wrong; pure.
import type { EvaluatedPrediction, Head, Prediction } from '../domain/finding.ts'
import type { Labels } from './label-table.ts'
import { auc, bootstrap, brier, calibrationSlope, concordance, type Estimate, mean } from './statistics.ts'

/** One patient: the head's answer, and the known result. */
export interface Answer {
  prediction: Prediction
  labels: Labels
}

/** What became of the patients. All scores cover those with a result and an answer. */
interface Counts {
  patients: number
  /** Without a tissue result (survival: without follow-up). */
  withoutLabel: number
  /** Of those with a label. */
  notEvaluable: number
  /** How often each reason was given, ignoring the numbers in it. */
  notEvaluableReasons: Record<string, number>
  answered: number
}

export interface ClassificationReport extends Counts {
  head: Head
  status: 'evaluated'
  classes: string[]
  /** Patients per class among those scored. */
  prevalence: Record<string, number>
  /** Of each class against the others; with two classes, only of the second. */
  auc: Record<string, Estimate>
  calibrationSlope: Record<string, Estimate>
  brier: Estimate
  /** The same for a prediction that always states the prevalence: the score to beat. */
  brierOfPrevalence: number
  indeterminate: number
  calls: number
  /** Share of the calls that were wrong. */
  callErrors: Estimate
  /** Share of the patients with a result, answered or not, for whom a call was made. */
  callShare: Estimate
  /** Share of the patients whose true class is the call, or one of the remaining classes. */
  coverage: Estimate
}

export interface SurvivalReport extends Counts {
  head: Head
  status: 'evaluated-survival'
  deaths: number
  concordance: Estimate
  /** Within one diagnosis, if there are enough patients. */
  subgroups: { diagnosis: string; patients: number; deaths: number; concordance: Estimate }[]
  /** Observed and mean predicted share alive, per horizon, among those whose state is known then. */
  horizons: { months: number; patients: number; alive: number; predicted: number }[]
}

type Answered<L> = { prediction: EvaluatedPrediction; label: L }

function count<L>(
  answers: readonly Answer[],
  labelOf: (labels: Labels) => L | undefined,
): { counts: Counts; scored: Answered<L>[] } {
  const scored: Answered<L>[] = []
  const reasons: Record<string, number> = {}
  let [withoutLabel, notEvaluable] = [0, 0]
  for (const { prediction, labels } of answers) {
    const label = labelOf(labels)
    if (label === undefined) withoutLabel++
    else if (prediction.status === 'not-evaluable') {
      notEvaluable++
      reasons[prediction.reason] = (reasons[prediction.reason] ?? 0) + 1
    } else scored.push({ prediction, label })
  }
  return {
    counts: {
      patients: answers.length,
      withoutLabel,
      notEvaluable,
      notEvaluableReasons: reasons,
      answered: scored.length,
    },
    scored,
  }
}

export function scoreClassification(
  head: Head,
  classes: readonly string[],
  answers: readonly Answer[],
): ClassificationReport {
  const { counts, scored } = count(answers, (labels) => {
    const label = labels[head as 'idh']
    return label !== undefined && classes.includes(label) ? label : undefined
  })
  // Discrimination is the head's own: bounds would make ties of everything beyond them.
  const probability = (n: number, label: string) => {
    const { scores, probabilities } = scored[n]!.prediction
    return (scores ?? probabilities)[label]!
  }
  const isOf = (n: number, label: string) => scored[n]!.label === label
  const explained = classes.length === 2 ? classes.slice(1) : classes
  const perClass = (measure: (label: string, rows: readonly number[]) => number) =>
    Object.fromEntries(explained.map((label) => [label, bootstrap(scored.length, (rows) => measure(label, rows))]))
  const scores = (rows: readonly number[], label: string) => rows.map((n) => probability(n, label))
  const printed = (rows: readonly number[], label: string) =>
    rows.map((n) => scored[n]!.prediction.probabilities[label]!)
  const truth = (rows: readonly number[], label: string) => rows.map((n) => isOf(n, label))
  const table = scored.map(({ prediction }) => classes.map((label) => prediction.probabilities[label]!))
  const indices = scored.map(({ label }) => classes.indexOf(label))
  const prevalence = Object.fromEntries(
    classes.map((label) => [label, scored.filter((row) => row.label === label).length]),
  )
  const shares = classes.map((label) => prevalence[label]! / scored.length)
  const calls = scored.filter(({ prediction }) => prediction.call !== undefined)
  const covered = scored.map(({ prediction, label }) => {
    const candidates = prediction.call === undefined ? (prediction.remaining ?? []) : [prediction.call]
    return Number(candidates.includes(label))
  })
  const patients = counts.answered + counts.notEvaluable
  return {
    head,
    status: 'evaluated',
    ...counts,
    classes: [...classes],
    prevalence,
    auc: perClass((label, rows) => auc(scores(rows, label), truth(rows, label))),
    calibrationSlope: perClass((label, rows) => calibrationSlope(printed(rows, label), truth(rows, label))),
    brier: bootstrap(scored.length, (rows) =>
      brier(
        rows.map((n) => table[n]!),
        rows.map((n) => indices[n]!),
      ),
    ),
    brierOfPrevalence: brier(
      scored.map(() => shares),
      indices,
    ),
    indeterminate: scored.length - calls.length,
    calls: calls.length,
    callErrors: bootstrap(calls.length, (rows) =>
      mean(rows.map((n) => Number(calls[n]!.prediction.call !== calls[n]!.label))),
    ),
    // The first rows are those with a call; which is which does not matter for a share.
    callShare: bootstrap(patients, (rows) => mean(rows.map((n) => Number(n < calls.length)))),
    coverage: bootstrap(scored.length, (rows) => mean(rows.map((n) => covered[n]!))),
  }
}

const DAYS_PER_MONTH = 365.25 / 12
/** With fewer patients, a concordance means nothing. */
const MIN_SUBGROUP = 20

export function scoreSurvival(head: Head, answers: readonly Answer[]): SurvivalReport {
  const { counts, scored } = count(answers, ({ survival, diagnosis }) => survival && { ...survival, diagnosis })
  const concordanceOf = (rows: readonly (typeof scored)[number][]) =>
    bootstrap(rows.length, (picked) =>
      concordance(
        picked.map((n) => rows[n]!.prediction.survival!.logRisk),
        picked.map((n) => rows[n]!.label.days),
        picked.map((n) => rows[n]!.label.died),
      ),
    )
  const deathsOf = (rows: readonly (typeof scored)[number][]) => rows.filter(({ label }) => label.died).length
  const diagnoses = [...new Set(scored.flatMap(({ label }) => label.diagnosis ?? []))].sort()
  const months = Object.keys(scored[0]?.prediction.probabilities ?? {}).map(Number)
  return {
    head,
    status: 'evaluated-survival',
    ...counts,
    deaths: deathsOf(scored),
    concordance: concordanceOf(scored),
    subgroups: diagnoses.flatMap((diagnosis) => {
      const rows = scored.filter(({ label }) => label.diagnosis === diagnosis)
      return rows.length < MIN_SUBGROUP
        ? []
        : [{ diagnosis, patients: rows.length, deaths: deathsOf(rows), concordance: concordanceOf(rows) }]
    }),
    horizons: months.map((month) => {
      const at = month * DAYS_PER_MONTH
      const decided = scored.filter(({ label }) => label.days >= at || label.died)
      return {
        months: month,
        patients: decided.length,
        alive: mean(decided.map(({ label }) => Number(label.days >= at))),
        predicted: mean(decided.map(({ prediction }) => prediction.probabilities[month]!)),
      }
    }),
  }
}
