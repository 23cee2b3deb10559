// A person's decision whose writing is killed at any request: repeated, it is in the EHR exactly once. Dozens of EHRs, one for each request.
import type { WithId } from '@medplum/core'
import type { Resource } from '@medplum/fhirtypes'
import { beforeAll, describe, expect, it } from 'vitest'
import { startDemoEhr } from '../../demo/ehr/ehr-server.ts'
import { callOf, type Review } from '../../src/domain/review.ts'
import type { WriteSettings } from '../../src/fhir/writing/capability.ts'
import { createClinicalRecord } from '../support/clinical-record.ts'
import { dyingFetch } from '../support/faulty-ehr.ts'
import { recordOptions, sampleReport } from '../support/fhir-report.ts'
import { contents, list, portrait } from '../support/fhir-server.ts'
import { startSampleEhr } from '../support/sample-ehr.ts'

const report = sampleReport()
const { analysisId, measurements, predictions } = report.result
const volume = measurements.find(({ region }) => region === 'ET')!
const idh = predictions.find(({ head }) => head === 'idh')!
const decision: Review = {
  reviewId: 'r1',
  analysisId,
  number: 1,
  at: '2026-03-02T10:11:12.000Z',
  decision: 'accept-with-edits',
  reviewer: { identifier: 'P-77', system: 'https://hospital.example/staff', name: 'Dr <Nine> & Co' },
  edits: [
    { target: `measurement.${volume.region}`, from: volume.value, to: 7.25, reason: 'A vessel was outlined' },
    { target: 'prediction.idh', from: callOf(idh), to: 'indeterminate', reason: 'Not typical' },
  ],
}

const record = (send: typeof fetch, url: string, write: WriteSettings) =>
  createClinicalRecord({
    ...recordOptions(url),
    fetch: send,
    write,
    sleep: async () => {},
    now: () => new Date('2026-03-02T10:12:00.000Z'),
  })
const review = (send: typeof fetch, url: string, write: WriteSettings) =>
  record(send, url, write).postReview!(report, decision, {
    pdf: new TextEncoder().encode('%PDF-1.7 review 1'),
    dicomResults: report.dicomResults.map((object) =>
      object.role === 'pdf' ? { ...object, sopInstanceUid: '1.2.3.1' } : object,
    ),
  })

describe.each(['transaction', 'single'] as const)('a review that is killed, %s', (rung) => {
  const write: WriteSettings = { rung }
  let whole: { requests: number; portrait: string[] }
  let posted: WithId<Resource>[]
  beforeAll(async () => {
    const fresh = await startSampleEhr()
    await record(fetch, fresh.url, write).postReport(report)
    posted = [...(await list(fresh.url, 'Patient')), ...(await contents(fresh.url))] as WithId<Resource>[]
    const counting = dyingFetch(Number.POSITIVE_INFINITY, 'after')
    await review(counting.fetch, fresh.url, write)
    whole = { requests: counting.count(), portrait: portrait(await contents(fresh.url)) }
    await fresh.close()
  })

  it.each(['before', 'after'] as const)(
    'at any request, %s the server saw it, is completed by the next one',
    async (moment) => {
      for (let k = 0; k < whole.requests; k += 1) {
        const fresh = await startDemoEhr({ contents: posted })
        await expect(review(dyingFetch(k, moment).fetch, fresh.url, write)).rejects.toMatchObject({
          name: 'AppError',
        })
        await review(fetch, fresh.url, write)
        expect(portrait(await contents(fresh.url))).toEqual(whole.portrait)
        await fresh.close()
      }
    },
  )
})
