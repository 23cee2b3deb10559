// The PDF in its DICOM envelope comes out as it went in, in the right study.
import { describe, expect, it } from 'vitest'
import { dataset, items, number, personName, tagOf, text } from '../../src/dicom/dataset.ts'
import { buildEncapsulatedPdf } from '../../src/dicom/encapsulated-pdf.ts'
import { readPart10 } from '../../src/dicom/part10.ts'
import { classicSeries, labelsOn, OBLIQUE, resultFor, STUDY_UID } from './support.ts'

describe('the encapsulated PDF', () => {
  it.each([20, 21])('holds a document of %i bytes and its true length', async (length) => {
    const { series } = await classicSeries()
    const pdf = Uint8Array.from({ length }, (_, at) => at + 37)
    const result = resultFor([series], labelsOn(OBLIQUE))
    const made = buildEncapsulatedPdf({ result, pdf, referenceInstance: series.instances[0]!.metadata })
    const ds = readPart10(made.bytes).dataset
    const stored = Buffer.from(ds[tagOf('EncapsulatedDocument')]!.InlineBinary!, 'base64')
    expect([stored.length % 2, number(ds, 'EncapsulatedDocumentLength')]).toEqual([0, length])
    expect([...stored.subarray(0, length)]).toEqual([...pdf])
    expect([...stored.subarray(length)].every((byte) => byte === 0)).toBe(true)
    expect(text(ds, 'MIMETypeOfEncapsulatedDocument')).toBe('application/pdf')
    expect(
      Buffer.from(buildEncapsulatedPdf({ result, pdf, referenceInstance: series.instances[0]!.metadata }).bytes).equals(
        Buffer.from(made.bytes),
      ),
    ).toBe(true)
  })

  it('belongs to the study and says that nobody reviewed it', async () => {
    const [one, two] = [await classicSeries({ seriesKey: 'one' }), await classicSeries({ seriesKey: 'two' })]
    const result = resultFor([one.series, two.series], labelsOn(OBLIQUE))
    const pdf = new TextEncoder().encode('%PDF-1.4')
    const referenceInstance = one.series.instances[0]!.metadata
    const made = buildEncapsulatedPdf({ result, pdf, referenceInstance, sources: [one.series, two.series] })
    const ds = readPart10(made.bytes).dataset
    expect([text(ds, 'StudyInstanceUID'), personName(ds, 'PatientName'), text(ds, 'PatientID')]).toEqual([
      STUDY_UID,
      'Żółć^Łucja=山田^花子',
      'P-0001',
    ])
    expect([text(ds, 'SOPClassUID'), text(ds, 'Modality')]).toEqual(['1.2.840.10008.5.1.4.1.1.104.1', 'DOC'])
    expect([text(ds, 'VerificationFlag'), text(ds, 'BurnedInAnnotation')]).toEqual(['UNVERIFIED', 'YES'])
    expect(text(items(ds, 'ConceptNameCodeSequence')[0]!, 'CodeValue')).toBe('18748-4')
    expect(items(ds, 'SourceInstanceSequence')).toHaveLength(14)
    expect([text(ds, 'SOPInstanceUID'), text(ds, 'SeriesInstanceUID')]).toEqual([
      made.sopInstanceUid,
      made.seriesInstanceUid,
    ])
    expect(made.seriesInstanceUid).not.toBe(one.series.seriesInstanceUid)
    expect(ds[tagOf('ReferringPhysicianName')]).toEqual(
      dataset({ ReferringPhysicianName: '' })[tagOf('ReferringPhysicianName')],
    )
  })
})
