// A measurement report of ours read back: exactly what was written, and nothing else.
import { describe, expect, it } from 'vitest'
import { dataset } from '../../src/dicom/dataset.ts'
import { readPart10, writePart10 } from '../../src/dicom/part10.ts'
import { readReport } from '../../src/dicom/sr/read-report.ts'
import { trackingOf } from '../../src/dicom/tracking.ts'
import type { DicomJson } from '../../src/domain/study.ts'
import { analysedStudy, continuing } from '../support/analysed-study.ts'

describe('a report of ours', () => {
  it.each([
    ['of a first study', undefined],
    ['that continues an earlier one', continuing],
  ])('%s is read back as it was meant', async (_, change) => {
    const { result, report } = await analysedStudy(change && { result: change })
    const read = readReport(report.bytes)
    expect(read.analysisId).toBe(result.analysisId)
    expect(read.referenceSeriesUid).toBe(result.referenceSeriesUid)
    expect(read.noFinding).toBe(false)
    expect(read.inputs).toEqual(
      result.inputs.map(({ sequence, seriesInstanceUid, sopInstanceUids }) => ({
        sequence,
        seriesInstanceUid,
        sopInstanceUids,
      })),
    )
    expect(read.measurements.map(({ region, value }) => [region, value])).toEqual(
      result.measurements.map(({ region, value }) => [region, value]),
    )
    for (const [index, { standardDeviation }] of result.measurements.entries())
      if (standardDeviation === undefined) expect(read.measurements[index]).not.toHaveProperty('standardDeviation')
      else expect(read.measurements[index]!.standardDeviation).toBeCloseTo(standardDeviation, 12)
    const keys = [...result.measurements.map(({ region }) => region), 'ET lesion 1', ...(change ? ['lesion 1'] : [])]
    for (const key of keys) expect(read.tracking[key]).toEqual(trackingOf(result, key))
  })

  it('that found nothing says so', async () => {
    const { report } = await analysedStudy({ noFinding: true })
    expect(readReport(report.bytes)).toMatchObject({ noFinding: true, referenceSeriesUid: expect.any(String) })
  })

  it('is refused under another UID, or when it does not say what it measured', async () => {
    const { report } = await analysedStudy()
    const { dataset: ds } = readPart10(report.bytes)
    const moved = writePart10({ dataset: { ...ds, ...dataset({ SOPInstanceUID: '2.25.4' }) } })
    expect(() => readReport(moved)).toThrow('report 2.25.4: it names no analysis that its UID derives from')
    const gridless = JSON.parse(JSON.stringify(ds).replaceAll('measurement-grid', 'another-code')) as DicomJson
    expect(() => readReport(writePart10({ dataset: gridless }))).toThrow('it does not say on which series it measured')
  })
})
