// A whole result for the tests of the measurement report: measured labels, diameters, predictions of every kind.
import { buildSegmentation } from '../../src/dicom/segmentation.ts'
import { planSeries } from '../../src/dicom/series-volume.ts'
import type { MeasurementReportInput } from '../../src/dicom/sr/measurement-report.ts'
import type { Prediction, ReportableResult } from '../../src/domain/finding.ts'
import type { LabelVolume } from '../../src/domain/volume.ts'
import { measureLesions, targetLesions } from '../../src/inference/lesions/diameters.ts'
import { measure } from '../../src/inference/lesions/measure.ts'
import { type classicSeries, labelsOn, resultFor, type TestSeries } from './support.ts'

const measureDiameters = (...of: Parameters<typeof measureLesions>) =>
  targetLesions(measureLesions(...of)).map(({ diameters }) => diameters)

/** The part of a bundle that the result was made by. */
export const MADE_BY = {
  labels: [
    { index: 1, key: 'NCR', name: 'necrotic core' },
    { index: 2, key: 'ED', name: 'oedema and infiltration' },
    { index: 3, key: 'ET', name: 'enhancing tumour' },
  ],
  regions: { WT: [1, 2, 3], TC: [1, 3], ET: [3] },
}

const PREDICTIONS: Prediction[] = [
  {
    head: 'idh',
    status: 'evaluable',
    probabilities: { 'IDH-mutant': 0.91, 'IDH-wildtype': 0.09 },
    intervals: { 'IDH-mutant': [0.8, 0.96], 'IDH-wildtype': [0.04, 0.2] },
    call: 'IDH-mutant',
    errorRate: 0.1,
    explanation: [],
  },
  {
    head: 'mgmt',
    status: 'indeterminate',
    probabilities: { methylated: 0.52, unmethylated: 0.48 },
    intervals: {},
    remaining: ['methylated', 'unmethylated'],
    explanation: [],
  },
  { head: 'grade', status: 'not-evaluable', reason: 'This bundle has no such head.' },
  { head: 'survival', status: 'evaluable', probabilities: { 12: 0.71, 24: 0.38 }, intervals: {}, explanation: [] },
]

/** Report, segmentation and what they are made from, on a reference series and another one. */
export async function reportInput(
  make: typeof classicSeries,
  change: Partial<Pick<ReportableResult, 'diameters' | 'noFinding'>> = {},
): Promise<MeasurementReportInput & { labels: LabelVolume; files: Uint8Array[] }> {
  const [reference, other] = [await make({ seriesKey: 'reference' }), await make({ seriesKey: 'other' })]
  return inputOf(reference, other, change)
}

export function inputOf(
  reference: TestSeries,
  other: TestSeries,
  change: Partial<Pick<ReportableResult, 'diameters' | 'noFinding'>> = {},
  marked?: LabelVolume,
): MeasurementReportInput & { labels: LabelVolume; files: Uint8Array[] } {
  const plan = planSeries(reference.series)
  const labels = marked ?? labelsOn(plan.grid)
  if (change.noFinding) labels.data.fill(0)
  const measured = measure(labels, MADE_BY)
  const result = {
    ...resultFor([reference.series, other.series], labels),
    ...measured,
    measurements: measured.measurements.map((one) => (one.region === 'WT' ? { ...one, standardDeviation: 0.5 } : one)),
    diameters: measureDiameters(labels, MADE_BY.regions.ET),
    predictions: PREDICTIONS,
    quality: [{ code: 'motion', severity: 'warning' as const, text: 'The image moved.' }],
    noFinding: false,
    ...change,
  }
  const sources = {
    result,
    referenceSeries: reference.series,
    sourceFrames: plan.frames,
    otherSources: [other.series],
  }
  return {
    ...sources,
    grid: plan.grid,
    labels,
    files: [...reference.files, ...other.files],
    ...(result.noFinding ? {} : { segmentation: buildSegmentation({ ...sources, segmentation: labels }) }),
  }
}
