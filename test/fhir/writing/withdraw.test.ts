// A later analysis has replaced a report that nobody reviewed: in the EHR one of them is the current one, and the other says that it is not.
import type {
  DiagnosticReport,
  DocumentReference,
  Media,
  Observation,
  Resource,
  RiskAssessment,
} from '@medplum/fhirtypes'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createClinicalRecord } from '../../support/clinical-record.ts'
import { recordOptions, sampleReport } from '../../support/fhir-report.ts'
import { list, update } from '../../support/fhir-server.ts'
import { type DemoEhr, startSampleEhr } from '../../support/sample-ehr.ts'

const first = sampleReport()
const later = { ...first, result: { ...first.result, analysisId: 'b'.repeat(32) } }

let ehr: DemoEhr
beforeEach(async () => {
  ehr = await startSampleEhr()
})
afterEach(() => ehr.close())

const record = () => createClinicalRecord({ ...recordOptions(ehr.url), sleep: async () => {} })
const of = async <T extends Resource>(type: T['resourceType']) => list<T>(ehr.url, type)
const isOf = (analysisId: string) => (resource: { identifier?: { value?: string }[] | { value?: string } }) =>
  JSON.stringify(resource.identifier ?? '').includes(analysisId)
async function statuses(analysisId: string) {
  const documents = (await of<DocumentReference>('DocumentReference')).filter(isOf(analysisId))
  const reports = (await of<DiagnosticReport>('DiagnosticReport')).filter(isOf(analysisId))
  const observations = (await of<Observation>('Observation')).filter(isOf(analysisId))
  const risks = (await of<RiskAssessment>('RiskAssessment')).filter(isOf(analysisId))
  const all = (resources: { status?: string | undefined }[]) => [...new Set(resources.map(({ status }) => status))]
  expect([reports.length, observations.length > 3]).toEqual([1, true])
  return { report: reports[0]!, of: [all(reports), all(observations), all(risks), all(documents)] }
}

describe('a report that a later analysis replaced', () => {
  it('is withdrawn with all that it wrote, says so first, and leaves the later one as it is', async () => {
    const receipt = await record().postReport(first)
    await record().postReport(later)
    await record().withdrawReport!(first, receipt)
    const before = await statuses(first.result.analysisId)
    expect(before.of).toEqual([['cancelled'], ['cancelled'], ['cancelled'], ['superseded']])
    expect(before.report.conclusion).toMatch(/^Withdrawn: a later analysis of this study/)
    expect(before.report.text?.div).toMatch(/^<div[^>]*><p><b>Withdrawn: a later analysis/)
    // The values stay readable, and what was said of their standing before is not said as well.
    for (const text of [before.report.conclusion, before.report.text?.div])
      expect([
        text?.match(/Tumour core: 24\.5 mL \(uncertainty not estimated\)/g)?.length,
        /preliminary|not reviewed/i.test(text ?? ''),
      ]).toEqual([1, false])
    expect((await statuses(later.result.analysisId)).of).toEqual([
      ['preliminary'],
      ['preliminary'],
      ['preliminary'],
      ['current'],
    ])
    // Again changes nothing.
    await record().withdrawReport!(first, receipt)
    expect((await statuses(first.result.analysisId)).report.meta?.versionId).toBe(before.report.meta?.versionId)
  })

  it('takes its key pictures with it, once, and no others', async () => {
    const keyImages = [
      { sequence: 'T1c' as const, alternative: 'T1 after contrast', png: Uint8Array.of(137, 80, 78, 71) },
    ]
    const [before, after] = [first, later].map((report) => ({ ...report, keyImages }))
    const receipt = await record().postReport(before!)
    await record().postReport(after!)
    const pictures = async (analysisId: string) =>
      (await of<Media>('Media')).filter(isOf(analysisId)).map(({ status, meta }) => `${status} ${meta?.versionId}`)
    const withdraw = async () => {
      await record().withdrawReport!(first, receipt)
      return pictures(first.result.analysisId)
    }
    const withdrawn = await withdraw()
    expect(withdrawn).toEqual([expect.stringMatching(/^entered-in-error /)])
    expect(await withdraw()).toEqual(withdrawn)
    expect(await pictures(later.result.analysisId)).toEqual([expect.stringMatching(/^completed /)])
  })

  it('is found by its identifier when the answer to its delivery was lost', async () => {
    const { patient = '' } = await record().postReport(first)
    await record().withdrawReport!(first, { patient })
    const { of: withdrawn } = await statuses(first.result.analysisId)
    expect([withdrawn[0], withdrawn[1], withdrawn[3]]).toEqual([['cancelled'], ['cancelled'], ['superseded']])
  })

  it('stands when a person has signed it in the EHR', async () => {
    const receipt = await record().postReport(first)
    const { report } = await statuses(first.result.analysisId)
    await update(ehr.url, { ...report, status: 'final' })
    await record().withdrawReport!(first, receipt)
    expect((await statuses(first.result.analysisId)).of[0]).toEqual(['final'])
  })
})
