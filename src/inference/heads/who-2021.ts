// The WHO 2021 classification of adult-type diffuse glioma (Louis 2021) applied to predictions: which are consistent, and which are not.
import type { Prediction, QualityNote } from '../../domain/finding.ts'

type Call<T extends string> = T | undefined

/** Calls of the three heads; absent for a head that made none. */
interface Calls {
  idh: Call<'IDH-wildtype' | 'IDH-mutant'>
  codeletion: Call<'intact' | 'codeleted'>
  grade: Call<'2' | '3' | '4'>
}

interface Rule {
  code: string
  severity: QualityNote['severity']
  /** Every named call must be one of these. */
  when: { [K in keyof Calls]?: readonly NonNullable<Calls[K]>[] }
  text: string
}

const TISSUE = 'Tissue decides.'

/** Two predictions that cannot both be true of one tumour; all that match are reported. */
const CONTRADICTIONS: readonly Rule[] = [
  {
    code: 'who-codeleted-wildtype',
    severity: 'warning',
    when: { idh: ['IDH-wildtype'], codeletion: ['codeleted'] },
    text: `The predictions contradict each other: in WHO 2021 a 1p/19q codeletion belongs to IDH-mutant oligodendroglioma, but IDH is predicted wildtype. At least one of the two is wrong. ${TISSUE}`,
  },
  {
    code: 'who-codeleted-grade-4',
    severity: 'warning',
    when: { codeletion: ['codeleted'], grade: ['4'] },
    text: `The predictions contradict each other: in WHO 2021 a 1p/19q-codeleted oligodendroglioma is grade 2 or 3, but grade 4 is predicted. At least one of the two is wrong. ${TISSUE}`,
  },
  {
    code: 'who-low-grade-wildtype',
    severity: 'warning',
    when: { idh: ['IDH-wildtype'], grade: ['2', '3'] },
    text: `Unusual combination: a diffuse glioma of an adult that looks like grade 2 or 3 but is predicted IDH-wildtype. WHO 2021 grades an IDH-wildtype diffuse astrocytic tumour as 4 when a TERT promoter mutation, EGFR amplification or +7/-10 is present; none of these can be seen here. ${TISSUE}`,
  },
]

/** The pattern that consistent predictions match; the first one is reported. */
const PATTERNS: readonly Rule[] = [
  {
    code: 'who-pattern-oligodendroglioma',
    severity: 'info',
    when: { idh: ['IDH-mutant'], codeletion: ['codeleted'] },
    text: `The predicted IDH mutation with 1p/19q codeletion is a pattern consistent with oligodendroglioma (WHO 2021). ${TISSUE}`,
  },
  {
    code: 'who-pattern-astrocytoma',
    severity: 'info',
    when: { idh: ['IDH-mutant'], codeletion: ['intact'] },
    text: `The predicted IDH mutation without 1p/19q codeletion is a pattern consistent with IDH-mutant astrocytoma (WHO 2021). ${TISSUE}`,
  },
  {
    code: 'who-pattern-glioblastoma',
    severity: 'info',
    when: { idh: ['IDH-wildtype'], grade: ['4'] },
    text: `The predicted IDH wildtype with grade 4 is a pattern consistent with glioblastoma (WHO 2021). ${TISSUE}`,
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
  return rules.map(({ code, severity, text }) => ({ code, severity, text }))
}

function matches({ when }: Rule, calls: Calls): boolean {
  return Object.entries(when).every(([head, allowed]) => {
    const call = calls[head as keyof Calls]
    return call !== undefined && (allowed as readonly string[]).includes(call)
  })
}
