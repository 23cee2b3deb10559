// What every FHIR R4 server must give the ClinicalRecord port. Run on the demo EHR in `npm test`, on any server by its base URL.
import { createHash, randomBytes } from 'node:crypto'
import type {
  Communication,
  DiagnosticReport,
  DocumentReference,
  Observation,
  Provenance,
  Resource,
} from '@medplum/fhirtypes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../src/domain/errors.ts'
import type { ClinicalRecord, EhrReport } from '../../src/domain/ports/clinical-record.ts'
import type { EhrAuth } from '../../src/fhir/connection/auth-settings.ts'
import { createClinicalRecord } from '../support/clinical-record.ts'
import { ANALYSIS_SYSTEM, MRN_SYSTEM, PATIENT, recordOptions, sampleReport } from '../support/fhir-report.ts'
import { create, list, patientWith, readJson, update } from '../support/fhir-server.ts'

export interface ServerUnderTest {
  url: string
  auth: EhrAuth
  /** Authorization for reading past our own client. */
  headers?: Record<string, string>
  close(): Promise<void>
}

/** A patient and a report that no other test, and no earlier run on the same server, has seen. */
function freshReport(pdfBytes?: number): { mrn: string; report: EhrReport } {
  const unique = randomBytes(8).toString('hex')
  const mrn = `MRN-${unique}`
  const sample = sampleReport({}, pdfBytes)
  const study = { ...sample.result.study, studyInstanceUid: `2.25.${BigInt(`0x${unique}`)}` }
  const bundle = { ...sample.result.bundle, digest: createHash('sha256').update(unique).digest('hex') }
  const result = {
    ...sample.result,
    study,
    bundle,
    analysisId: `${unique}${unique}`,
    patient: { ...PATIENT, patientId: mrn },
  }
  return { mrn, report: { ...sample, result } }
}

export function describeClinicalRecord(name: string, start: () => Promise<ServerUnderTest>): void {
  describe(`ClinicalRecord on ${name}`, () => {
    let server: ServerUnderTest
    // A Java server on a busy machine takes its time.
    beforeAll(async () => {
      server = await start()
    }, 900_000)
    afterAll(() => server?.close())

    const client = (): ClinicalRecord =>
      createClinicalRecord({
        ...recordOptions(server.url),
        auth: server.auth,
      })
    const read = <T extends Resource>(reference: string) => readJson<T>(`${server.url}/${reference}`, server.headers)
    const find = <T extends Resource>(query: string) => list<T>(server.url, query, server.headers)
    const add = <T extends Resource>(resource: T) => create(server.url, resource, server.headers)

    async function known(pdfBytes?: number): Promise<{ report: EhrReport; patient: string }> {
      const { mrn, report } = freshReport(pdfBytes)
      const { id } = await add(patientWith(MRN_SYSTEM, mrn))
      return { report, patient: `Patient/${id}` }
    }

    async function rejection(promise: Promise<unknown>): Promise<ErrorCode | undefined> {
      return promise.then(
        () => undefined,
        (error: { code: ErrorCode }) => error.code,
      )
    }

    it('matches exactly one patient, by identifier, birth date, sex and name', async () => {
      const { report, patient } = await known()
      expect(await client().matchPatient(report.result.patient)).toBe(patient)
    })

    it('posts a notice once however often it is asked to, under the patient or about nobody', async () => {
      const { report, patient } = await known()
      const receipt = await client().postReport(report)
      const unique = report.result.analysisId
      const result = {
        noticeId: unique,
        createdAt: '2026-03-01T03:00:00.000Z',
        urgent: true,
        sentences: ['The result of an urgent study is ready.', 'Research use only.'],
        patient,
        report: receipt.diagnosticReport!,
      }
      const first = await client().postNotice!(result)
      expect(await client().postNotice!(result)).toEqual(first)
      const found = await find<Communication>(`Communication?subject=${patient}`)
      expect(found).toHaveLength(1)
      expect(found[0]).toMatchObject({
        status: 'completed',
        priority: 'stat',
        about: [{ reference: receipt.diagnosticReport }],
        payload: result.sentences.map((contentString) => ({ contentString })),
      })
      const alert = {
        noticeId: `${unique}-2`,
        createdAt: result.createdAt,
        urgent: false,
        sentences: ['1 thing stands still.'],
      }
      const { communication } = await client().postNotice!(alert)
      expect((await client().postNotice!(alert)).communication).toBe(communication)
      const standing = await read<Communication>(communication!)
      expect([standing.subject, standing.category?.[0]?.coding?.[0]?.code]).toEqual([undefined, 'alert'])
    })

    it('holds a patient who is not there, there twice, or another one', async () => {
      const absent = freshReport().report.result.patient
      expect(await rejection(client().matchPatient(absent))).toBe('PATIENT_NOT_FOUND')
      const { report } = await known()
      const identity = report.result.patient
      expect(await rejection(client().matchPatient({ ...identity, patientBirthDate: '19610308' }))).toBe(
        'PATIENT_MISMATCH',
      )
      await add(patientWith(MRN_SYSTEM, identity.patientId))
      expect(await rejection(client().matchPatient(identity))).toBe('PATIENT_AMBIGUOUS')
    })

    it('writes every resource once, linked, preliminary and labelled', async () => {
      const { report, patient } = await known()
      const receipt = await client().postReport(report)
      const reportResource = await read<DiagnosticReport>(receipt.diagnosticReport!)
      expect(reportResource.status).toBe('preliminary')
      expect(reportResource.subject?.reference).toBe(patient)
      expect(reportResource.result).toHaveLength(7)
      expect(reportResource.imagingStudy?.[0]?.reference).toBe(receipt.imagingStudy)
      const observations = await find<Observation>(`Observation?subject=${patient}`)
      expect(observations).toHaveLength(7)
      for (const type of ['DiagnosticReport', 'RiskAssessment', 'DocumentReference', 'ImagingStudy']) {
        expect(await find(`${type}?subject=${patient}`), type).toHaveLength(1)
      }
      const tag = encodeURIComponent(`${ANALYSIS_SYSTEM}|${report.result.analysisId}`)
      expect(await find(`Provenance?_tag=${tag}`)).toHaveLength(1)
      for (const reference of Object.values(receipt).filter((r) => r !== patient)) {
        const security = (await read(reference)).meta?.security ?? []
        expect(
          security.map((label) => label.code),
          reference,
        ).toContain('AIAST')
      }
      const provenance = await read<Provenance>(receipt.provenance!)
      expect(provenance.target.map((target) => target.reference).toSorted()).toEqual(
        Object.entries(receipt)
          .filter(([role]) => !['patient', 'device', 'imagingStudy', 'provenance'].includes(role))
          .map(([, reference]) => reference)
          .toSorted(),
      )
    })

    it('posts again without a new version', async () => {
      const { report } = await known()
      const first = await client().postReport(report)
      const versions = async () =>
        Promise.all(Object.values(first).map(async (reference) => (await read(reference)).meta?.versionId))
      const before = await versions()
      expect(await client().postReport(report)).toEqual(first)
      expect(await versions()).toEqual(before)
    })

    it('posts four times at once, and there is one of each', async () => {
      const { report, patient } = await known()
      const receipts = await Promise.all([1, 2, 3, 4].map(() => client().postReport(report)))
      for (const receipt of receipts) expect(receipt).toEqual(receipts[0])
      expect(await find(`Observation?subject=${patient}`)).toHaveLength(7)
      for (const type of ['DiagnosticReport', 'RiskAssessment', 'DocumentReference', 'ImagingStudy']) {
        expect(await find(`${type}?subject=${patient}`), type).toHaveLength(1)
      }
      const [system, value] = [
        'https://gliabridge.org/fhir/NamingSystem/bundle',
        report.result.bundle.digest.slice(0, 16),
      ]
      const device = encodeURIComponent(`${system}|glioma-small.1-4-0.${value}`)
      expect(await find(`Device?identifier=${device}`)).toHaveLength(1)
    })

    it('leaves a report alone that a person has signed', async () => {
      const { report } = await known()
      const receipt = await client().postReport(report)
      const signed = await read<DiagnosticReport>(receipt.diagnosticReport!)
      await update(server.url, { ...signed, status: 'final', conclusion: 'Signed by a radiologist.' }, server.headers)
      const before = await read<DiagnosticReport>(receipt.diagnosticReport!)
      const changed = {
        ...report,
        result: { ...report.result, quality: [{ code: 'x', severity: 'info' as const, text: 'new' }] },
      }
      expect(await client().postReport(changed)).toEqual(receipt)
      const after = await read<DiagnosticReport>(receipt.diagnosticReport!)
      expect(after).toEqual(before)
    })

    it('puts a large PDF up once, byte for byte', async () => {
      const { report } = await known(700_000)
      const receipt = await client().postReport(report)
      const { attachment } = (await read<DocumentReference>(receipt.documentReference!)).content[0]!
      expect(attachment.size).toBe(report.pdf.byteLength)
      expect(attachment.hash).toBe(createHash('sha1').update(report.pdf).digest('base64'))
      const url = new URL(attachment.url!.replace(/^\//, ''), `${server.url}/`).href
      const bytes = await fetch(url, { headers: { accept: 'application/pdf', ...server.headers } }).then((r) =>
        r.arrayBuffer(),
      )
      expect(Buffer.from(bytes).equals(report.pdf)).toBe(true)
      await client().postReport(report)
      expect((await read<DocumentReference>(receipt.documentReference!)).content[0]!.attachment.url).toBe(
        attachment.url,
      )
    })

    it('shares bundle and study between two analyses', async () => {
      const { report } = await known()
      const first = await client().postReport(report)
      const second = await client().postReport({
        ...report,
        result: { ...report.result, analysisId: `${report.result.analysisId}b` },
      })
      expect(second.device).toBe(first.device)
      expect(second.imagingStudy).toBe(first.imagingStudy)
      expect(second.diagnosticReport).not.toBe(first.diagnosticReport)
    })

    it("holds a study that is another patient's in the EHR", async () => {
      const { report } = await known()
      await client().postReport(report)
      const { mrn, report: other } = freshReport()
      await add(patientWith(MRN_SYSTEM, mrn))
      const stolen = { ...other, result: { ...other.result, study: report.result.study } }
      expect(await rejection(client().postReport(stolen))).toBe('PATIENT_MISMATCH')
    })
  })
}
