// What a head's calibration data can show: the highest probability, its sampling error, and how often calls were wrong.
import type { Calibration, SurvivalHead, TabularHead } from '../bundle/heads.ts'

/** The probability that a class needs to be called, unless the bundle's measured error requires another. */
export const MIN_CALL = 0.8
/** Patients per class assumed for a bundle that does not state them: few, so that nothing above 90 % is printed. */
export const UNSTATED_PATIENTS = 30

export interface Bounds {
  /** Patients per class in the calibration data. */
  patients: Readonly<Record<string, number>>
  /** The highest probability that may be printed, per class. */
  most: Readonly<Record<string, number>>
  minCall: number
  bins: Calibration['bins']
  /** False if the bundle says nothing about its calibration data and UNSTATED_PATIENTS is assumed. */
  isStated: boolean
}

/**
 * From the head's calibration; otherwise from the patients per class in its evaluation; otherwise the conservative default. No
 * highest probability exceeds what the rule of three allows for the patients of the class.
 */
export function boundsOf({
  classes,
  calibration,
  evaluation,
}: Pick<TabularHead, 'classes' | 'calibration' | 'evaluation'>): Bounds {
  const counted = calibration?.n_by_class ?? countsIn(evaluation.classes, classes)
  const patients = Object.fromEntries(classes.map((label) => [label, counted?.[label] ?? UNSTATED_PATIENTS]))
  const most = Object.fromEntries(
    classes.map((label) => {
      const highest = Math.min(calibration?.max_probability[label] ?? 1, ruleOfThree(patients[label]!))
      return [label, Math.max(1 / classes.length, wholePercentBelow(highest))]
    }),
  )
  const minCall = calibration?.min_call_probability ?? MIN_CALL
  return { patients, most, minCall, bins: calibration?.bins ?? [], isStated: counted !== undefined }
}

/** Patients per class, if the evaluation counts all of them. */
function countsIn(value: unknown, classes: readonly string[]): Record<string, number> | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const counts = value as Record<string, unknown>
  return classes.every((label) => Number.isInteger(counts[label]) && Number(counts[label]) > 0)
    ? (counts as Record<string, number>)
    : undefined
}

/** Rounded down, so that no output rounds a bound up; certainty is never printed, however many patients there are. */
const wholePercentBelow = (share: number) => Math.min(0.99, Math.floor(100 * share + 1e-9) / 100)

/** The rule of three (Hanley and Lippman-Hand 1983): what never failed in n patients fails in at most 3/n of them, with 95 % confidence. */
export const ruleOfThree = (patients: number) => Math.max(0, 1 - 3 / patients)

/**
 * Probabilities that add up to 1, none above its bound: shrunk towards "all classes alike" just as far as necessary. With two
 * classes, the one above its bound is set to it, and the other takes the rest. Every bound must be at least 1 / classes.
 */
export function bounded(
  probabilities: Readonly<Record<string, number>>,
  most: Readonly<Record<string, number>>,
): Record<string, number> {
  const entries = Object.entries(probabilities)
  const alike = 1 / entries.length
  const share = Math.max(0, ...entries.map(([label, p]) => (p > most[label]! ? (p - most[label]!) / (p - alike) : 0)))
  return Object.fromEntries(entries.map(([label, p]) => [label, (1 - share) * p + share * alike]))
}

/** Wilson's 95 % score interval (Wilson 1927) of a share p observed in n patients. */
export function wilson(p: number, n: number): [number, number] {
  const z = 1.959964
  const centre = (p + z ** 2 / (2 * n)) / (1 + z ** 2 / n)
  const half = (z / (1 + z ** 2 / n)) * Math.sqrt((p * (1 - p)) / n + z ** 2 / (4 * n ** 2))
  return [Math.max(0, centre - half), Math.min(1, centre + half)]
}

/** How many calibration patients support a head's answer: those of its bin, otherwise those of the rarest class. */
export function patientsBehind({ bins, patients }: Bounds, likeliest: number): number {
  return Math.max(1, binOf(bins, likeliest)?.n ?? Math.min(...Object.values(patients)))
}

/** The last bin includes its upper end. */
function binOf(bins: Calibration['bins'], p: number) {
  return bins.find(({ lower, upper }, n) => p >= lower && (p < upper || (n === bins.length - 1 && p <= upper)))
}

/**
 * Two independent errors of one probability combined in quadrature, separately for each side: the spread of models and
 * outlines, and the sampling error of the calibration data.
 */
export function joinErrors(
  p: number,
  spread: readonly [number, number],
  sampling: readonly [number, number],
  [least, most]: readonly [number, number],
): [number, number] {
  const below = Math.hypot(Math.max(0, p - spread[0]), Math.max(0, p - sampling[0]))
  const above = Math.hypot(Math.max(0, spread[1] - p), Math.max(0, sampling[1] - p))
  const inside = (value: number) => Math.min(most, Math.max(least, value))
  return [inside(p - below), inside(p + above)]
}

/** The lowest and highest share alive that `n` patients of a risk group can support. */
export function survivalBounds({ n }: Pick<SurvivalHead['risk_groups'][number], 'n'>): [number, number] {
  const most = Math.max(0.5, wholePercentBelow(ruleOfThree(n)))
  return [1 - most, most]
}

export interface ErrorBudget {
  /** Calibration patients whose likeliest class had a probability like this one, and how many of these calls were wrong. */
  n: number
  wrong: number
  /** Of 100 such patients; the interval is Wilson's. */
  wrongOf100: number
  interval: readonly [number, number]
}

/** For a call with this probability; undefined if the bundle has no bin for it, or the bin has no patients. */
export function errorBudget(bins: Calibration['bins'], probability: number): ErrorBudget | undefined {
  const bin = binOf(bins, probability)
  if (!bin || bin.n === 0) return undefined
  const { n, wrong } = bin
  const [low, high] = wilson(wrong / n, n)
  return { n, wrong, wrongOf100: (100 * wrong) / n, interval: [100 * low, 100 * high] }
}
