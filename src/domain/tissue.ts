// Results of tissue tests, which take precedence over predictions from images.
import type { Head, TissueResult } from './finding.ts'

/** The record's results for a head's marker, newest first. */
export function tissueOf(results: readonly TissueResult[] | undefined, head: Head): TissueResult[] {
  return (results ?? [])
    .filter((result) => result.head === head)
    .sort((a, b) => (b.date ?? '').localeCompare(a.date ?? ''))
}
