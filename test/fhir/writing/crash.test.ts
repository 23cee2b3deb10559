// A process killed between any two HTTP requests, and the same report posted again: the same resources, nothing twice.
import type { Resource } from '@medplum/fhirtypes'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createClinicalRecord } from '../../support/clinical-record.ts'
import { dyingFetch } from '../../support/faulty-ehr.ts'
import { recordOptions, sampleReport } from '../../support/fhir-report.ts'
import { census, contents, portrait } from '../../support/fhir-server.ts'
import { type DemoEhr, startSampleEhr, WHOLE_REPORT } from '../../support/sample-ehr.ts'

/** Every attempt at one time, so that what they leave can be compared. */
const WRITTEN = new Date('2025-01-31T16:45:00.000Z')

/** Of an undisturbed first post: patient, what the server can do, the order, three shared or anchoring resources looked for and created, four searches, a transaction, seven searches. */
const REQUESTS = 21

describe('a post that is killed at any request', () => {
  let whole: Promise<{ requests: number; portrait: string[] }>
  beforeAll(() => {
    whole = reference()
  })
  let ehr: DemoEhr
  beforeEach(async () => {
    ehr = await startSampleEhr()
  })
  afterEach(() => ehr.close())

  const post = (send: typeof fetch, report = sampleReport()) =>
    createClinicalRecord({
      ...recordOptions(ehr.url),
      now: () => WRITTEN,
      fetch: send,
      sleep: async () => {},
    }).postReport(report)

  async function reference(): Promise<{ requests: number; portrait: string[] }> {
    const fresh = await startSampleEhr()
    const counting = dyingFetch(Number.POSITIVE_INFINITY, 'after')
    const record = createClinicalRecord({
      ...recordOptions(fresh.url),
      now: () => WRITTEN,
      fetch: counting.fetch,
    })
    await record.postReport(sampleReport())
    const resources = await contents(fresh.url)
    await fresh.close()
    return { requests: counting.count(), portrait: portrait(resources) }
  }

  it('sends as many requests as this file kills', async () => {
    expect((await whole).requests).toBe(REQUESTS)
    await post(fetch)
  })

  const cases = (['before', 'after'] as const).flatMap((moment) =>
    Array.from({ length: REQUESTS }, (_, k) => ({ moment, k })),
  )
  it.each(cases)(
    'is completed by the next one: request $k, killed $moment the server saw it',
    async ({ moment, k }) => {
      await expect(post(dyingFetch(k, moment).fetch)).rejects.toMatchObject({ name: 'AppError' })
      await post(fetch)
      const resources: Resource[] = await contents(ehr.url)
      expect(census(resources)).toEqual(WHOLE_REPORT)
      expect(portrait(resources)).toEqual((await whole).portrait)
    },
  )

  const lastOnes = Array.from({ length: 8 }, (_, i) => REQUESTS - 8 + i)
  it.each(lastOnes)('leaves no second Binary behind a large PDF, killed at request %i', async (k) => {
    const report = sampleReport({}, 600_000)
    await expect(post(dyingFetch(k, 'after').fetch, report)).rejects.toMatchObject({ name: 'AppError' })
    await post(fetch, report)
    expect(census(await contents(ehr.url))).toEqual({ ...WHOLE_REPORT, Binary: 1 })
  })

  it('restores a resource that was deleted, once, even for four posts at a time', async () => {
    const receipt = await post(fetch)
    const deleted = await fetch(`${ehr.url}/${receipt.provenance}`, { method: 'DELETE' })
    expect(deleted.status).toBe(200)
    await Promise.all([1, 2, 3, 4].map(() => post(fetch)))
    expect(census(await contents(ehr.url))).toEqual(WHOLE_REPORT)
  })
})
