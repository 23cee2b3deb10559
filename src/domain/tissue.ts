// Results of tests on tissue: quoted as the record has them, and put before what was predicted from images.
import type { Head, TissueResult } from './finding.ts'

/** "IDH1 gene mutations found: p.R132H (2024-11-02)" */
export function tissueSentence({ test, value, date }: TissueResult): string {
  return `${test}: ${value}${date ? ` (${date})` : ''}`
}

/** What the record says of a head's marker, newest first. */
export function tissueOf(results: readonly TissueResult[] | undefined, head: Head): TissueResult[] {
  return (results ?? [])
    .filter((result) => result.head === head)
    .sort((a, b) => (b.date ?? '').localeCompare(a.date ?? ''))
}
