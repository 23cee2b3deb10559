// Tissue test results, quoted as they are in the record.
import type { TissueResult } from '../domain/finding.ts'
import { ENGLISH_QUANTITIES, type Quantities } from './quantities.ts'

/** "IDH1 gene mutations found: p.R132H (2024-11-02)" */
export const tissueIn =
  ({ isoDate }: Pick<Quantities, 'isoDate'>) =>
  ({ test, value, date }: Pick<TissueResult, 'test' | 'value' | 'date'>): string =>
    `${test}: ${value}${date ? ` (${isoDate(date)})` : ''}`

export const tissueSentence = tissueIn(ENGLISH_QUANTITIES)
