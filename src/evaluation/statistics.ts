// Measures of prediction: AUC, Brier score, calibration slope, concordance, and seeded bootstrap intervals; pure.
import { interval95 } from '../inference/volumes/quantile.ts'

/** Area under the ROC curve (Mann-Whitney, ties count half); NaN unless both classes occur. */
export function auc(scores: readonly number[], positive: readonly boolean[]): number {
  const order = scores.map((_, n) => n).sort((a, b) => scores[a]! - scores[b]!)
  let rankSum = 0
  let positives = 0
  for (let from = 0; from < order.length; ) {
    let to = from
    while (to < order.length && scores[order[to]!] === scores[order[from]!]) to++
    const rank = (from + 1 + to) / 2
    for (let n = from; n < to; n++) {
      if (!positive[order[n]!]) continue
      rankSum += rank
      positives++
    }
    from = to
  }
  const negatives = scores.length - positives
  return positives === 0 || negatives === 0
    ? Number.NaN
    : (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives)
}

/** Mean over rows of the squared distance between probabilities and truth, summed over classes and halved: 0 to 1. */
export function brier(probabilities: readonly (readonly number[])[], truth: readonly number[]): number {
  const rows = probabilities.map((row, n) => row.reduce((sum, p, k) => sum + (p - Number(k === truth[n])) ** 2, 0) / 2)
  return mean(rows)
}

/**
 * Slope of a logistic regression of the truth on the log-odds of the prediction (Cox 1958), by Newton's method: 1 if
 * calibrated, below 1 if predictions are too extreme. NaN unless both classes occur, or if the classes are separated.
 */
export function calibrationSlope(probabilities: readonly number[], positive: readonly boolean[]): number {
  const count = positive.filter(Boolean).length
  if (count === 0 || count === positive.length) return Number.NaN
  const x = probabilities.map((p) => Math.log(clamp(p) / (1 - clamp(p))))
  let [intercept, slope] = [0, 1]
  for (let round = 0; round < 100; round++) {
    let [g0, g1, h00, h01, h11] = [0, 0, 0, 0, 0]
    for (let n = 0; n < x.length; n++) {
      const p = 1 / (1 + Math.exp(-(intercept + slope * x[n]!)))
      const error = Number(positive[n]) - p
      const weight = p * (1 - p)
      g0 += error
      g1 += error * x[n]!
      h00 += weight
      h01 += weight * x[n]!
      h11 += weight * x[n]! ** 2
    }
    const determinant = h00 * h11 - h01 ** 2
    if (!(determinant > 1e-12)) return Number.NaN
    const [d0, d1] = [(h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant]
    intercept += d0
    slope += d1
    if (!Number.isFinite(slope) || Math.abs(slope) > 1e3) return Number.NaN
    if (Math.abs(d0) + Math.abs(d1) < 1e-10) return slope
  }
  return Number.NaN
}

/** Harrell's C: among pairs in which one patient is known to have died first, the share in which that patient had the higher risk. */
export function concordance(risks: readonly number[], times: readonly number[], died: readonly boolean[]): number {
  let [pairs, agree] = [0, 0]
  for (let i = 0; i < risks.length; i++) {
    if (!died[i]) continue
    for (let j = 0; j < risks.length; j++) {
      const outlived = times[j]! > times[i]! || (times[j] === times[i] && !died[j])
      if (!outlived) continue
      pairs++
      agree += risks[i]! > risks[j]! ? 1 : risks[i] === risks[j] ? 0.5 : 0
    }
  }
  return pairs === 0 ? Number.NaN : agree / pairs
}

export interface Estimate {
  value: number
  /** Bootstrap percentiles 2.5 and 97.5. */
  ci95: [number, number]
}

const REPEATS = 1000
const SEED = 20_210

/** The measure on all rows, and its interval over `REPEATS` seeded resamples of rows, ignoring resamples without a value. */
export function bootstrap(count: number, measure: (rows: readonly number[]) => number): Estimate {
  const random = mulberry32(SEED)
  const all = Array.from({ length: count }, (_, n) => n)
  const values: number[] = []
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const value = measure(all.map(() => Math.floor(random() * count)))
    if (Number.isFinite(value)) values.push(value)
  }
  return { value: measure(all), ci95: interval95(values) }
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length
}

const clamp = (p: number) => Math.min(1 - 1e-7, Math.max(1e-7, p))

function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
