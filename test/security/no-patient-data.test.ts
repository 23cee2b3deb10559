// Names and numbers of a patient in everything that peers answer, files hold and requests carry, on every way an error can take; then every
// output that is no page of the patient is searched for them: messages, log lines, answers to requests, metrics, spans.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { patientIdentity, studyIdentity } from '../../src/dicom/identity.ts'
import { readPart10 } from '../../src/dicom/part10.ts'
import { planSeries, readVolumeHere } from '../../src/dicom/series-volume.ts'
import { createDicomWebClient } from '../../src/dicomweb/client.ts'
import { AppError, asAppError, ERRORS, type ErrorCode, unforeseenFields } from '../../src/domain/errors.ts'
import type { ImageArchive } from '../../src/domain/ports/image-archive.ts'
import type { Log } from '../../src/domain/ports/log.ts'
import { createClinicalRecords } from '../../src/fhir/connection/records.ts'
import { parseSettings } from '../../src/settings/parse.ts'
import { databaseError } from '../../src/store/database.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { openTracing } from '../../src/telemetry/tracing.ts'
import { recordOptions, sampleReport } from '../support/fhir-report.ts'
import { buildInstance } from '../support/instances.ts'
import { sampleApp } from '../support/sample-app.ts'
import { startTraceCollector } from '../support/trace-collector.ts'

const PATIENT = {
  patientName: 'Zwiebelstein^Xaverine',
  patientId: 'MRN7700412345',
  issuerOfPatientId: 'KlinikumQuarz',
  patientBirthDate: '19431127',
  patientSex: 'F',
}
const ACCESSION = 'ACC55512399'
const SECRETS = /zwiebelstein|xaverine|7700412345|klinikumquarz|1943-?11-?27|55512399|verschwiegen|s3cr3t-pass/i
const STUDY = '1.2.826.0.1.3680043.8.498.77'
const NAMED = `${PATIENT.patientName} ${PATIENT.patientId} ${PATIENT.patientBirthDate} ${ACCESSION} Verschwiegen`

/** All that was said to anybody but the peers and the pages of the patient. */
let said: string[]
let log: Log
beforeEach(() => {
  said = []
  log = createLog('debug', { write: (line: string) => void said.push(line) })
})

/** As a worker says what went wrong; returns the code, or undefined where nothing did. */
async function tell(work: () => unknown): Promise<ErrorCode | undefined> {
  try {
    await work()
    return undefined
  } catch (thrown) {
    const error = asAppError(thrown)
    said.push(error.message, error.hint)
    log.warn({ code: error.code, error: error.message, reason: error.message, ...unforeseenFields(thrown) }, 'failed')
    return error.code
  }
}
const expectSilence = () => expect(said.filter((text) => SECRETS.test(text))).toEqual([])

/** Answers of a peer that talks about the patient, each with another way to be wrong. */
const outcome = JSON.stringify({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code: 'invalid', diagnostics: NAMED, details: { text: NAMED }, expression: [NAMED] }],
})
const patients = JSON.stringify({
  resourceType: 'Bundle',
  type: 'searchset',
  entry: [1, 2].map((id) => ({
    fullUrl: `http://peer/Patient/${id}`,
    resource: {
      resourceType: 'Patient',
      id: `${PATIENT.patientId}-${id}`,
      name: [{ text: NAMED }],
      birthDate: '1943-11-27',
    },
  })),
})
const dicomJson = JSON.stringify([
  {
    '0020000D': { vr: 'UI', Value: [NAMED] },
    '00100010': { vr: 'PN', Value: [{ Alphabetic: NAMED }] },
    '00100020': { vr: 'SH', Value: [PATIENT.patientId] },
    '00080050': { vr: 'XX', Value: { odd: NAMED } },
  },
])
type Answer = (response: ServerResponse) => void
const say =
  (status: number, type: string, body: string, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(status, { 'content-type': type, ...headers }).end(body)
const ANSWERS: Record<string, Answer> = {
  ...Object.fromEntries(
    [400, 401, 403, 404, 409, 412, 413, 422, 429, 500, 503].map((status) => [
      `${status}`,
      say(status, 'application/fhir+json', outcome, { 'retry-after': '1', warning: `299 peer "${encodeURI(NAMED)}"` }),
    ]),
  ),
  redirect: say(302, 'text/plain', NAMED, { location: `/patients/${encodeURIComponent(NAMED)}` }),
  page: say(200, 'text/html', `<title>${NAMED}</title>`),
  'JSON that is cut': say(200, 'application/json', `{"resourceType":"Patient","name":"${NAMED}`),
  'odd DICOM JSON': say(200, 'application/dicom+json', dicomJson),
  'the outcome as success': say(200, 'application/fhir+json', outcome),
  'two patients': say(200, 'application/fhir+json', patients),
  'text as multipart': say(
    200,
    `multipart/related; type="application/dicom"; boundary=b`,
    `--b\r\n${NAMED}: ${NAMED}\r\n\r\n${NAMED}`,
  ),
  'cut off': (response) => {
    response.writeHead(200, { 'content-type': 'application/dicom+json', 'content-length': '9999' })
    response.write(NAMED, () => response.destroy())
  },
}

let server: Server
let url: string
let answer: Answer
beforeAll(async () => {
  server = createServer((request: IncomingMessage, response) => {
    request.resume()
    request.on('error', () => undefined)
    answer(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${'peer'}`
})
afterAll(() => {
  server?.closeAllConnections()
  server?.close()
})

const drained = async (files: AsyncIterable<unknown>) => {
  for await (const _ of files);
}
const object = buildInstance({ study: STUDY, instance: `${STUDY}.1.1`, ...PATIENT, accession: ACCESSION })

describe('no patient data gets out', () => {
  it.each(Object.entries(ANSWERS))('when the archive answers with %s', async (_name, given) => {
    answer = given
    const archive: ImageArchive = createDicomWebClient({
      url,
      auth: { type: 'basic', username: 'u', password: 's3cr3t-pass' },
      timeoutMs: 5000,
      log,
    })
    const codes = [
      await tell(() => archive.searchStudies({ from: '20260101', to: '20260301' } as never)),
      await tell(() => archive.searchInstances(STUDY)),
      await tell(() => archive.retrieveMetadata(STUDY)),
      await tell(() => drained(archive.retrieveSeries(STUDY, `${STUDY}.1`, [`${STUDY}.1.1`]))),
      await tell(() => archive.store(STUDY, [object])),
      await tell(() => archive.retrieveInstance(STUDY, `${STUDY}.1`, `${STUDY}.1.1`)),
    ]
    expect(codes.filter((code) => code !== undefined).length).toBeGreaterThan(2)
    expect(codes).not.toContain('INTERNAL')
    expectSilence()
  })

  it.each(Object.entries(ANSWERS))('when the EHR answers with %s', async (_name, given) => {
    answer = given
    const options = { ...recordOptions(url), log, timeoutMs: 5000, sleep: async () => undefined, random: () => 0 }
    const records = createClinicalRecords(options)
    const ehr = records.forStudy({ studyInstanceUid: STUDY })
    const report = sampleReport({ patient: PATIENT })
    const codes = [
      await tell(() => ehr.matchPatient(PATIENT)),
      await tell(() => ehr.matchPatient(PATIENT, `Patient/${PATIENT.patientId}`)),
      await tell(() => ehr.isUrgentOrder?.(ACCESSION)),
      await tell(() => ehr.clinicalFacts?.('Patient/1', '20260301')),
      await tell(() => ehr.tissueResults?.('Patient/1')),
      await tell(() => records.patientsOfList?.('board')),
      await tell(() => ehr.postReport(report)),
    ]
    expect(codes.filter((code) => code !== undefined).length).toBeGreaterThan(1)
    expect(codes).not.toContain('INTERNAL')
    expectSilence()
  })

  it('when a file is damaged, wherever that is', async () => {
    const codes = new Set<string | undefined>()
    const bytes = Buffer.from(object.bytes)
    for (let at = 132; at < Math.min(bytes.length, 1400); at += 3) {
      const damaged = Buffer.from(bytes)
      damaged[at] = damaged[at]! ^ 0xff
      codes.add(await tell(() => patientIdentity(studyOf(readPart10(damaged).dataset))))
      codes.add(await tell(() => studyIdentity(studyOf(readPart10(damaged).dataset))))
      codes.add(await tell(() => readPart10(bytes.subarray(0, at))))
      codes.add(
        await tell(() => {
          const plan = planSeries(studyOf(readPart10(damaged).dataset).series[0]!)
          return readVolumeHere(plan, filesOf(damaged))
        }),
      )
    }
    expect(codes.size).toBeGreaterThan(2)
    expectSilence()
  })

  it('when images name two patients, or none', async () => {
    const other = buildInstance({
      study: STUDY,
      instance: `${STUDY}.1.2`,
      patientName: 'Verschwiegen^X',
      patientId: 'Q55512399',
    })
    const nobody = buildInstance({ study: STUDY, instance: `${STUDY}.1.3`, patientName: NAMED, patientId: '' })
    const [one, two, three] = [object, other, nobody].map(({ bytes }) => readPart10(bytes).dataset)
    expect(await tell(() => patientIdentity(studyOf(one!, two!)))).toBe('PATIENT_MIXED')
    expect(await tell(() => patientIdentity(studyOf(three!)))).toBe('PATIENT_ID_MISSING')
    expectSilence()
  })

  it('when a library, the database or the runtime throws what it was given', async () => {
    const nested = new Error(NAMED, { cause: new TypeError(NAMED) })
    nested.name = 'PostgresError'
    const pg = Object.assign(new Error(`duplicate key value (${NAMED})`), {
      code: '23505',
      detail: NAMED,
      where: NAMED,
    })
    for (const thrown of [nested, new SyntaxError(NAMED), new RangeError(NAMED), NAMED, { message: NAMED }, null, pg]) {
      expect(await tell(() => Promise.reject(thrown))).toBe('INTERNAL')
      expect(await tell(() => Promise.reject(databaseError(thrown)))).toBe('INTERNAL')
    }
    expectSilence()
  })

  it('when settings quote it', async () => {
    const odd = {
      pacs: { url: NAMED, auth: { type: 'basic', username: 'u', password: 's3cr3t-pass' } },
      ehr: {},
      rules: NAMED,
    }
    expect(await tell(() => parseSettings(odd, {}))).toBe('SETTINGS_INVALID')
    expectSilence()
  })

  it('when a request carries it, and whatever error answers it', async () => {
    const requests: [string, RequestInit?][] = [
      [`/analyses/${encodeURIComponent(NAMED)}`],
      [`/api/analyses/${encodeURIComponent(NAMED)}/events?patient=${encodeURIComponent(NAMED)}`],
      [`/api/analyses?limit=${encodeURIComponent(NAMED)}`],
      [`/${encodeURIComponent(NAMED)}`],
      ['/api/board', { method: 'POST', body: JSON.stringify({ patients: NAMED }) }],
      ['/api/board', { method: 'POST', body: `{"patients": [{"patientId": "${NAMED}` }],
      [
        '/hints/webhook',
        { method: 'POST', body: NAMED, headers: { 'x-signature': 'no', authorization: `Bearer ${PATIENT.patientId}` } },
      ],
    ]
    const headers = { 'content-type': 'application/json' }
    for (const code of Object.keys(ERRORS) as ErrorCode[]) {
      const failing = async () =>
        Promise.reject(code === 'INTERNAL' ? new Error(NAMED) : new AppError(code, 'of 1.2.3'))
      const { app, deps } = sampleApp(
        { hookSecret: 's3cr3t-pass' },
        { deps: { log, ready: failing, metrics: failing } },
      )
      deps.analyses.get = failing
      for (const [path, init] of code === 'INTERNAL' ? requests : requests.slice(0, 1)) {
        const response = await app.request(`http://localhost${path}`, {
          ...init,
          headers: { ...headers, ...init?.headers },
        })
        said.push(
          JSON.stringify([...response.headers]),
          (await response.text()).replaceAll(encodeURIComponent(NAMED), ''),
        )
      }
      for (const path of ['/readyz', '/metrics']) said.push(await (await app.request(`http://localhost${path}`)).text())
    }
    expect(said.length).toBeGreaterThan(100)
    expectSilence()
  })

  it('when fields of lines and spans are given it', async () => {
    const collector = await startTraceCollector()
    const tracing = openTracing({ url: collector.url, version: '0', log })
    const fields = {
      patientName: NAMED,
      studyInstanceUid: NAMED,
      code: NAMED,
      error: PATIENT.patientName,
      step: NAMED,
      age: 7700412345,
    }
    log.error(fields, 'odd')
    await tell(() =>
      tracing.span('odd', fields, () => Promise.reject(new Error(NAMED)), { study: STUDY, askedBy: NAMED }),
    )
    await tracing.close()
    expect(collector.spans).toHaveLength(1)
    said.push(...collector.bodies)
    expectSilence()
    await collector.close()
  })
})

it('sees what must not be said', () => {
  said.push(`patient ${PATIENT.patientName}`)
  expect(expectSilence).toThrow()
})

function studyOf(...datasets: ReturnType<typeof readPart10>['dataset'][]): Parameters<typeof patientIdentity>[0] {
  const instances = datasets.map((dataset, n) => ({
    sopInstanceUid: `${STUDY}.1.${n + 1}`,
    dataset,
    metadata: dataset,
  }))
  return {
    studyInstanceUid: STUDY,
    series: [{ seriesInstanceUid: `${STUDY}.1`, modality: 'MR', instances }],
  } as unknown as Parameters<typeof patientIdentity>[0]
}

async function* filesOf(...files: Uint8Array[]) {
  yield* files
}
