// An evaluation of the chain as a text table: one line per case with its truth and its calls, then overlap, heads, age and failures.
import type { Prediction } from '../domain/finding.ts'
import type { ChainCase } from './chain-case.ts'
import type { ChainReport, ChainSummary } from './chain-scores.ts'
import { estimate, headLines, number } from './heads-table.ts'
import type { Labels } from './label-table.ts'
import { falseEnhancementLine } from './table.ts'

/** Plain text with aligned columns, for a terminal. */
export function formatChainTable(report: ChainReport): string {
  const { bundle, cases, failures, withoutRow, rowsWithoutCase, peakRssMb } = report
  const seconds = cases.reduce((sum, one) => sum + one.seconds.total, 0) / Math.max(1, cases.length)
  return [
    ...align(caseRows(cases)),
    ...report.dice.map(
      ({ region, cases: count, mean, median, volumeErrorMl }) =>
        `Dice ${region}: mean ${estimate(mean)}, median ${number(median)}, volume off by ${volumeErrorMl.toFixed(1)} mL; ${count} cases`,
    ),
    ...falseEnhancementLine(report.falseEnhancement),
    ...headLines(report.heads as Parameters<typeof headLines>[0]),
    ...report.heads.flatMap(ageLines),
    ...failures.map((failure) => `${failure.case} failed: ${failure.code} ${failure.message}`),
    `${cases.length} cases analysed, ${failures.length} failed, ${withoutRow.length} without a row in the table (not run), ${rowsWithoutCase} rows without a case`,
    `${bundle.id} ${bundle.version}; ${seconds.toFixed(1)} s a case; peak memory ${peakRssMb.service} MiB (service), ${peakRssMb.inference} MiB (inference)`,
  ].join('\n')
}

function caseRows(cases: readonly ChainCase[]): string[][] {
  const heads = [...new Set(cases.flatMap(({ predictions }) => predictions.map(({ head }) => head)))]
  const header = ['case', 'Dice WT', 'WT mL', 'TC mL', 'ET mL', ...heads.map((head) => `${head}: known > said`)]
  const rows = cases.map(({ case: name, scores, volumes, predictions, labels }) => {
    const whole = scores.find(({ region }) => region === 'WT')
    const ml = (region: string) => volumes[region]?.toFixed(1) ?? '-'
    const said = heads.map((head) => {
      const prediction = predictions.find((one) => one.head === head)
      return prediction ? `${tissueResultOf(labels, prediction)} > ${saidOf(prediction)}` : '-'
    })
    return [name, whole ? whole.dice.toFixed(3) : '-', ml('WT'), ml('TC'), ml('ET'), ...said]
  })
  return [header, ...rows]
}

function tissueResultOf(labels: Labels, { head }: Prediction): string {
  if (head !== 'survival') return labels[head] ?? '?'
  return labels.survival ? `${labels.survival.days} d${labels.survival.died ? '' : '+'}` : '?'
}

function saidOf(prediction: Prediction): string {
  if (prediction.status === 'not-evaluable') return 'not evaluable'
  if (prediction.survival)
    return `${prediction.status === 'indeterminate' ? 'indeterminate, ' : ''}${prediction.survival.group.name}`
  const likeliest = Object.entries(prediction.probabilities).reduce((best, one) => (one[1] > best[1] ? one : best))
  const [label, p] = likeliest
  return prediction.call === undefined ? `(${label} ${p.toFixed(2)})` : `${prediction.call} ${p.toFixed(2)}`
}

function ageLines(head: ChainSummary['heads'][number]): string[] {
  if (!('besideAge' in head)) return []
  const beside =
    head.status === 'evaluated'
      ? Object.entries(head.besideAge).map(([label, one]) => ({ name: `${head.head} ${label}`, ...one }))
      : [{ name: head.head, ...head.besideAge }]
  return beside.map(
    ({ name, age, difference }) =>
      `${name}: age alone ${estimate(age)}, head less age ${estimate(difference)}` +
      (head.status === 'evaluated' ? `, share of calls ${estimate(head.callShare)}` : ''),
  )
}

function align(rows: string[][]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) =>
    row
      .map((cell, n) => (n > 0 && n < 5 ? cell.padStart(widths[n]!) : cell.padEnd(widths[n]!)))
      .join('  ')
      .trimEnd(),
  )
}
