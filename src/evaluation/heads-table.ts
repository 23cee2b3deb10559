// An evaluation of heads as a text table: who was counted, how well each head did, why it did not answer.
import type { HeadsReport } from './evaluate-heads.ts'
import type { ClassificationReport, SurvivalReport } from './head-scores.ts'
import type { Estimate } from './statistics.ts'

const HEADER = [
  'head',
  'n',
  'AUC or C (95 %)',
  'Brier (95 %)',
  'slope (95 %)',
  'indeterminate',
  'not evaluable',
  'calls: wrong (95 %)',
]

/** Plain text with aligned columns, for a terminal. */
export function formatHeadsTable({ bundle, tables, heads }: HeadsReport): string {
  return [
    `${bundle.id} ${bundle.version}: ${tables.joined} patients in ${tables.features} and ${tables.labels}` +
      ` (${tables.featuresOnly} without labels, ${tables.labelsOnly} without features)`,
    ...(tables.unavailable.length > 0
      ? [`not in the table, treated as missing: ${tables.unavailable.join(', ')}`]
      : []),
    ...headLines(heads),
    'Patients that a head was trained on make its figures look better than they are.',
  ].join('\n')
}

/** One aligned line per head, or per class of it, followed by the counts. */
export function headLines(heads: HeadsReport['heads']): string[] {
  const rows = heads.flatMap((head): string[][] =>
    head.status === 'evaluated' ? classification(head) : head.status === 'evaluated-survival' ? survival(head) : [],
  )
  const notes = heads.flatMap((head): string[] => {
    if (head.status === 'not_evaluable') return [`${head.head}: not evaluable: ${head.reason}`]
    const reasons = Object.entries(head.notEvaluableReasons).map(([reason, count]) => `${count} x ${reason}`)
    const label = head.withoutLabel > 0 ? [`${head.withoutLabel} without a result`] : []
    const details = head.status === 'evaluated' ? classNotes(head) : survivalNotes(head)
    return [`${head.head}: ${[...details, ...label, ...reasons].join('; ')}`]
  })
  return [...align([HEADER, ...rows]), ...notes]
}

function classification(head: ClassificationReport): string[][] {
  return Object.entries(head.auc).map(([label, area], n) => {
    const name = head.classes.length === 2 ? head.head : `${head.head} ${label}`
    const once = (text: string) => (n === 0 ? text : '')
    const share = (count: number, of: number) => (of === 0 ? '-' : `${count} (${((100 * count) / of).toFixed(0)} %)`)
    return [
      name,
      String(head.answered),
      estimate(area),
      once(estimate(head.brier)),
      estimate(head.calibrationSlope[label]!),
      once(share(head.indeterminate, head.answered)),
      once(share(head.notEvaluable, head.answered + head.notEvaluable)),
      once(head.calls === 0 ? '-' : `${head.calls}: ${estimate(head.callErrors)}`),
    ]
  })
}

function survival(head: SurvivalReport): string[][] {
  const all = [head.head, String(head.answered), estimate(head.concordance), '', '', '', String(head.notEvaluable), '']
  const groups = head.subgroups.map(({ diagnosis, patients, concordance }) => [
    `  ${diagnosis}`,
    String(patients),
    estimate(concordance),
    '',
    '',
    '',
    '',
    '',
  ])
  return [all, ...groups]
}

function classNotes(head: ClassificationReport): string[] {
  const counts = Object.entries(head.prevalence).map(([label, count]) => `${count} ${label}`)
  return [
    counts.join(', '),
    `Brier of the prevalence ${number(head.brierOfPrevalence)}`,
    `true class called or among those left in ${estimate(head.coverage)}`,
  ]
}

function survivalNotes({ deaths, horizons }: SurvivalReport): string[] {
  const shares = horizons.map(
    ({ months, patients, alive, predicted }) =>
      `alive at ${months} months ${(100 * alive).toFixed(0)} %, predicted ${(100 * predicted).toFixed(0)} % (${patients} known)`,
  )
  return [`${deaths} deaths`, ...shares]
}

export const number = (value: number) => (Number.isFinite(value) ? value.toFixed(3) : '-')
export const estimate = ({ value, ci95 }: Estimate) =>
  Number.isFinite(value) ? `${number(value)} (${number(ci95[0])}-${number(ci95[1])})` : '-'

function align(rows: string[][]): string[] {
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) =>
    row
      .map((cell, n) => (n === 0 ? cell.padEnd(widths[n]!) : cell.padStart(widths[n]!)))
      .join('  ')
      .trimEnd(),
  )
}
