// Every rung of the ladder under every fault: in the end one report, whole, and nothing ever written twice.
import type { DiagnosticReport, DocumentReference, Resource } from '@medplum/fhirtypes'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AppError, asAppError } from '../../../src/domain/errors.ts'
import type { EhrReceipt } from '../../../src/domain/ports/clinical-record.ts'
import type { WriteLedger } from '../../../src/domain/ports/write-ledger.ts'
import type { WriteSettings } from '../../../src/fhir/writing/capability.ts'
import { createMemoryLedger } from '../../../src/fhir/writing/ledger.ts'
import { createClinicalRecord } from '../../support/clinical-record.ts'
import { recordOptions, sampleReport } from '../../support/fhir-report.ts'
import { census, contents, create, list } from '../../support/fhir-server.ts'
import { type Kind, ladderServer, type WriteFault } from '../../support/ladder-server.ts'
import { type DemoEhr, startSampleEhr, WHOLE_REPORT } from '../../support/sample-ehr.ts'

const EXPECTED: Record<Kind, Record<string, number>> = {
  transaction: WHOLE_REPORT,
  conditional: WHOLE_REPORT,
  plain: WHOLE_REPORT,
  document: { DocumentReference: 1 },
}
/** Writes of an undisturbed first post. */
const WRITES: Record<Kind, number> = { transaction: 4, conditional: 14, plain: 14, document: 1 }
const KINDS = Object.keys(WRITES) as Kind[]

describe('the ladder', () => {
  let ehr: DemoEhr
  let now: number
  let ledger: WriteLedger
  beforeEach(async () => {
    ehr = await startSampleEhr()
    now = Date.parse('2025-02-01T00:00:00Z')
    ledger = createMemoryLedger(() => new Date(now))
  })
  afterEach(() => ehr.close())

  const clientOf = (send: typeof fetch, write?: WriteSettings) =>
    createClinicalRecord({
      ...recordOptions(ehr.url),
      ledger,
      fetch: send,
      sleep: async () => new Promise((resolve) => setTimeout(resolve, 1)),
      now: () => new Date(now),
      ...(write && { write }),
    })

  /** Like the pipeline: later again, by a new process with the same ledger, as long as the error says so. */
  async function deliver(send: typeof fetch, secondsBetween = 5): Promise<{ receipt: EhrReceipt; errors: AppError[] }> {
    const errors: AppError[] = []
    for (;;) {
      try {
        return { receipt: await clientOf(send).postReport(sampleReport()), errors }
      } catch (thrown) {
        const error = asAppError(thrown)
        if (error.class === 'hold' || error.class === 'permanent' || errors.length === 8) throw error
        errors.push(error)
        now += Math.max(secondsBetween, error.retryAfterSeconds ?? 0) * 1000
      }
    }
  }

  async function expectWhole(kind: Kind): Promise<Resource[]> {
    const resources = await contents(ehr.url)
    expect(census(resources)).toEqual(EXPECTED[kind])
    return resources
  }

  describe.each(KINDS)('%s', (kind) => {
    it('writes the report, says where, and writes nothing at a repetition', async () => {
      const server = ladderServer(ehr.url, kind)
      const { receipt } = await deliver(server.fetch)
      const before = await expectWhole(kind)
      expect(server.writes).toHaveLength(WRITES[kind])
      expect(Object.keys(receipt)).toHaveLength(before.length + 1)
      const updates = server.writes.filter(({ method }) => method === 'PUT')
      for (const { headers } of updates) expect(headers.get('if-match')).toMatch(/^W\/"/)
      expect((await deliver(server.fetch)).receipt).toEqual(receipt)
      expect(server.writes).toHaveLength(WRITES[kind])
      expect(await contents(ehr.url)).toEqual(before)
      const [report] = before.filter((r) => r.resourceType === 'DiagnosticReport')
      if (report) expect(report).toMatchObject({ status: 'preliminary', result: Array(7).fill(expect.anything()) })
    })

    // Where no condition protects a create, each one is tried; elsewhere every third.
    const step = kind === 'conditional' ? 3 : 1
    const lost = Array.from({ length: WRITES[kind] }, (_, index) => index).filter((index) => index % step === 0)
    it.each(lost)('loses the answer to write %i: read, and not written twice', async (index) => {
      const server = ladderServer(ehr.url, kind, (write) => (write.index === index ? { kind: 'lost' } : undefined))
      await deliver(server.fetch)
      await expectWhole(kind)
      // The one that was lost was done, so no write is ever needed again.
      expect(server.writes).toHaveLength(WRITES[kind])
    })

    const middle = Math.floor(WRITES[kind] / 2)
    const some = kind === 'plain' ? [0, middle, WRITES[kind] - 1] : [middle]
    const faults: [string, WriteFault, string | undefined][] = [
      ['412', { kind: 'refuse', status: 412 }, undefined],
      ['409', { kind: 'refuse', status: 409 }, undefined],
      ['429 with Retry-After', { kind: 'refuse', status: 429, headers: { 'retry-after': '40' } }, 'EHR_THROTTLED'],
      ['503', { kind: 'refuse', status: 503 }, 'EHR_ERROR'],
      ['500 after it was done', { kind: 'done', status: 500 }, 'EHR_ERROR'],
    ]
    it.each(some.flatMap((index) => faults.map(([name, fault, code]) => ({ index, name, fault, code }))))(
      'write $index answers $name: one report in the end',
      async ({ index, fault, code }) => {
        let left = 1
        const server = ladderServer(ehr.url, kind, (write) => (write.index === index && left-- > 0 ? fault : undefined))
        const started = now
        const { errors } = await deliver(server.fetch, 700)
        await expectWhole(kind)
        expect(errors.map((error) => error.code)).toEqual(code ? [code] : [])
        if (code === 'EHR_THROTTLED') expect(errors[0]?.retryAfterSeconds).toBe(40)
        expect(now > started).toBe(code !== undefined)
        expect(server.writes).toHaveLength(WRITES[kind] + (fault.kind === 'refuse' ? 1 : 0))
      },
    )

    it('is asked for by four at once, twice: one report', async () => {
      const server = ladderServer(ehr.url, kind)
      const shared = clientOf(server.fetch)
      const posts = [
        deliver(server.fetch),
        deliver(server.fetch),
        shared.postReport(sampleReport()),
        shared.postReport(sampleReport()),
      ]
      const outcomes = await Promise.allSettled(posts)
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') expect(asAppError(outcome.reason).class).not.toBe('hold')
      await deliver(server.fetch)
      await expectWhole(kind)
    })
  })

  it('plain: while the outcome of a create is open and nothing is found, nothing is sent again', async () => {
    const server = ladderServer(ehr.url, 'plain', ({ type }) =>
      type === 'Observation' ? { kind: 'refuse', status: 500 } : undefined,
    )
    const attempt = () => clientOf(server.fetch).postReport(sampleReport())
    const sent = () => server.writes.filter(({ type }) => type === 'Observation').length
    await expect(attempt()).rejects.toMatchObject({ code: 'EHR_ERROR' })
    expect(sent()).toBe(1)
    now += 300_000
    await expect(attempt()).rejects.toMatchObject({ code: 'EHR_CONFLICT', class: 'transient' })
    expect(sent()).toBe(1)
    now += 301_000
    await expect(attempt()).rejects.toMatchObject({ code: 'EHR_ERROR' })
    expect(sent()).toBe(2)
  })

  it('plain: what a search does not show yet is read by the ledger', async () => {
    const server = ladderServer(ehr.url, 'plain')
    await deliver(server.fetch)
    const lagging: typeof fetch = async (input, init) =>
      /\/(Observation|DocumentReference|Device)\?/.test(String(input))
        ? Response.json({ resourceType: 'Bundle', type: 'searchset' })
        : server.fetch(input, init)
    await deliver(lagging)
    expect(server.writes).toHaveLength(WRITES.plain)
    await expectWhole('plain')
  })

  it('a ledger entry that leads to something else, or to nothing, is not believed', async () => {
    const { bundle } = sampleReport().result
    const system = 'https://gliabridge.org/fhir/NamingSystem/bundle'
    const value = `${bundle.id}.1-4-0.${bundle.digest.slice(0, 16)}`
    const other = await create(ehr.url, { resourceType: 'Device', identifier: [{ system, value: 'another.bundle' }] })
    await ledger.record(`${ehr.url} Device ${system}|${value}`, { reference: `Device/${other.id}` })
    await ledger.record(`${ehr.url} ImagingStudy urn:dicom:uid|urn:oid:1.2.826.0.1.3680043.10.1234.77.1`, {
      reference: 'ImagingStudy/gone',
    })
    // What was written a moment ago may not be readable yet, and is not written again.
    await expect(deliver(ladderServer(ehr.url, 'plain').fetch)).rejects.toMatchObject({ code: 'EHR_CONFLICT' })
    expect((await census(await contents(ehr.url))).ImagingStudy).toBeUndefined()
    now += 3_600_000
    const { receipt } = await deliver(ladderServer(ehr.url, 'plain').fetch)
    expect(receipt.device).not.toBe(`Device/${other.id}`)
    expect(census(await contents(ehr.url))).toEqual({ ...WHOLE_REPORT, Device: 2 })
  })

  it('document: refers to what is not there by identifier, and never searches by what the server does not know', async () => {
    const server = ladderServer(ehr.url, 'document')
    await deliver(server.fetch)
    const [document] = await list<DocumentReference>(ehr.url, 'DocumentReference')
    expect(document?.author?.[0]).toMatchObject({
      type: 'Device',
      identifier: { value: expect.stringContaining('glioma-small') },
    })
    expect(document?.context?.related?.[0]).toMatchObject({
      type: 'ImagingStudy',
      identifier: { system: 'urn:dicom:uid', value: 'urn:oid:1.2.826.0.1.3680043.10.1234.77.1' },
    })
    expect(JSON.stringify(document)).not.toContain('urn:uuid')
    expect(document?.content[0]?.attachment.data).toBeDefined()
    expect(server.searches.filter((search) => /DocumentReference\?.*identifier/.test(search))).toEqual([])
  })

  it('a server that cannot update gets the report last and whole', async () => {
    const server = ladderServer(ehr.url, 'conditional')
    const createOnly: typeof fetch = async (input, init) => {
      const response = await server.fetch(input, init)
      if (!String(input).endsWith('/metadata')) return response
      const text = (await response.text()).replaceAll('{"code":"update"},', '')
      return new Response(text, { headers: { 'content-type': 'application/fhir+json' } })
    }
    await deliver(createOnly)
    await expectWhole('conditional')
    expect(server.writes.every(({ method }) => method === 'POST')).toBe(true)
    expect(server.writes.slice(-2).map(({ type }) => type)).toEqual(['DiagnosticReport', 'Provenance'])
    const [report] = await list<DiagnosticReport>(ehr.url, 'DiagnosticReport')
    expect(report).toMatchObject({ status: 'preliminary', meta: { versionId: expect.any(String) } })
    await deliver(createOnly)
    expect(server.writes).toHaveLength(13)
  })

  it('climbs: what was written as a document alone becomes the whole report, with the same document', async () => {
    const low = await deliver(ladderServer(ehr.url, 'document').fetch)
    const high = await deliver(ladderServer(ehr.url, 'transaction').fetch)
    expect(high.receipt.documentReference).toBe(low.receipt.documentReference)
    await expectWhole('transaction')
  })

  it('the settings overrule the statement, and are enough without one', async () => {
    const server = ladderServer(ehr.url, 'transaction')
    await clientOf(server.fetch, { rung: 'single', conditionalCreate: false }).postReport(sampleReport())
    expect(server.writes).toHaveLength(WRITES.plain)
    expect(server.writes.some(({ headers, type }) => headers.has('if-none-exist') || type === 'transaction')).toBe(
      false,
    )
    const silent: typeof fetch = (input, init) =>
      String(input).endsWith('/metadata')
        ? Promise.resolve(new Response('', { status: 404 }))
        : server.fetch(input, init)
    await clientOf(silent, { rung: 'single' }).postReport(sampleReport())
    await expect(clientOf(silent).postReport(sampleReport())).rejects.toMatchObject({ code: 'EHR_ERROR' })
    await expectWhole('plain')
  })
})
