// An evaluation as a text table: one line per case and region, then the means.
import { type FalseEnhancement, LITTLE_ML } from './evaluate.ts'
import type { EvaluationReport } from './report.ts'

const HEADER = ['case', 'region', 'Dice', 'HD95 mm', 'volume mL', 'expert mL']

/** Plain text with aligned columns, for a terminal. */
export function formatTable(report: EvaluationReport): string {
  const rows = report.cases.flatMap(({ case: name, scores }) =>
    scores.map((score) => [
      name,
      score.region,
      score.dice.toFixed(3),
      score.hausdorff95Mm?.toFixed(1) ?? '-',
      score.volumeMl.toFixed(1),
      score.referenceMl.toFixed(1),
    ]),
  )
  const means = report.summary.map((summary) => [
    `mean of ${summary.cases}`,
    summary.region,
    summary.dice.mean.toFixed(3),
    summary.hausdorff95Mm?.mean.toFixed(1) ?? '-',
    `off by ${summary.volumeErrorMl.toFixed(1)}`,
    '',
  ])
  const failed = report.failures.map((failure) => `${failure.case} failed: ${failure.code} ${failure.message}`)
  const seconds = report.cases.map((one) => one.seconds.total)
  const time = seconds.length > 0 ? seconds.reduce((a, b) => a + b, 0) / seconds.length : 0
  return [
    ...align([HEADER, ...rows, ...means]),
    ...falseEnhancementLine(report.falseEnhancement),
    ...failed,
    `${report.bundle.id} ${report.bundle.version} on ${report.execution?.provider ?? 'nothing'}; ${time.toFixed(1)} s a case; ` +
      `peak memory ${report.peakRssMb.service} MiB (service), ${report.peakRssMb.inference} MiB (inference)`,
  ].join('\n')
}

/** One line, or none if every case enhances. */
export function falseEnhancementLine(enhancement: FalseEnhancement | undefined): string[] {
  if (!enhancement) return []
  const { cases, little, medianMl, maxMl } = enhancement
  return [
    `enhancement where there is none: at most ${LITTLE_ML} mL in ${little} of ${cases} cases; median ${medianMl.toFixed(2)} mL, most ${maxMl.toFixed(2)} mL`,
  ]
}

function align(rows: string[][]): string[] {
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) =>
    row
      .map((cell, n) => (n < 2 ? cell.padEnd(widths[n]!) : cell.padStart(widths[n]!)))
      .join('  ')
      .trimEnd(),
  )
}
