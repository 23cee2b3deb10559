import { describe, expect, it } from 'vitest'
import { buildEncapsulatedPdf, buildReviewedPdf } from '../../src/dicom/encapsulated-pdf.ts'
import { readPart10 } from '../../src/dicom/part10.ts'
import { buildRejectionNote } from '../../src/dicom/rejection-note.ts'
import { buildSegmentation } from '../../src/dicom/segmentation.ts'
import { buildMeasurementReport } from '../../src/dicom/sr/measurement-report.ts'
import { buildVerifiedReport } from '../../src/dicom/sr/verified-report.ts'
import type { Review } from '../../src/domain/review.ts'
import { reportInput } from '../dicom/report-input.ts'
import { classicSeries, enhancedSeries } from '../dicom/support.ts'
import { readReportWithHighdicom, unexplained, validate } from '../support/dicom-validators.ts'
import { objectFolder } from '../support/object-folder.ts'
import { judgeReport } from '../support/pixelmed.ts'

const { write } = objectFolder()

describe.each([
  ['classic', classicSeries],
  ['enhanced', enhancedSeries],
] as const)('reviews of a %s series', (name, make) => {
  it('are valid, and keep the measurements that the reviewer left alone', async () => {
    const input = await reportInput(make as typeof classicSeries)
    const { result } = input
    const report = buildMeasurementReport(input)
    const et = result.measurements.find(({ region }) => region === 'ET')!
    const review: Review = {
      reviewId: `review-${name}`,
      analysisId: result.analysisId,
      number: 1,
      at: '2026-03-01T10:11:12.000Z',
      decision: 'accept-with-edits',
      reviewer: { identifier: 'P-77', name: 'Ñandú^Zoë' },
      edits: [
        { target: 'measurement.ET', from: et.value, to: 1.25, reason: 'A vessel' },
        { target: 'prediction.idh', from: 'IDH-mutant', to: 'IDH-wildtype', reason: 'Other signs' },
        { target: 'prediction.mgmt', from: 'indeterminate', to: 'methylated', reason: 'Known' },
      ],
    }
    const verified = buildVerifiedReport({
      report: report.bytes,
      predecessor: report,
      result,
      review,
      organization: '',
    })
    const referenceInstance = readPart10(report.bytes).dataset
    const note = buildRejectionNote({
      result,
      referenceInstance,
      rejected: [report, verified, input.segmentation!],
      review: { ...review, decision: 'reject', reason: 'Wrong series', edits: [] },
    })
    const pdf = new TextEncoder().encode('%PDF-1.7 as the reviewer left it')
    const source = { result, pdf, referenceInstance: input.referenceSeries.instances[0]!.metadata }
    const document = buildEncapsulatedPdf(source)
    const reviewed = buildReviewedPdf({ document: document.bytes, pdf, review })
    // Outlines as the reviewer corrected them: one segment of the software's, one of both, one by hand alone.
    const drawn = (['both', 'person', undefined] as const).map((by, n) => ({
      ...result.segments[n]!,
      ...(by && { drawnBy: by }),
    }))
    const redrawn = buildSegmentation({
      ...input,
      result: { ...result, segments: drawn },
      segmentation: input.labels,
      review,
    })
    const superseded = buildRejectionNote({ result, referenceInstance, rejected: [report, document], review })
    const paths = Object.entries({ report, verified, note, reviewed, superseded, redrawn }).map(([file, object]) =>
      write(`${name}-${file}.dcm`, object.bytes),
    )
    for (const path of paths) {
      const { status, errors, warnings } = validate('dciodvfy', [path])
      expect({ path, status, errors }).toEqual({ path, status: 0, errors: [] })
      expect(unexplained(warnings)).toEqual([])
    }
    const [before, after] = [readReportWithHighdicom(paths[0]!), readReportWithHighdicom(paths[1]!)]
    expect([after.patientName, after.observer]).toEqual([before.patientName, before.observer])
    // With the enhancing tumour go its diameters, which were measured on the outline that the reviewer corrected.
    const edited = /^(ET|ET lesion \d+|predicted idh|predicted mgmt) /
    const alone = (groups: typeof after.groups) => groups.filter(({ tracking }) => !edited.test(tracking))
    expect(alone(after.groups)).toEqual(alone(before.groups))
    const lesions = (groups: typeof after.groups) => groups.filter(({ tracking }) => tracking.startsWith('ET lesion'))
    expect([lesions(before.groups).length > 0, lesions(after.groups).length]).toEqual([true, 0])
    const named = (key: string) => after.groups.find(({ tracking }) => tracking === `${key} ${result.analysisId}`)!
    expect(named('ET').measurements).toEqual([{ name: 'SCT 118565006', value: 1.25, unit: 'UCUM mL' }])
    expect(named('predicted idh').evaluations).toEqual([['99GLIABRIDGE predicted-idh', '99GLIABRIDGE IDH-wildtype']])
    expect(named('predicted mgmt').evaluations).toEqual([['99GLIABRIDGE predicted-mgmt', '99GLIABRIDGE methylated']])
    if (name === 'classic')
      expect(judgeReport(paths[1]!).filter(({ explained }) => explained === undefined)).toEqual([])
  })
})
