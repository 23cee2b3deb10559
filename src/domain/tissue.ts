// Results of tests on tissue, which come before what was predicted from images.
import type { Head, TissueResult } from './finding.ts'

/** What the record says of a head's marker, newest first. */
export function tissueOf(results: readonly TissueResult[] | undefined, head: Head): TissueResult[] {
  return (results ?? [])
    .filter((result) => result.head === head)
    .sort((a, b) => (b.date ?? '').localeCompare(a.date ?? ''))
}
