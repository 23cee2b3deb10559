// Values that results take over from images: whatever stands there gives valid objects or a hold that names the attribute.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dataset, items, tagOf, text } from '../../src/dicom/dataset.ts'
import { attributeOf } from '../../src/dicom/dictionary.ts'
import { buildEncapsulatedPdf } from '../../src/dicom/encapsulated-pdf.ts'
import { studyIdentity } from '../../src/dicom/identity.ts'
import { readPart10 } from '../../src/dicom/part10.ts'
import { COPIED, checkSources } from '../../src/dicom/source-values.ts'
import { buildMeasurementReport } from '../../src/dicom/sr/measurement-report.ts'
import { AppError } from '../../src/domain/errors.ts'
import type { DicomElement, DicomJson, Series } from '../../src/domain/study.ts'
import { inputOf } from './report-input.ts'
import { classicSeries, STUDY_UID, type TestSeries } from './support.ts'

const SMALL = {
  size: [9, 7, 3],
  spacing: [4, 4, 5],
  origin: [-10, 5, 2],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
} as const
const one = await classicSeries({ grid: { ...SMALL, size: [...SMALL.size], direction: [...SMALL.direction] } as never })
const other = await classicSeries({
  grid: { ...SMALL, size: [...SMALL.size], direction: [...SMALL.direction] } as never,
  seriesKey: 'other',
})

/** The series with these elements in every instance, as the archive's metadata would have them. */
function having(source: TestSeries, elements: DicomJson): TestSeries {
  const instances = source.series.instances.map((instance, at) => {
    const metadata = { ...instance.metadata, ...elements }
    const uid = elements['00080018'] ? `${text(metadata, 'SOPInstanceUID')}${at || ''}` : instance.sopInstanceUid
    return { ...instance, sopInstanceUid: uid, metadata: { ...metadata, '00080018': { vr: 'UI', Value: [uid] } } }
  })
  const seriesInstanceUid = text(instances[0]!.metadata, 'SeriesInstanceUID')
  return { ...source, series: { ...source.series, seriesInstanceUid, instances } }
}

/** The data sets of SEG, SR and Encapsulated PDF, read back. */
function resultsOf(elements: DicomJson): DicomJson[] {
  const changed = having(one, elements)
  const input = inputOf(changed, other)
  const series: Series[] = [changed.series, other.series]
  const pdf = buildEncapsulatedPdf({
    result: input.result,
    pdf: new Uint8Array(64),
    referenceInstance: changed.series.instances[0]!.metadata,
    sources: series,
  })
  return [input.segmentation!, buildMeasurementReport(input), pdf].map(({ bytes }) => readPart10(bytes).dataset)
}

/** PS3.5 Table 6.2-1, written down a second time for the test. */
const LEGAL: Record<string, RegExp> = {
  CS: /^[A-Z0-9 _]{0,16}$/,
  DA: /^((19|20|[0-9]{2})\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01]))?$/,
  TM: /^(([01]\d|2[0-3])([0-5]\d([0-6]\d(\.\d{1,6})?)?)?)?$/,
  AS: /^(\d{3}[DWMY])?$/,
  SH: /^[^\\\p{Cc}]{0,16}$/u,
  LO: /^[^\\\p{Cc}]{0,64}$/u,
  UI: /^[0-9.]{0,64}$/,
  ST: /^([\t\n\f\r]|\P{Cc}){0,1024}$/u,
  LT: /^([\t\n\f\r]|\P{Cc}){0,10240}$/u,
}

function breaches(ds: DicomJson, path = ''): string[] {
  return Object.entries(ds).flatMap(([tag, element]): string[] => {
    const at = `${path}${tag} ${element.vr}`
    const values = element.Value ?? []
    if (element.vr === 'SQ') return values.flatMap((item, n) => breaches(item as DicomJson, `${at}[${n}] `))
    return values.flatMap((value) => {
      if (value === null) return []
      if (element.vr === 'PN') {
        const groups = Object.values(value as Record<string, string>)
        const legal = groups.every((group) => [...group].length <= 64 && !/[\\=\p{Cc}]/u.test(group))
        return legal ? [] : [at]
      }
      if (element.vr === 'DS' || element.vr === 'IS') return Number.isFinite(Number(value)) ? [] : [at]
      return (LEGAL[element.vr] ?? /^/).test(String(value)) ? [] : [at]
    })
  })
}

const TOP = COPIED.filter((keyword) => keyword !== 'LossyImageCompression')
const scalar = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 90 }),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.stringMatching(/^[0-9.]{1,70}$/),
  fc.constantFrom(
    '2026.03.01',
    '20260230',
    '08:15:30',
    '+9:00',
    '0900',
    '1.2.03',
    'f',
    'Doe^Jane',
    'a\\b',
    '',
    'NaN',
    '070Y',
  ),
  fc.double(),
  fc.integer(),
  fc.constant(null),
  fc.boolean(),
)
const element: fc.Arbitrary<DicomElement> = fc.letrec((tie) => ({
  element: fc.oneof(
    { maxDepth: 3 },
    fc.record({ vr: fc.constantFrom('LO', 'UN', 'SQ', 'PN', 'UI'), Value: fc.array(scalar, { maxLength: 3 }) }),
    fc.record({
      vr: fc.constant('PN'),
      Value: fc.array(fc.record({ Alphabetic: scalar }), { minLength: 1, maxLength: 2 }),
    }),
    fc.record({ vr: fc.constant('UN'), InlineBinary: fc.constant('AAEC') }),
    fc.record({ vr: fc.constant('LO'), BulkDataURI: fc.constant('http://archive/bulk/1') }),
    fc.record({ vr: fc.constant('SQ'), Value: fc.array(tie('item'), { maxLength: 2 }) }),
  ) as fc.Arbitrary<DicomElement>,
  item: fc.dictionary(
    fc.constantFrom(
      ...['CodeValue', 'CodeMeaning', 'CodingSchemeDesignator', 'PatientID', 'ReferencedSOPInstanceUID'].map(tagOf),
      ...['LocalNamespaceEntityID', 'RequestedProcedureID', 'RequestedProcedureCodeSequence'].map(tagOf),
      '00291010',
      '00080005',
    ),
    tie('element') as fc.Arbitrary<DicomElement>,
    { maxKeys: 4 },
  ),
})).element

describe('a copied attribute', () => {
  it('gives valid objects or a hold that names it, whatever its value', () => {
    fc.assert(
      fc.property(fc.constantFrom(...TOP), element, (keyword, found) => {
        const { tag } = attributeOf(keyword)
        const study = having(one, { [tag]: found })
        try {
          checkSources([study.series])
          for (const ds of resultsOf({ [tag]: found })) expect(breaches(ds)).toEqual([])
        } catch (error) {
          if (!(error instanceof AppError)) throw error
          // A space without a frame of reference was a named refusal before.
          expect(error.code).toMatch(/^(SOURCE_INVALID|SERIES_UNSUPPORTED)$/)
          expect(error.class).toBe('hold')
          expect(error.message).toContain(keyword)
        }
      }),
      { numRuns: 400 },
    )
  })

  it.each([
    ['StudyDate', '2026.03.01', '20260301'],
    ['StudyDate', '2026-03-01', '20260301'],
    ['StudyTime', '08:15:30', '081530'],
    ['StudyTime', '081530.1234567', '081530.123456'],
    ['PatientBirthDate', '1960.02.29 00:00:00', '19600229'],
    ['PatientSex', 'Female', 'F'],
    ['TimezoneOffsetFromUTC', '+9:00', '+0900'],
    ['TimezoneOffsetFromUTC', '-03:30', '-0330'],
    ['StudyID', '42\0\0', '42'],
    ['AccessionNumber', 'RAD-2026-0001234', 'RAD-2026-0001234'],
  ])('%s "%s" stands in every result as "%s"', (keyword, given, expected) => {
    const results = resultsOf({ [tagOf(keyword)]: { vr: 'LO', Value: [given] } })
    expect(results.map((ds) => text(ds, keyword))).toEqual([expected, expected, expected])
  })

  it.each([
    ['AccessionNumber', 'RAD-2026-000123456789', 'has 21 characters, 16 are allowed (its form: AAA-9999-999999999999)'],
    ['StudyDate', '20260230', 'is no day of the calendar (its form: 99999999)'],
    ['PatientSex', 'weiblich', 'its form: AAAAAAAA'],
    ['TimezoneOffsetFromUTC', '0900', 'is no offset from UTC (its form: 9999)'],
    ['PatientWeight', '70,5', 'its form: 99,9'],
    ['PatientAge', '42', 'is not of the form nnnD, nnnW, nnnM or nnnY'],
  ])('%s "%s" is left out of the results with a note that does not repeat it', (keyword, given, said) => {
    const elements = { [tagOf(keyword)]: { vr: attributeOf(keyword).vr, Value: [given] } }
    const [segmentation] = resultsOf(elements)
    expect(text(segmentation!, keyword)).toBe(keyword === 'TimezoneOffsetFromUTC' ? '+0000' : '')
    const notes = checkSources([having(one, elements).series])
    expect(notes).toHaveLength(1)
    expect(notes[0]!.text).toContain(`${keyword} (`)
    expect(notes[0]!.text).toContain(said)
    expect(notes[0]!.text).not.toContain(given.replace(/[^A-Za-z]/g, '').slice(0, 8) || given)
  })

  it('keeps an order number that DICOM cannot hold for the EHR, and leaves it out of the request of the report', () => {
    const elements = { '00080050': { vr: 'SH', Value: ['RAD-2026-000123456789'] } }
    const { series } = having(one, elements)
    const study = { studyInstanceUid: STUDY_UID, series: [series] }
    expect(studyIdentity(study).accessionNumber).toBe('RAD-2026-000123456789')
    const [, report] = resultsOf({ ...elements, '00401001': { vr: 'SH', Value: ['RP-1'] } })
    const [request] = items(report!, 'ReferencedRequestSequence')
    expect([text(request!, 'AccessionNumber'), text(request!, 'RequestedProcedureID')]).toEqual(['', 'RP-1'])
  })

  it.each([
    ['StudyInstanceUID', ['SEG', 'SR', 'PDF']],
    ['SeriesInstanceUID', ['SEG', 'SR']],
    ['SOPInstanceUID', ['SEG', 'SR', 'PDF']],
    ['FrameOfReferenceUID', ['SEG', 'SR']],
  ])('%s with leading zeros is referred to as it is, in %s', (keyword, kinds) => {
    const uid = '1.2.826.0.1.3680043.007.5'
    const elements = { [tagOf(keyword)]: { vr: 'UI', Value: [uid] } }
    expect(checkSources([having(one, elements).series])).toEqual([])
    const results = resultsOf(elements)
    const said = ['SEG', 'SR', 'PDF'].filter((_, n) => JSON.stringify(results[n]).includes(`"${uid}"`))
    expect(said).toEqual(kinds)
  })

  it.each([
    ['StudyInstanceUID', `1.2.${'9'.repeat(61)}`, /^instance [\d.]+: StudyInstanceUID \(0020,000D\) is no valid UID/],
    ['PatientID', 'x'.repeat(70), /PatientID \(0010,0020\) has 70 characters, 64 are allowed$/],
    ['PatientID', ['P-1', 'P-2'], /PatientID \(0010,0020\) has 2 values instead of one$/],
  ])('%s that no result can refer to is held before anything is computed', (keyword, value, message) => {
    const elements = { [tagOf(keyword)]: { vr: 'LO', Value: Array.isArray(value) ? value : [value] } }
    const check = () => checkSources([having(one, elements).series])
    expect(check).toThrow(AppError)
    expect(check).toThrow(message)
  })

  it('cuts words that are too long, and says so once for all images', () => {
    const elements = dataset({})
    elements[tagOf('StudyDescription')] = { vr: 'LO', Value: [`MRI head ${'ä'.repeat(80)}`] }
    expect(text(resultsOf(elements)[0]!, 'StudyDescription')).toBe(`MRI head ${'ä'.repeat(55)}`)
    expect(checkSources([having(one, elements).series, having(other, elements).series])).toEqual([
      {
        code: 'source-value',
        severity: 'info',
        text: 'StudyDescription (0008,1030) of the images has 89 characters, 64 are allowed; it is mended in the DICOM results.',
      },
    ])
  })
})
