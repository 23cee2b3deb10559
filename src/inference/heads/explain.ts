// Contributions: how much each feature (or declared group) changed the answer, compared with a patient at the training medians.
import type { Contribution } from '../../domain/finding.ts'
import type { HeadResponse } from '../../domain/head-run.ts'
import type { RunnableHead } from '../bundle/heads.ts'
import { shapleyValues } from './shapley.ts'

/** Runs the head on `count` rows. */
export type RunRows = (rows: Float32Array, count: number, members: boolean) => Promise<HeadResponse>

export interface Explanation {
  /** Strongest first. */
  contributions: Contribution[]
  reference: number
  value: number
}

/** `scoreOf` reads the explained number from the head's output for one row, for example log-odds of a class. */
export async function explain(
  head: RunnableHead,
  row: Float32Array,
  run: RunRows,
  scoreOf: (output: Float32Array, row: number) => number,
): Promise<Explanation> {
  const groups = Object.entries(head.groups ?? Object.fromEntries(head.features.map((name) => [name, [name]])))
  const playerOf = head.features.map((name) => groups.findIndex(([, members]) => members.includes(name)))
  const width = head.features.length
  const { values, none, all } = await shapleyValues(groups.length, async (masks) => {
    const rows = new Float32Array(masks.length * width)
    masks.forEach((mask, n) => {
      for (let f = 0; f < width; f++) {
        rows[n * width + f] = mask & (1 << playerOf[f]!) ? row[f]! : head.reference[f]!
      }
    })
    const { output } = await run(rows, masks.length, false)
    return masks.map((_, n) => scoreOf(output, n))
  })
  const contributions = groups.map(([feature, members], n): Contribution => {
    const value = members.length === 1 ? row[head.features.indexOf(members[0]!)]! : Number.NaN
    return { feature, contribution: values[n]!, ...(Number.isFinite(value) ? { value } : {}) }
  })
  contributions.sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
  return { contributions, reference: none, value: all }
}

/** Probabilities are float32: closer to 0 or 1 than this they carry no information. */
const MIN_PROBABILITY = 1e-7

export function logOdds(probability: number): number {
  const p = Math.min(1 - MIN_PROBABILITY, Math.max(MIN_PROBABILITY, probability))
  return Math.log(p / (1 - p))
}
