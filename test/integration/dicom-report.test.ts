import { describe, expect, it } from 'vitest'
import { deviceUid } from '../../src/dicom/result-modules.ts'
import { planSeries } from '../../src/dicom/series-volume.ts'
import { buildMeasurementReport } from '../../src/dicom/sr/measurement-report.ts'
import type { Grid } from '../../src/domain/volume.ts'
import { inputOf } from '../dicom/report-input.ts'
import { classicSeries, direction, enhancedSeries, labelsOn, OBLIQUE, type TestSeries } from '../dicom/support.ts'
import { dumpReport, readReportWithHighdicom, unexplained, validate } from '../support/dicom-validators.ts'
import { objectFolder } from '../support/object-folder.ts'
import { judgeReport } from '../support/pixelmed.ts'

const { write } = objectFolder()

const SAGITTAL: Grid = { ...OBLIQUE, direction: direction(0, 90, 90) }
/** A series of fewer slices is refused before it is analysed. */
const FEWEST: Grid = { ...OBLIQUE, size: [31, 17, 3] }
const MANY: Grid = { ...OBLIQUE, size: [19, 11, 600], spacing: [0.9, 1.3, 0.3] }

const both = async (make: typeof classicSeries, grid = OBLIQUE): Promise<[TestSeries, TestSeries]> => [
  await make({ seriesKey: 'a', grid }),
  await make({ seriesKey: 'b', grid }),
]
const CASES: [string, () => Promise<[TestSeries, TestSeries]>, boolean][] = [
  ['oblique-classic', () => both(classicSeries), false],
  ['oblique-enhanced', () => both(enhancedSeries), false],
  ['sagittal', () => both(classicSeries, SAGITTAL), false],
  ['three-slices', () => both(classicSeries, FEWEST), false],
  ['600-slices', () => both(classicSeries, MANY), false],
  ['600-frames', () => both(enhancedSeries, MANY), false],
  ['nothing-found', () => both(classicSeries), true],
]

describe.each(CASES)('the report of %s', (name, make, noFinding) => {
  it('is a valid object, consistent with its sources, and the same numbers to highdicom', async () => {
    const [reference, other] = await make()
    const input = inputOf(reference, other, { noFinding }, labelsOn(planSeries(reference.series).grid))
    const pathOf = (file: string, bytes: Uint8Array) => write(`${name}-${file}.dcm`, bytes)
    const report = pathOf('sr', buildMeasurementReport(input).bytes)
    const seg = input.segmentation ? [pathOf('seg', input.segmentation.bytes)] : []
    const sources = input.files.slice(0, 40).map((bytes, at) => pathOf(String(at), bytes))

    const { status, errors, warnings } = validate('dciodvfy', [report])
    expect({ status, errors }).toEqual({ status: 0, errors: [] })
    expect(unexplained(warnings)).toEqual([])
    const together = validate('dcentvfy', [...sources, ...seg, report])
    expect(together.errors).toEqual([])
    expect(unexplained(together.warnings)).toEqual([])
    const dump = dumpReport(report)
    expect(dump.text).toContain('Comprehensive 3D SR Document')
    expect(dump.errors).toEqual([])

    const read = readReportWithHighdicom(report)
    expect(read.patientName).toBe('Żółć^Łucja=山田^花子')
    expect(read.observer).toBe(deviceUid(input.result.bundle.modelDigest))
    const of = (beginning: string) => read.groups.filter((group) => group.tracking.startsWith(`${beginning} `))
    for (const { region, value } of input.result.measurements) {
      const [group] = of(region)
      expect(group?.measurements).toEqual([{ name: 'SCT 118565006', value: expect.closeTo(value, 9), unit: 'UCUM mL' }])
    }
    expect(of('WT')[0]!.evaluations).toEqual(noFinding ? [['DCM 121052', 'SCT 272519000']] : [])
    const volumetric = read.groups.filter((group) => group.kind === 'volumetric')
    expect(volumetric.map(({ reference: one }) => one?.sopInstanceUid)).toEqual(
      volumetric.map(() => input.segmentation?.sopInstanceUid),
    )
    for (const group of volumetric) {
      const key = group.tracking.split(' ')[0]
      expect(group.reference!.segment).toBe(input.result.segments.findIndex((one) => one.key === key) + 1)
    }
    const present = input.result.segments.filter((segment) => segment.voxelCount > 0)
    expect(volumetric).toHaveLength(noFinding ? 0 : present.length)
    for (const [n, lesion] of (input.result.diameters ?? []).entries()) {
      const group = of(`ET lesion ${n + 1}`).find((one) => one.measurements.length > 0)
      expect(group?.measurements.map((one) => one.value)).toEqual([
        expect.closeTo(lesion.longestMm, 6),
        expect.closeTo(lesion.perpendicularMm, 6),
      ])
      expect(group?.kind).toBe(lesion.axis === 2 ? 'planar' : 'general')
    }
    expect(of('predicted idh')[0]!.evaluations).toEqual([['99GLIABRIDGE predicted-idh', '99GLIABRIDGE IDH-mutant']])
    expect(of('predicted grade')[0]!.evaluations).toEqual([['99GLIABRIDGE predicted-grade', 'SCT 373121007']])
  })
})

describe('PixelMed, which knows TID 1500 row by row', () => {
  it.each([
    ['a tumour', false],
    ['nothing', true],
  ])('has nothing to say of a report of %s that is about the report', async (_what, noFinding) => {
    const [reference, other] = await both(classicSeries)
    const path = write(
      `pixelmed-${noFinding}.dcm`,
      buildMeasurementReport(inputOf(reference, other, { noFinding })).bytes,
    )
    const remarks = judgeReport(path)
    expect(remarks.filter((remark) => remark.explained === undefined)).toEqual([])
  })

  it('notices a report whose measurement has the wrong relationship: the check above can fail', async () => {
    const [reference, other] = await both(classicSeries)
    const bytes = Buffer.from(buildMeasurementReport(inputOf(reference, other, { noFinding: true })).bytes)
    // "HAS CONCEPT MOD" of the document's language becomes "HAS OBS CONTEXT": both have fifteen letters.
    const at = bytes.indexOf('HAS CONCEPT MOD')
    bytes.write('HAS OBS CONTEXT', at, 'latin1')
    const path = write('pixelmed-wrong.dcm', bytes)
    expect(judgeReport(path).filter((remark) => remark.explained === undefined).length).toBeGreaterThan(0)
  })
})
