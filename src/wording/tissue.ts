// Tissue test results, quoted as they are in the record.
import type { TissueResult } from '../domain/finding.ts'

/** "IDH1 gene mutations found: p.R132H (2024-11-02)" */
export function tissueSentence({ test, value, date }: TissueResult): string {
  return `${test}: ${value}${date ? ` (${date})` : ''}`
}
