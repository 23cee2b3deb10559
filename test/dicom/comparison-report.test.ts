// The change since an earlier study in the measurement report and the segmentation: values, evidence, tracking; and nothing without one.

import { describe, expect, it } from 'vitest'
import { items, number, text } from '../../src/dicom/dataset.ts'
import { readPart10 } from '../../src/dicom/part10.ts'
import { buildSegmentation } from '../../src/dicom/segmentation.ts'
import { buildMeasurementReport } from '../../src/dicom/sr/measurement-report.ts'
import { buildVerifiedReport } from '../../src/dicom/sr/verified-report.ts'
import { trackingOf } from '../../src/dicom/tracking.ts'
import type { DicomJson } from '../../src/domain/study.ts'
import { comparisonOf, PRIOR_STUDY_UID } from '../support/comparison.ts'
import { reportInput } from './report-input.ts'
import { classicSeries } from './support.ts'

const code = (item: DicomJson, keyword = 'ConceptNameCodeSequence') => {
  const [found] = items(item, keyword)
  return found === undefined ? '' : text(found, 'CodeValue') || text(found, 'LongCodeValue')
}
const children = (item: DicomJson) => items(item, 'ContentSequence')
const child = (item: DicomJson, concept: string) => children(item).find((one) => code(one) === concept)
const value = (item: DicomJson) => number(items(item, 'MeasuredValueSequence')[0]!, 'NumericValue')

const input = await reportInput(classicSeries)
const comparison = comparisonOf(input.result)
const compared = { ...input, result: { ...input.result, comparison } }
const report = buildMeasurementReport(compared)
const ds = readPart10(report.bytes).dataset
const groupsOf = (root: DicomJson) =>
  children(children(root).find((one) => code(one) === '126010')!).filter((one) => code(one) === '125007')
const tracked = (root: DicomJson, beginning: string) =>
  groupsOf(root).filter((group) => text(child(group, '112039')!, 'TextValue').startsWith(beginning))

describe('the report of a study with an earlier one', () => {
  it('lists what the comparison rests on as pertinent other evidence', () => {
    const [study, ...more] = items(ds, 'PertinentOtherEvidenceSequence')
    expect(more).toEqual([])
    expect(text(study!, 'StudyInstanceUID')).toBe(PRIOR_STUDY_UID)
    const listed = items(study!, 'ReferencedSeriesSequence').flatMap((series) =>
      items(series, 'ReferencedSOPSequence').map((one) => text(one, 'ReferencedSOPInstanceUID')),
    )
    expect(listed).toEqual(['2.25.5502', '2.25.5504'])
  })

  it('has the change of each volume, with the range of its error where it is known', () => {
    for (const { region, change, standardDeviation } of comparison.volumes) {
      const [group] = tracked(ds, `change ${region} `)
      const item = child(group!, 'volume-change')!
      expect(value(item)).toBeCloseTo(change, 6)
      const range = child(item, '371884006')
      if (standardDeviation === undefined) expect(range).toBeUndefined()
      else expect(value(range!)).toBeCloseTo(1.96 * standardDeviation, 6)
      expect(value(child(group!, 'volume-change-pc')!)).toBe(25)
    }
  })

  it('has the category as a code of our own, with what it does not consider', () => {
    const [group] = tracked(ds, 'change category ')
    const item = child(group!, 'change-category')!
    expect(code(item, 'ConceptCodeSequence')).toBe('change-PD')
    expect(text(child(group!, '121106')!, 'TextValue')).toMatch(/also possible: SD\. .*clinical state, steroids/)
    const unknown = comparisonOf(input.result, {
      response: { productThen: 0, productNow: 0, reasons: ['None was measurable.'] },
    })
    const other = readPart10(
      buildMeasurementReport({ ...input, result: { ...input.result, comparison: unknown } }).bytes,
    ).dataset
    expect(code(child(tracked(other, 'change category ')[0]!, 'change-category')!, 'ConceptCodeSequence')).toBe(
      '373121007',
    )
  })

  it('tracks lesions by the UIDs of the earlier study, those that are gone as absent', () => {
    const uids = tracked(ds, 'lesion ').map((group) => text(child(group, '112040')!, 'UID'))
    expect(uids).toEqual(compared.result.comparison!.lesions.map(({ tracking }) => tracking.uid))
    const gone = tracked(ds, 'lesion 2 prior')[0]!
    expect(code(child(gone, '121052')!, 'ConceptCodeSequence')).toBe('272519000')
    expect(child(gone, '118565006')).toBeUndefined()
  })

  it('keeps the tracking of the earlier study in the volume groups and in the segmentation', () => {
    expect(text(child(tracked(ds, 'ET prior')[0]!, '112040')!, 'UID')).toBe(
      trackingOf({ analysisId: 'prior' }, 'ET').uid,
    )
    const seg = readPart10(buildSegmentation({ ...compared, segmentation: input.labels }).bytes).dataset
    const segments = items(seg, 'SegmentSequence').map((one) => text(one, 'TrackingUID'))
    expect(segments[2]).toBe(trackingOf({ analysisId: 'prior' }, 'ET').uid)
    expect(new Set(segments).size).toBe(3)
  })

  it('is corrected by a review also where a region continues the earlier tracking', () => {
    const measured = input.result.measurements.find(({ region }) => region === 'ET')!
    const review = {
      reviewId: 'r1',
      analysisId: input.result.analysisId,
      number: 1,
      at: '2026-03-02T10:00:00.000Z',
      decision: 'accept-with-edits' as const,
      reviewer: { identifier: 'dr-9', name: 'Nine^Dora' },
      edits: [{ target: 'measurement.ET', from: measured.value, to: 11, reason: 'vessel' }],
    }
    const verified = readPart10(
      buildVerifiedReport({ report: report.bytes, result: compared.result, review, organization: 'Site' }).bytes,
    ).dataset
    expect(value(child(tracked(verified, 'ET prior')[0]!, '118565006')!)).toBe(11)
    // The change of the corrected volume and the category by size were the software's, for its own outline: they go, the others stay.
    const before = readPart10(report.bytes).dataset
    for (const gone of ['change ET ', 'change category ']) {
      expect(tracked(before, gone)).toHaveLength(1)
      expect(tracked(verified, gone)).toEqual([])
    }
    expect(tracked(verified, 'change WT ')).toEqual(tracked(before, 'change WT '))
    expect(tracked(before, 'change WT ')).toHaveLength(1)
  })

  it('says nothing of it without an earlier study', () => {
    const alone = readPart10(buildMeasurementReport(input).bytes).dataset
    expect(items(alone, 'PertinentOtherEvidenceSequence')).toEqual([])
    expect(tracked(alone, 'change ')).toEqual([])
  })
})
