// The summary of a record as the pages read it: whatever is known so far, absent or empty where nothing is.
import type { AnalysisEvent, AnalysisRecord } from '../domain/analysis.ts'
import type { Comparison } from '../domain/comparison.ts'
import { applyEdits } from '../domain/corrections.ts'
import type { Measurement, ReportableResult } from '../domain/finding.ts'
import type { DoubtPicture, SeriesDecision } from '../domain/study.ts'

type ListKey = 'decisions' | 'inputs' | 'segments' | 'measurements' | 'predictions' | 'quality'

/** Lists are empty before there is a result; single facts are absent. */
export type Summary = Pick<ReportableResult, ListKey> &
  Partial<
    Pick<
      ReportableResult,
      | 'patient'
      | 'study'
      | 'bundle'
      | 'software'
      | 'execution'
      | 'noFinding'
      | 'referenceSeriesUid'
      | 'tissueResults'
      | 'diameters'
      | 'comparison'
    >
  > & {
    /** Seconds by step. */
    times: Readonly<Record<string, number>>
    /** Of series of which the pixels contradict the headers. */
    pictures: readonly DoubtPicture[]
  }

/** What is known of the analysis, with the corrections of its last review. */
export function readSummary(record: Pick<AnalysisRecord, 'summary' | 'review'>): Summary {
  const summary = storedSummary(record)
  const { noFinding = false, ...rest } = summary
  return record.review ? { ...summary, ...applyEdits({ noFinding, ...rest }, record.review.edits) } : summary
}

/** The store holds what the pipeline described or saved; each part is taken only when it has the shape of that part. */
function storedSummary(record: Pick<AnalysisRecord, 'summary'>): Summary {
  const raw: Record<string, unknown> = record.summary ?? {}
  const list = (key: ListKey) => (Array.isArray(raw[key]) ? raw[key] : [])
  const facts = Object.fromEntries(
    ['patient', 'study', 'bundle', 'software', 'execution'].flatMap((key) =>
      isObject(raw[key]) ? [[key, raw[key]]] : [],
    ),
  )
  return {
    ...facts,
    ...(typeof raw.noFinding === 'boolean' ? { noFinding: raw.noFinding } : {}),
    ...(Array.isArray(raw.tissueResults) ? { tissueResults: raw.tissueResults } : {}),
    ...(Array.isArray(raw.diameters) ? { diameters: raw.diameters } : {}),
    ...(isComparison(raw.comparison) ? { comparison: raw.comparison } : {}),
    ...(typeof raw.referenceSeriesUid === 'string' ? { referenceSeriesUid: raw.referenceSeriesUid } : {}),
    decisions: list('decisions'),
    inputs: list('inputs'),
    segments: list('segments'),
    measurements: list('measurements'),
    predictions: list('predictions'),
    quality: list('quality'),
    times: isObject(raw.times) ? (raw.times as Record<string, number>) : {},
    pictures: Array.isArray(raw.pictures) ? raw.pictures : [],
  } as Summary
}

/** Whole tumour, for one line of the worklist; the first measurement when the bundle has no such region. */
export function leadingMeasurement(summary: Summary): Measurement | undefined {
  return summary.measurements.find(({ region }) => region === 'WT') ?? summary.measurements[0]
}

/** Series that were taken first, then in the study's order. */
export function decisionsInOrder(decisions: readonly SeriesDecision[]): SeriesDecision[] {
  return [...decisions.filter(({ taken }) => taken), ...decisions.filter(({ taken }) => !taken)]
}

/** Which artefacts there are, as the event that saved them says; loading their bytes to know would be costly. */
export function savedRoles(events: readonly AnalysisEvent[]): ReadonlySet<string> {
  const saved = events.findLast((event) => Array.isArray(event.data?.artifacts))
  return new Set((saved?.data?.artifacts as string[] | undefined) ?? [])
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether the stored value has the shape of a comparison, as far as the section reads it. */
function isComparison(value: unknown): value is Comparison {
  const raw = value as Partial<Comparison> | null | undefined
  return (
    typeof raw === 'object' &&
    raw !== null &&
    typeof raw.prior?.studyDate === 'string' &&
    typeof raw.days === 'number' &&
    typeof raw.registration?.residualMm === 'number' &&
    Array.isArray(raw.response?.reasons) &&
    Array.isArray(raw.volumes) &&
    Array.isArray(raw.lesions)
  )
}
