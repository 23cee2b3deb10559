// A record's summary as the pages read it: whatever is known so far, absent or empty otherwise.
import type { AnalysisRecord, AnalysisSummary } from '../domain/analysis.ts'
import { applyEdits } from '../domain/corrections.ts'
import type { Measurement, ReportableResult } from '../domain/finding.ts'
import type { SeriesDecision } from '../domain/study.ts'

type ListKey = 'decisions' | 'inputs' | 'segments' | 'measurements' | 'predictions' | 'quality'

/** Before there is a result, lists are empty and single facts are absent. */
export type Summary = AnalysisSummary & Pick<ReportableResult, ListKey> & Required<Pick<AnalysisSummary, 'times'>>

/** What is known of the analysis, with the corrections of its last review. */
export function readSummary(record: Pick<AnalysisRecord, 'summary' | 'review'>): Summary {
  const summary = softwareSummary(record)
  const { noFinding = false, ...rest } = summary
  return record.review ? { ...summary, ...applyEdits({ noFinding, ...rest }, record.review) } : summary
}

/** What the software said, without any corrections. */
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

/** The whole tumour, for one line of the worklist; the first measurement if the bundle has no such region. */
export function leadingMeasurement(summary: Summary): Measurement | undefined {
  return summary.measurements.find(({ region }) => region === 'WT') ?? summary.measurements[0]
}

/** Used series first, then in the study's order. */
export function decisionsInOrder(decisions: readonly SeriesDecision[]): SeriesDecision[] {
  return [...decisions.filter(({ selected: isUsed }) => isUsed), ...decisions.filter(({ selected: isUsed }) => !isUsed)]
}
