// One result made at two moments is one object; another result, another patient or other pixels are not.

import { beforeAll, describe, expect, it } from 'vitest'
import { dataset } from '../../src/dicom/dataset.ts'
import { readPart10, writePart10 } from '../../src/dicom/part10.ts'
import { isSameObject } from '../../src/dicom/same-object.ts'
import { EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN } from '../../src/dicom/transfer-syntax.ts'
import type { AnalysisResult } from '../../src/domain/finding.ts'
import type { Artifact } from '../../src/domain/ports/analysis-store.ts'
import { encodeStudy, twoSeries } from '../support/encoded-study.ts'
import { inputOf } from './report-input.ts'

/** All that is stored of one analysis that was registered at that moment. */
async function stored(analysedAt: string, change: (result: AnalysisResult) => AnalysisResult = (result) => result) {
  const series = await twoSeries()
  const { result, labels } = inputOf(series.reference, series.other)
  const made = await encodeStudy(series, change({ ...result, analysisId: 'one', analysedAt, segmentation: labels }))
  return made.filter(({ sopInstanceUid }) => sopInstanceUid)
}
const of = (made: Artifact[], role: Artifact['role']) => made.find((artifact) => artifact.role === role)!.bytes

describe('a result that is made again', () => {
  let before: Artifact[]
  let after: Artifact[]
  beforeAll(async () => {
    before = await stored('2025-03-14T12:00:00.000Z')
    // In summer time, so the offset from UTC differs too.
    after = await stored('2025-07-02T23:30:00.000Z')
  })

  it('is the same object in other bytes, whatever its kind', () => {
    expect(before.map(({ role }) => role).sort()).toEqual(['encapsulated-pdf', 'report', 'segmentation'])
    for (const { role, bytes } of before) {
      const again = of(after, role)
      expect(Buffer.compare(bytes, again)).not.toBe(0)
      expect([role, isSameObject(bytes, again)]).toEqual([role, true])
    }
  })

  it('is the same when an archive wrote it in another native encoding', () => {
    const { dataset: report } = readPart10(of(before, 'report'))
    expect(
      isSameObject(of(before, 'report'), writePart10({ dataset: report, transferSyntaxUid: IMPLICIT_LITTLE_ENDIAN })),
    ).toBe(true)
  })

  it('is another with another measurement, another patient, or one other voxel', async () => {
    const other = await stored('2025-03-14T12:00:00.000Z', (result) => ({
      ...result,
      measurements: result.measurements.map((one, n) => (n === 0 ? { ...one, value: one.value + 0.1 } : one)),
    }))
    expect(isSameObject(of(before, 'report'), of(other, 'report'))).toBe(false)
    expect(isSameObject(of(before, 'segmentation'), of(other, 'segmentation'))).toBe(true)
    const { dataset: pdf } = readPart10(of(before, 'encapsulated-pdf'))
    const renamed = writePart10({ dataset: { ...pdf, ...dataset({ PatientID: 'P-0002' }) } })
    expect(isSameObject(of(before, 'encapsulated-pdf'), renamed)).toBe(false)
    const seg = readPart10(of(before, 'segmentation'))
    const pixelData = Uint8Array.from(seg.pixelData!)
    pixelData[40] = pixelData[40]! ^ 4
    const changed = writePart10({ dataset: seg.dataset, transferSyntaxUid: EXPLICIT_LITTLE_ENDIAN, pixelData })
    expect(isSameObject(of(before, 'segmentation'), changed)).toBe(false)
    expect(isSameObject(of(before, 'segmentation'), writePart10({ ...seg, pixelData: seg.pixelData! }))).toBe(true)
  })

  it('is no object that cannot be read', () => {
    expect(isSameObject(of(before, 'report'), of(before, 'report').subarray(0, 700))).toBe(false)
    expect(isSameObject(new Uint8Array(0), of(before, 'report'))).toBe(false)
  })
})
