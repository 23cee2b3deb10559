// The summary of a record as the pages read it: whatever is known so far, absent or empty where nothing is.
import type { AnalysisRecord, AnalysisSummary } from '../domain/analysis.ts'
import { applyEdits } from '../domain/corrections.ts'
import type { Measurement, ReportableResult } from '../domain/finding.ts'
import type { SeriesDecision } from '../domain/study.ts'

type ListKey = 'decisions' | 'inputs' | 'segments' | 'measurements' | 'predictions' | 'quality'

/** Lists are empty before there is a result; single facts are absent. */
export type Summary = AnalysisSummary & Pick<ReportableResult, ListKey> & Required<Pick<AnalysisSummary, 'times'>>

/** What is known of the analysis, with the corrections of its last review. */
export function readSummary(record: Pick<AnalysisRecord, 'summary' | 'review'>): Summary {
  const summary = softwareSummary(record)
  const { noFinding = false, ...rest } = summary
  return record.review ? { ...summary, ...applyEdits({ noFinding, ...rest }, record.review) } : summary
}

/** What the software said, without anybody's corrections. */
export function softwareSummary({ summary }: Pick<AnalysisRecord, 'summary'>): Summary {
  return { ...EMPTY, ...summary }
}

const EMPTY: Pick<Summary, ListKey | 'times'> = {
  decisions: [],
  inputs: [],
  segments: [],
  measurements: [],
  predictions: [],
  quality: [],
  times: {},
}

/** Whole tumour, for one line of the worklist; the first measurement when the bundle has no such region. */
export function leadingMeasurement(summary: Summary): Measurement | undefined {
  return summary.measurements.find(({ region }) => region === 'WT') ?? summary.measurements[0]
}

/** Series that were taken first, then in the study's order. */
export function decisionsInOrder(decisions: readonly SeriesDecision[]): SeriesDecision[] {
  return [...decisions.filter(({ selected: taken }) => taken), ...decisions.filter(({ selected: taken }) => !taken)]
}
