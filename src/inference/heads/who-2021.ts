// The WHO 2021 classification of adult-type diffuse glioma (Louis 2021) applied to predictions: which are consistent, and which are not.
import type { Prediction, QualityNote } from '../../domain/finding.ts'
import type { Wording } from '../../wording/languages/en.ts'
import { remark } from '../../wording/remarks.ts'

type Call<T extends string> = T | undefined

/** Calls of the three heads; absent for a head that made none. */
interface Calls {
  idh: Call<'IDH-wildtype' | 'IDH-mutant'>
  codeletion: Call<'intact' | 'codeleted'>
  grade: Call<'2' | '3' | '4'>
}

interface Rule {
  /** Of the note and of its sentence. */
  code: `who-${string}` & keyof Wording['remarks']
  severity: QualityNote['severity']
  /** Every named call must be one of these. */
  when: { [K in keyof Calls]?: readonly NonNullable<Calls[K]>[] }
}

/** Two predictions that cannot both be true of one tumour; all that match are reported. */
const CONTRADICTIONS: readonly Rule[] = [
  {
    code: 'who-codeleted-wildtype',
    severity: 'warning',
    when: { idh: ['IDH-wildtype'], codeletion: ['codeleted'] },
  },
  {
    code: 'who-codeleted-grade-4',
    severity: 'warning',
    when: { codeletion: ['codeleted'], grade: ['4'] },
  },
  {
    code: 'who-low-grade-wildtype',
    severity: 'warning',
    when: { idh: ['IDH-wildtype'], grade: ['2', '3'] },
  },
]

/** The pattern that consistent predictions match; the first one is reported. */
const PATTERNS: readonly Rule[] = [
  {
    code: 'who-pattern-oligodendroglioma',
    severity: 'info',
    when: { idh: ['IDH-mutant'], codeletion: ['codeleted'] },
  },
  {
    code: 'who-pattern-astrocytoma',
    severity: 'info',
    when: { idh: ['IDH-mutant'], codeletion: ['intact'] },
  },
  {
    code: 'who-pattern-glioblastoma',
    severity: 'info',
    when: { idh: ['IDH-wildtype'], grade: ['4'] },
  },
]

/** Notes on how consistent the predictions are; only calls count, never an indeterminate head. States no diagnosis. */
export function whoNotes(predictions: readonly Prediction[]): QualityNote[] {
  const call = (head: Prediction['head']) => {
    const ofHead = predictions.find((prediction) => prediction.head === head)
    return ofHead?.status === 'evaluable' ? ofHead.call : undefined
  }
  const calls = { idh: call('idh'), codeletion: call('1p19q'), grade: call('grade') } as Calls
  const contradictions = CONTRADICTIONS.filter((rule) => matches(rule, calls))
  const rules = contradictions.length > 0 ? contradictions : PATTERNS.filter((rule) => matches(rule, calls)).slice(0, 1)
  return rules.map(({ code, severity }) => ({ code, severity, ...remark(code) }))
}

function matches({ when }: Rule, calls: Calls): boolean {
  return Object.entries(when).every(([head, allowed]) => {
    const call = calls[head as keyof Calls]
    return call !== undefined && (allowed as readonly string[]).includes(call)
  })
}
