// Lists in the DICOM JSON model as some archives write them: read for what they mean, and a row that is wrong hides no other.
import { describe, expect, it } from 'vitest'
import { number, numbers, personName, text, texts } from '../../src/dicom/dataset.ts'
import { parseDataSets } from '../../src/dicomweb/dicom-json.ts'
import type { DicomJson } from '../../src/domain/study.ts'

function rowsOf(body: string): (DicomJson | undefined)[] {
  const parsed = parseDataSets(body)
  expect(parsed.kind).toBe('list')
  return parsed.kind === 'list' ? parsed.rows : []
}

describe('a list of data sets', () => {
  it('may have values without their list, and attributes without a VR or with an empty one', () => {
    const [row] = rowsOf(
      JSON.stringify([
        {
          '00280010': { vr: 'US', Value: 23 },
          '0020000D': { vr: 'UI', Value: '1.2.840.9' },
          '00280030': { Value: [0.5, '0.25'] },
          '0008103E': { vr: '', Value: 't1 tra' },
          '00080008': { Value: ['ORIGINAL', 'PRIMARY'] },
          '00100010': { vr: 'PN', Value: 'Roe^Richard' },
        },
      ]),
    )
    expect([number(row!, 'Rows'), numbers(row!, 'PixelSpacing')]).toEqual([23, [0.5, 0.25]])
    expect([text(row!, 'StudyInstanceUID'), text(row!, 'SeriesDescription')]).toEqual(['1.2.840.9', 't1 tra'])
    expect([texts(row!, 'ImageType'), personName(row!, 'PatientName')]).toEqual([
      ['ORIGINAL', 'PRIMARY'],
      'Roe^Richard',
    ])
    expect(row!['0008103E']!.vr).toBe('LO')
  })

  it.each([
    ['null', 'null'],
    ['a text', '"row"'],
    ['a list', '[]'],
    ['a number that JSON does not have', '{"00280010":{"vr":"US","Value":[NaN]}}'],
    ['a control character', '{"0008103E":{"vr":"LO","Value":["a\u0001,]}b"]}}'],
  ])('keeps the rows around one that is %s', (_what, odd) => {
    const good = (uid: string) => JSON.stringify({ '0020000D': { vr: 'UI', Value: [uid] } })
    const rows = rowsOf(`[${good('1.2.1')},${odd},${good('1.2.2')}]`)
    expect(rows.map((row) => row && text(row, 'StudyInstanceUID'))).toEqual(['1.2.1', undefined, '1.2.2'])
  })
})
