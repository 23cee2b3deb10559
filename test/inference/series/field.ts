// Sets of series headers, each as a clinical protocol sends it, with what a reader would choose: read, judged and shown as a table.
import { SEQUENCES, type Sequence } from '../../../src/domain/study.ts'
import { selectSeries } from '../../../src/inference/series/select-series.ts'
import own from './header-sets.json' with { type: 'json' }
import { type Headers, study } from './headers.ts'

/** `right`: the sequence for which the series would be a right choice. */
export interface HeaderSet {
  name: string
  hold?: string
  series: (Headers & { right?: string | null })[]
}

export type Verdict = 'right' | 'held rightly' | 'held needlessly' | 'wrong' | 'goes on without'

export interface Judged {
  name: string
  verdict: Verdict
  /** Per series: what it was taken for, its description, and the reasons. */
  rows: { taken: string; description: string; why: string }[]
  hold: string
}

type Row = [description: string, image: string, more: object, right: string | null]

/** The project's own sets; series follow each other by four minutes. */
export function ownSets(): HeaderSet[] {
  const images = own.images as unknown as Record<string, Headers>
  return own.sets.map(({ name, series, ...rest }) => ({
    name,
    ...rest,
    series: (series as unknown as Row[]).map(([description, image, more, right], n) => {
      const minute = String(4 * n).padStart(2, '0')
      return { ...images[image]!, description, time: `10${minute}00`, right, ...more }
    }),
  }))
}

const bundle = {
  sequences: Object.fromEntries(
    ['T1', 'T1c', 'T2', 'FLAIR'].map((name, channel) => [name, { channel, required: false }]),
  ),
  require_any: ['T1c', 'FLAIR'] satisfies Sequence[] as Sequence[],
} as Parameters<typeof selectSeries>[1]

export function judge(set: HeaderSet): Judged {
  const { decisions, chosen, hold } = selectSeries(study(set.series), bundle)
  const wrong = decisions.some(({ sequence }, n) => sequence !== undefined && sequence !== set.series[n]!.right)
  const without = SEQUENCES.some((sequence) => !chosen[sequence] && set.series.some(({ right }) => right === sequence))
  const held: Verdict = set.hold ? 'held rightly' : 'held needlessly'
  return {
    name: set.name,
    verdict: hold ? held : wrong ? 'wrong' : without ? 'goes on without' : 'right',
    rows: decisions.map(({ sequence, seriesDescription, reasons }) => ({
      taken: sequence ?? '–',
      description: seriesDescription,
      why: reasons.join('; '),
    })),
    hold: hold ? `${hold.code}: ${hold.message}` : '',
  }
}

const cell = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('|', '\\|')

/** Markdown: how many sets came out how, then one table per set. */
export function fieldTable(judged: readonly Judged[]): string {
  const counts = [...Map.groupBy(judged, ({ verdict }) => verdict)].map(([verdict, all]) => `${all.length} ${verdict}`)
  const each = judged.map(({ name, verdict, rows, hold }) =>
    [
      `### ${name}: ${verdict}`,
      ...(hold ? ['', cell(hold)] : []),
      '',
      '| taken as | series | why |',
      '|---|---|---|',
      ...rows.map(({ taken, description, why }) => `| ${taken} | ${cell(description)} | ${cell(why)} |`),
    ].join('\n'),
  )
  return `${judged.length} sets: ${counts.join(', ')}.\n\n${each.join('\n\n')}\n`
}
