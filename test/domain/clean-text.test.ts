// One cleaning of text, at each border where it comes in: DICOM files, DICOM JSON, FHIR answers, requests.
import { expect, it } from 'vitest'
import { dataset, personName, text } from '../../src/dicom/dataset.ts'
import { readPart10, writePart10 } from '../../src/dicom/part10.ts'
import { parseDataSets } from '../../src/dicomweb/dicom-json.ts'
import { cleanJson, cleanJsonText, cleanText } from '../../src/domain/clean-text.ts'
import { createTransport } from '../../src/fhir/connection/transport.ts'
import { readJson } from '../../src/http/contracts.ts'
import { openEmptyDatabase } from '../support/database.ts'

const DIRTY = 'T1\u0000 post\u0007 \ud83d\ude42 x\ufffe\ud800 \t\r\n\f'
const CLEAN = 'T1\ufffd post\ufffd \ud83d\ude42 x\ufffd\ufffd \t\r\n\n'

it('leaves what XML, jsonb and FHIR strings can hold, and nothing else', async () => {
  expect(cleanText(DIRTY)).toBe(CLEAN)
  expect(cleanText('Żółć 山田 \u0085')).toBe('Żółć 山田 \u0085')
  const db = await openEmptyDatabase()
  await expect(db.query('select $1::jsonb', [JSON.stringify({ text: DIRTY })])).rejects.toThrow('database error 22P05')
  const all = cleanText(Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).join(''))
  const rows = await db.query<{ text: string }>(`select $1::jsonb ->> 'text' as text`, [JSON.stringify({ text: all })])
  expect(rows[0]!.text).toBe(all)
  await db.close()
})

it('goes through JSON, and touches no text that has nothing to clean', () => {
  expect(cleanJson({ 'a\u0001': ['\u0002', 3, null, { b: true }] })).toEqual({
    'a\ufffd': ['\ufffd', 3, null, { b: true }],
  })
  const plain = '{ "a": "\\u00e9\\n\\\\u" }'
  expect(cleanJsonText(plain)).toBe(plain)
  expect(JSON.parse(cleanJsonText(JSON.stringify([DIRTY])))).toEqual([CLEAN])
  expect(cleanJsonText('{"a":"\\u0000')).toBe('{"a":"\\u0000')
})

it('is done where text comes in', async () => {
  const identity = { SOPClassUID: '1.2.840.10008.5.1.4.1.1.4', SOPInstanceUID: '1.2.3' }
  const file = writePart10({ dataset: dataset({ ...identity, SeriesDescription: 'T1 xx', PatientName: 'Doe^Jane' }) })
  const bytes = Buffer.from(file)
  bytes.write('T1\u0001\u0000x', bytes.indexOf('T1 xx'), 'latin1')
  bytes.write('D\u0007e', bytes.indexOf('Doe^Jane'), 'latin1')
  const read = readPart10(bytes).dataset
  expect([text(read, 'SeriesDescription'), personName(read, 'PatientName')]).toEqual([
    'T1\ufffd\ufffdx',
    'D\ufffde^Jane',
  ])

  const json = JSON.stringify([
    { '0008103E': { vr: 'LO', Value: ['a\u0000b'] }, '00100010': { vr: 'PN', Value: [{ Alphabetic: 'D\u0001e' }] } },
  ])
  const parsed = parseDataSets(json)
  const row = (parsed.kind === 'list' && parsed.rows[0]) || {}
  expect([text(row, 'SeriesDescription'), personName(row, 'PatientName')]).toEqual(['a\ufffdb', 'D\ufffde'])

  expect(readJson('{"reason":"wrong\\u0000 side"}')).toEqual({ reason: 'wrong\ufffd side' })
  expect(() => readJson(`${'['.repeat(20_000)}${']'.repeat(20_000)}`)).toThrow('the body is nested deeper than 128')

  const transport = createTransport({
    baseUrl: 'https://ehr.example/fhir',
    timeoutMs: 1000,
    credentials: { authorization: async () => undefined, renew: () => false },
    send: async () => new Response('{"resourceType":"Patient","name":[{"family":"M\\u0003ller"}]}'),
    now: () => new Date(0),
  })
  expect(await (await transport('https://ehr.example/fhir/Patient/1')).json()).toMatchObject({
    name: [{ family: 'M\ufffdller' }],
  })
})
