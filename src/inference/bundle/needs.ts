// What a bundle can state without a sequence: some outputs drop out, since nothing else in the images can show them.
import { z } from 'zod'
import { SEQUENCES, type Sequence } from '../../domain/study.ts'

const text = z.string().min(1)

/** For a region or label, by key: the sequences without any one of which it is not evaluable. */
export const needsSchema = z.record(text, z.array(z.enum(SEQUENCES as [Sequence, ...Sequence[]])).min(1))

type Needs = z.infer<typeof needsSchema>

/** What `evaluableRegions` reads of a bundle. */
export interface StatedNeeds {
  needs?: Needs | undefined
  labels: readonly { key: string }[]
  regions: Readonly<Record<string, unknown>>
}

export interface EvaluableRegions {
  /** Keys of the regions and labels that can be stated. */
  evaluable: string[]
  /** Those that cannot, each with the sequences it lacks, in the order of the domain. */
  withheld: { key: string; missing: Sequence[] }[]
}

/**
 * Which regions (WT, TC, ET …) and labels (NCR, ED …) a bundle can state from the sequences it was run on; regions first, each
 * key once. Without `needs`, all of them.
 */
export function evaluableRegions(bundle: StatedNeeds, present: readonly Sequence[]): EvaluableRegions {
  const keys = [...new Set([...Object.keys(bundle.regions), ...bundle.labels.map(({ key }) => key)])]
  const lacking = (key: string) =>
    SEQUENCES.filter((sequence) => bundle.needs?.[key]?.includes(sequence) && !present.includes(sequence))
  const judged = keys.map((key) => ({ key, missing: lacking(key) }))
  return {
    evaluable: judged.flatMap(({ key, missing }) => (missing.length === 0 ? [key] : [])),
    withheld: judged.filter(({ missing }) => missing.length > 0),
  }
}

/** Needs declared for outputs the bundle does not have, or for sequences it does not take. */
export function needsProblems(needs: Needs, keys: readonly string[], sequences: readonly string[]): string[] {
  return Object.entries(needs).flatMap(([key, needed]) => [
    ...(keys.includes(key) ? [] : [`needs.${key}: is neither a region nor a label`]),
    ...needed.flatMap((one) => (sequences.includes(one) ? [] : [`needs.${key}: ${one} is not one of the sequences`])),
  ])
}
