// What a sentence about a result may use to say the values it states.
import type { Head } from '../../domain/finding.ts'
import type { Sequence } from '../../domain/study.ts'
import type { Quantities } from '../quantities.ts'

export interface Speech extends Quantities {
  heads: Readonly<Record<Head, string>>
  sequences: Readonly<Record<Sequence, string>>
  /** A region or label by its key, as within a sentence; `name` is the bundle's. */
  regionName(key: string, name: string): string
  featureName(feature: string): string
  className(head: Head, label: string): string
  riskGroupName(name: string): string
}
