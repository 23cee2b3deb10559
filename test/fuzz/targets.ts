// Every parser of what comes from outside, with good inputs to start from. A parser takes an input, or refuses it by an error that was foreseen.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readFileMeta } from '../../src/dicom/file-meta.ts'
import { walkInstance } from '../../src/dicom/instance-walk.ts'
import { readPart10, writePart10 } from '../../src/dicom/part10.ts'
import { pixelFormat } from '../../src/dicom/pixel-format.ts'
import { decodeFrame } from '../../src/dicom/pixels.ts'
import { readLabels } from '../../src/dicom/segmentation-labels.ts'
import { planSeries, VolumeBuilder } from '../../src/dicom/series-volume.ts'
import { readReport } from '../../src/dicom/sr/read-report.ts'
import { parseDataSets } from '../../src/dicomweb/dicom-json.ts'
import { parseMediaType } from '../../src/dicomweb/media-type.ts'
import { decodeMultipart, encodeMultipart } from '../../src/dicomweb/multipart.ts'
import { readInstanceSummary, readStudySummary } from '../../src/dicomweb/query.ts'
import { readStoreAnswer, readStoreBody } from '../../src/dicomweb/store-response.ts'
import { AppError } from '../../src/domain/errors.ts'
import { jsonExcess } from '../../src/domain/json-excess.ts'
import type { PatientIdentity } from '../../src/domain/study.ts'
import { readNifti } from '../../src/evaluation/nifti.ts'
import { createRecordStore } from '../../src/fhir/connection/client.ts'
import { matchPatient } from '../../src/fhir/matching/match.ts'
import { readJson } from '../../src/http/contracts.ts'
import { RequestProblem } from '../../src/http/problems.ts'
import { parseBundle } from '../../src/inference/bundle/manifest.ts'
import { IDENTITY } from '../../src/inference/volumes/rigid.ts'
import { encodeResults } from '../../src/pipeline/encode/encode.ts'
import { answerTo } from '../../src/receiving/hl7/answer.ts'
import { createMllpFrames } from '../../src/receiving/hl7/frames.ts'
import { readHeader, readHints } from '../../src/receiving/hl7/message.ts'
import { parseSettings } from '../../src/settings/parse.ts'
import { inputOf } from '../dicom/report-input.ts'
import { classicSeries, encodeFrame, enhancedSeries, OBLIQUE } from '../dicom/support.ts'
import { writeNifti } from '../evaluation/nifti-writer.ts'
import { letterheadOf } from '../support/letterhead.ts'
import { NOTHING_MORE, network } from '../support/network-output.ts'

export interface Target {
  name: string
  /** Share of the inputs. */
  weight: number
  seeds: Uint8Array[]
  tokens: string[]
  run(bytes: Uint8Array): unknown
  /** Transfer syntax of a compressed frame: the service decodes these in a process of its own, which may end over one. */
  compressed?: string
}

/** Whether an error is one that the service handles by name. */
export function isForeseen(error: unknown): boolean {
  return (error instanceof AppError && error.code !== 'INTERNAL') || error instanceof RequestProblem
}

const utf8 = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const bytesOf = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))
const fixture = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)))
const JSON_TOKENS = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ':',
  ',',
  'null',
  '{"a":',
  '[[',
  '\\u0000',
  '\\ud800',
  '1e999',
  '-',
  'NaN',
  'true',
  '""',
]
const DICOM_TOKENS = [
  '\xfe\xff\x00\xe0',
  '\xfe\xff\xdd\xe0',
  '\xfe\xff\x0d\xe0',
  '\xff\xff\xff\xff',
  'SQ',
  'UN',
  'OW',
  '\xe0\x7f\x10\x00',
  '\x28\x00\x10\x00',
  '\x1b$B',
  '\0\0\0\0\0\0\0\0',
  '@\0u\x02SQ\0\0\xff\xff\xff\xff',
]
const CODESTREAM_TOKENS = [
  '\xff\xd8',
  '\xff\xd9',
  '\xff\x4f\xff\x51',
  '\xff\xc3',
  '\xff\xf7',
  '\xff\x90',
  '\xff\x93',
  '\xff\x52',
  '\xff\x5c',
  '\xff\xda',
]
const ENVIRONMENT = {
  GLIABRIDGE_PACS_PASSWORD: 'a',
  GLIABRIDGE_EHR_CLIENT_SECRET: 'b',
  DATABASE_URL: 'postgres://u:p@db.example/d',
  GLIABRIDGE_HTTP_TOKEN: 'a-token-of-thirty-two-characters',
}
const HL7_MESSAGES = [
  [
    'MSH|^~\\&|RIS|H|G|H|20260301||ORM^O01|1|P|2.3',
    'PID|1||1||A^B',
    'ORC|NW|P-1|F-1',
    'OBR|1|P-1|F-1|X^Y||||||||||||||A-88|RP-1',
    'ZDS|1.2.3^RIS^Application^DICOM',
  ],
  [
    'MSH|^~\\&|RIS|H|G|H|20260301||OMI^O23^OMI_O23|2|P|2.5.1|||AL|NE||8859/1',
    'OBR|1|P-1|F-1',
    'IPC|A-9^RIS|RP-1|1.2.3.4^RIS|S^1|MR',
  ],
  [
    'MSH|^~\\&|RIS|H|G|H|2026||ORU^R01|3|P|2.4||||||~ISO IR87',
    'OBR|1||A\\S\\1',
    'OBX|1|ST|113014^DICOM Study^DCM||1.2.3.9',
  ],
]
const PATIENT: PatientIdentity = {
  patientId: 'P1',
  issuerOfPatientId: '',
  patientName: 'A^B',
  patientBirthDate: '19600229',
  patientSex: 'F',
}
const GRID = { ...OBLIQUE, size: [38, 23, 3] as const }
const CODECS: [name: string, syntax: string, weight: number][] = [
  ['rle', '1.2.840.10008.1.2.5', 3],
  ['jpeg-ls', '1.2.840.10008.1.2.4.80', 0.3],
  ['jpeg-2000', '1.2.840.10008.1.2.4.90', 1],
  ['htj2k', '1.2.840.10008.1.2.4.201', 1],
]
const FIXTURES: [name: string, file: string, weight: number][] = [
  ['jpeg-lossless', 'jpeg-lossless', 2],
  ['jpeg-baseline', 'jpeg-baseline', 0.5],
]

/** Input → what the parser is asked; the seeds are made by our own writers, the codecs' encoders and DCMTK. */
export async function createTargets(): Promise<Target[]> {
  const classic = await classicSeries({ grid: GRID })
  const plan = planSeries(classic.series)
  const enhanced = await enhancedSeries({ grid: GRID })
  const { result, labels } = inputOf(classic, enhanced)
  const made = await encodeResults({
    result: { ...result, segmentation: labels },
    images: [],
    reference: { series: classic.series, plan },
    others: [
      {
        sequence: 'FLAIR',
        series: enhanced.series,
        plan: planSeries(enhanced.series),
        registration: { transform: IDENTITY },
      },
    ],
    letterhead: letterheadOf(),
    ...network(labels),
    writeBack: NOTHING_MORE,
  })
  const artifact = (role: string) => made.find((one) => one.role === role)!.bytes
  const { dataset } = readPart10(classic.files[0]!)
  const files = [
    classic.files[0]!,
    enhanced.files[0]!,
    artifact('report'),
    artifact('segmentation'),
    ...['1.2.840.10008.1.2', '1.2.840.10008.1.2.2', '1.2.840.10008.1.2.1.99'].map((transferSyntaxUid) =>
      writePart10({ dataset, transferSyntaxUid }),
    ),
  ]
  const dicom = (name: string, weight: number, seeds: Uint8Array[], run: Target['run']): Target => ({
    name,
    weight,
    seeds,
    tokens: DICOM_TOKENS,
    run,
  })
  const json = (name: string, weight: number, seeds: unknown[], run: (text: string) => unknown): Target => ({
    name,
    weight,
    seeds: seeds.map(bytesOf),
    tokens: JSON_TOKENS,
    run: (bytes) => run(utf8(bytes)),
  })
  const format = pixelFormat(dataset)
  const frames = await Promise.all(
    CODECS.map(async ([name, syntax, weight]): Promise<Target> => {
      const raw = readPart10(classic.files[0]!).frames()[0]!
      const seed = await encodeFrame(Uint8Array.from(raw), { transferSyntaxUid: syntax }, GRID)
      return {
        name,
        weight,
        seeds: [seed],
        compressed: syntax,
        tokens: CODESTREAM_TOKENS,
        run: (bytes) => decodeFrame(bytes, syntax, format, '1.2'),
      }
    }),
  )
  const fixtures = FIXTURES.map(([name, file, weight]): Target => {
    const read = readPart10(fixture(`test/dicom/fixtures/${file}.dcm`))
    const itsFormat = pixelFormat(read.dataset)
    const run = (bytes: Uint8Array) => decodeFrame(bytes, read.transferSyntaxUid, itsFormat, '1.2')
    const compressed = read.transferSyntaxUid
    return { name, weight, seeds: read.frames(), tokens: CODESTREAM_TOKENS, compressed, run }
  })
  const row = { '0020000D': { vr: 'UI', Value: ['1.2.3'] }, '00080018': { vr: 'UI', Value: ['1.2.4'] } }
  const patient = {
    resourceType: 'Patient',
    id: 'p',
    identifier: [{ system: 'urn:x', value: 'P1' }],
    birthDate: '1960-02-29',
    gender: 'female',
    name: [{ family: 'A', given: ['B'] }],
  }
  const found = {
    resourceType: 'Bundle',
    type: 'searchset',
    link: [{ relation: 'self', url: 'https://ehr.example/fhir/Patient?x' }],
    entry: [{ resource: patient }],
  }
  const outcome = {
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'error', code: 'invalid', expression: ['Patient.name[0]'] }],
  }

  return [
    dicom('part-10', 5, files, (bytes) => {
      const file = readPart10(bytes)
      return file.pixelData ?? ('00280010' in file.dataset && file.frames())
    }),
    dicom('instance-walk', 4, files, (bytes) => {
      const meta = readFileMeta(bytes)
      return meta && walkInstance(bytes, meta)
    }),
    dicom('volume', 3, [...classic.files], (bytes) => new VolumeBuilder(plan).add(bytes)),
    dicom('plan', 3, files.slice(0, 2), (bytes) => {
      const { dataset: metadata } = readPart10(bytes)
      const instance = { sopInstanceUid: '1.2.3', sopClassUid: '1.2.840.10008.5.1.4.1.1.4', metadata }
      return planSeries({ seriesInstanceUid: '1.2', modality: 'MR', instances: [instance] })
    }),
    dicom('report', 3, [artifact('report')], readReport),
    dicom('segmentation', 3, [artifact('segmentation')], (bytes) => readLabels(bytes, plan.grid, (number) => number)),
    ...frames,
    ...fixtures,
    {
      name: 'multipart',
      weight: 4,
      seeds: [
        Buffer.concat([
          ...encodeMultipart(
            files.slice(4).map((bytes) => ({ contentType: 'application/dicom', bytes })),
            'b',
          ),
        ]),
      ],
      tokens: ['--b', '--b--', '\r\n', '\r\n\r\n', 'Content-Length: 99999999999', '\r\n--b\r\n\r\n'],
      async run(bytes) {
        let count = 0
        for await (const { body } of decodeMultipart(inChunks(bytes), 'b')) count += body.length
        return count
      },
    },
    {
      name: 'media-type',
      weight: 1,
      seeds: [bytesOf('multipart/related; type="application/dicom"; boundary="a\\"b"')],
      tokens: ['"', ';', '=', '\\', ' '],
      run: (bytes) => parseMediaType(utf8(bytes)),
    },
    json(
      'dicom-json',
      4,
      [
        [
          row,
          { ...row, '00100010': { vr: 'PN', Value: [{ Alphabetic: 'A^B' }] }, '00081140': { vr: 'SQ', Value: [row] } },
        ],
      ],
      (text) => {
        if (jsonExcess(text)) return undefined
        const parsed = parseDataSets(text)
        return (
          parsed.kind === 'list' && parsed.rows.map((one) => one && [readStudySummary(one), readInstanceSummary(one)])
        )
      },
    ),
    json(
      'store-answer',
      2,
      [
        {
          '00081198': {
            vr: 'SQ',
            Value: [{ '00081155': { vr: 'UI', Value: ['1.2'] }, '00081197': { vr: 'US', Value: [273] } }],
          },
        },
      ],
      (text) => {
        const body = jsonExcess(text) ? undefined : readStoreBody(text)
        return body?.kind === 'dataset' && readStoreAnswer(body.dataset, ['1.2'])
      },
    ),
    json('fhir-answer', 2, [found, outcome, patient], (text) => {
      const status = text.includes('OperationOutcome') ? 422 : 200
      const answer = async () => new Response(text, { status, headers: { 'content-type': 'application/fhir+json' } })
      const record = createRecordStore({
        url: 'https://ehr.example/fhir',
        auth: { type: 'none' },
        timeoutMs: 5000,
        fetch: answer,
      })
      return matchPatient(record, { default: 'urn:x', byIssuer: {} }, PATIENT)
    }),
    json(
      'manifest',
      2,
      [
        utf8(fixture('config/models/glioma-unet-2mm/bundle.json')),
        utf8(fixture('config/models/glioma-cascade-1mm/bundle.json')),
      ],
      (text) => {
        const raw = jsonExcess(text) ? undefined : jsonOf(text)
        return raw !== undefined && parseBundle(raw)
      },
    ),
    json('settings', 2, [utf8(fixture('config/site.example.json')), utf8(fixture('config/default.json'))], (text) => {
      const raw = jsonExcess(text) ? undefined : jsonOf(text)
      return raw !== undefined && parseSettings(raw, ENVIRONMENT)
    }),
    json(
      'request',
      2,
      [{ decision: 'accept', reviewer: { identifier: 'a', name: 'b' }, version: 0, edits: [] }],
      readJson,
    ),
    {
      name: 'hl7',
      weight: 2,
      seeds: HL7_MESSAGES.map((segments) => bytesOf(segments.join('\r'))),
      tokens: ['|', '^', '\r', 'MSH|^~\\&|', '\\F\\', '~', '&', '\x1b$B', '||||||8859/1', 'ZDS|1.2.3', '\0'],
      run(bytes) {
        const read = readHeader(bytes)
        answerTo({ header: read.header, now: new Date(0), controlId: '1' })
        return readHints(read, ['IPC-1', 'OBR-18', 'OBR-3'])
      },
    },
    {
      name: 'mllp',
      weight: 1,
      seeds: [bytesOf(HL7_MESSAGES.map((segments) => `\x0b${segments.join('\r')}\x1c\r`).join(''))],
      tokens: ['\x0b', '\x1c', '\r', '\x1c\r', '\x0b\x0b'],
      async run(bytes) {
        const frames = createMllpFrames()
        for await (const chunk of inChunks(bytes, 61)) for (const frame of frames.push(chunk)) frame.at(0)
      },
    },
    {
      name: 'nifti',
      weight: 2,
      seeds: [true, false].map((gzip) =>
        writeNifti({
          size: [4, 3, 2],
          affine: [
            [0, -1.5, 0, 20],
            [2, 0, 0, -30],
            [0, 0, 4, 7],
          ],
          voxels: Array.from({ length: 24 }, (_, v) => v),
          gzip,
        }),
      ),
      tokens: ['n+1\0', 'n+2\0', '\x1f\x8b\x08'],
      run: (bytes) => readNifti(bytes, 'a.nii'),
    },
  ]
}

/** In pieces of odd sizes, as a connection gives them. */
async function* inChunks(bytes: Uint8Array, size = 4093): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
