// The EHR at its worst, on the wire: each fault ends in its own error code, or in a report that is there exactly once.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { DiagnosticReport } from '@medplum/fhirtypes'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AppError } from '../../../src/domain/errors.ts'
import { createClinicalRecord } from '../../support/clinical-record.ts'
import { type Fault, type FaultRule, type FaultyEhr, startFaultyEhr } from '../../support/faulty-ehr.ts'
import { PATIENT, recordOptions, sampleReport } from '../../support/fhir-report.ts'
import { census, contents, list, update } from '../../support/fhir-server.ts'
import { type DemoEhr, startSampleEhr, WHOLE_REPORT } from '../../support/sample-ehr.ts'

const SECRET = 'Zoe Mueller-Okafor MRN-0042/7'

describe('a faulty EHR', () => {
  let ehr: DemoEhr
  let proxy: FaultyEhr | undefined
  beforeEach(async () => {
    ehr = await startSampleEhr()
  })
  afterEach(async () => {
    await proxy?.close()
    proxy = undefined
    await ehr.close()
  })

  const recordAt = (url: string, timeoutMs = 60_000, send = fetch) =>
    createClinicalRecord({
      ...recordOptions(url),
      timeoutMs,
      fetch: send,
      sleep: async () => {},
    })

  const isTransaction = ({ method, path }: { method: string; path: string }) => method === 'POST' && /^\/?$/.test(path)

  /** The fault hits the first `times` requests that the filter names. */
  function first(filter: (request: { method: string; path: string }) => boolean, fault: Fault, times = 1): FaultRule {
    let left = times
    return (request) => (filter(request) && left-- > 0 ? fault : undefined)
  }

  async function failure(rule: FaultRule, timeoutMs?: number): Promise<AppError> {
    proxy = await startFaultyEhr(ehr.url, rule)
    const error = await recordAt(proxy.url, timeoutMs)
      .postReport(sampleReport())
      .then(
        () => undefined,
        (thrown: AppError) => thrown,
      )
    if (!error) throw new Error('the post succeeded')
    expect(error.message).not.toMatch(/Zoe|Mueller|Okafor|0042|1961/)
    return error
  }

  async function success(rule: FaultRule): Promise<void> {
    proxy = await startFaultyEhr(ehr.url, rule)
    await recordAt(proxy.url).postReport(sampleReport())
    expect(census(await contents(ehr.url))).toEqual(WHOLE_REPORT)
  }

  const outcome = (code: string, text: string) =>
    JSON.stringify({
      resourceType: 'OperationOutcome',
      issue: [{ severity: 'error', code, diagnostics: text, expression: ['Observation.status'] }],
    })

  it('refuses the connection: EHR_UNREACHABLE', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    await expect(recordAt(`http://127.0.0.1:${port}`).matchPatient(PATIENT)).rejects.toMatchObject({
      code: 'EHR_UNREACHABLE',
      class: 'transient',
    })
  })

  it('never answers: EHR_UNREACHABLE for a read', async () => {
    const error = await failure((r) => (r.method === 'GET' ? { kind: 'hang' } : undefined), 300)
    expect(error).toMatchObject({ code: 'EHR_UNREACHABLE', class: 'transient' })
    expect(proxy?.requests).toHaveLength(1)
  })

  it('never answers: EHR_AMBIGUOUS for a write, after three tries', async () => {
    proxy = await startFaultyEhr(ehr.url, (r) => (isTransaction(r) ? { kind: 'hang' } : undefined))
    const { url } = proxy
    // Only the transaction has a short limit: on a busy machine a read may take long.
    const impatient: typeof fetch = (input, init) =>
      fetch(
        input,
        init?.method === 'POST' && String(input) === url ? { ...init, signal: AbortSignal.timeout(300) } : init,
      )
    await expect(recordAt(url, 60_000, impatient).postReport(sampleReport())).rejects.toMatchObject({
      code: 'EHR_AMBIGUOUS',
      class: 'ambiguous',
    })
    expect(proxy.requests.filter(isTransaction)).toHaveLength(3)
  })

  it('answers 500 and an HTML 502: EHR_ERROR, without a word of the body', async () => {
    const error = await failure(first(() => true, { kind: 'status', status: 500, body: SECRET }, 99))
    expect(error).toMatchObject({ code: 'EHR_ERROR', message: 'GET Patient: status 500' })
    await proxy?.close()
    const html = { kind: 'status', status: 502, contentType: 'text/html', body: `<html>${SECRET}</html>` } as const
    expect((await failure(first(isTransaction, html, 99))).message).toBe('POST transaction: status 502')
  })

  it('answers a login page with 200: EHR_ERROR', async () => {
    const page = { kind: 'status', status: 200, contentType: 'text/html', body: `<html>${SECRET}</html>` } as const
    expect((await failure(first(() => true, page, 99))).code).toBe('EHR_ERROR')
  })

  it('redirects: EHR_ERROR, and nothing is sent elsewhere', async () => {
    const error = await failure(
      first(isTransaction, { kind: 'status', status: 302, headers: { location: '/elsewhere' } }, 99),
    )
    expect(error.code).toBe('EHR_ERROR')
    expect(proxy?.requests.some(({ path }) => path.includes('elsewhere'))).toBe(false)
  })

  it('asks to slow down: EHR_THROTTLED with the seconds, by number or by date', async () => {
    const seconds = await failure(
      first(isTransaction, { kind: 'status', status: 429, headers: { 'retry-after': '17' } }, 99),
    )
    expect(seconds).toMatchObject({ code: 'EHR_THROTTLED', retryAfterSeconds: 17 })
    await proxy?.close()
    const date = new Date(Date.now() + 120_000).toUTCString()
    const dated = await failure(
      first(() => true, { kind: 'status', status: 503, headers: { 'retry-after': date } }, 99),
    )
    expect(dated.code).toBe('EHR_THROTTLED')
    expect(dated.retryAfterSeconds).toBeGreaterThan(60)
    expect(dated.retryAfterSeconds).toBeLessThanOrEqual(121)
  })

  it('refuses our credentials, or a right: EHR_AUTH, EHR_FORBIDDEN', async () => {
    for (const [status, code] of [
      [401, 'EHR_AUTH'],
      [403, 'EHR_FORBIDDEN'],
    ] as const) {
      expect((await failure(first(() => true, { kind: 'status', status }, 99))).code).toBe(code)
      await proxy?.close()
    }
  })

  it('refuses a resource: EHR_REJECTED with the outcome codes, not its words; nothing is half written', async () => {
    const body = outcome('invalid', SECRET)
    const error = await failure(
      first(isTransaction, { kind: 'status', status: 422, contentType: 'application/fhir+json', body }, 99),
    )
    expect(error).toMatchObject({ code: 'EHR_REJECTED', class: 'permanent' })
    expect(error.message).toBe('POST transaction: status 422 (invalid at Observation.status)')
    expect(census(await contents(ehr.url))).toEqual({ Device: 1, ImagingStudy: 1, DiagnosticReport: 1 })
  })

  it('answers 409 or 412 once: looked at again, and written once', async () => {
    for (const status of [409, 412]) {
      await success(first(isTransaction, { kind: 'status', status }))
      await proxy?.close()
    }
  })

  it('answers 412 for ever: EHR_CONFLICT after a bounded number of rounds', async () => {
    const error = await failure(first(isTransaction, { kind: 'status', status: 412 }, Number.POSITIVE_INFINITY))
    expect(error).toMatchObject({ code: 'EHR_CONFLICT', class: 'transient' })
    expect(proxy?.requests.filter(isTransaction).length).toBe(8)
  })

  it.each(['lost', 'cut'] as const)(
    'does the transaction but its answer is %s: read, and not written twice',
    async (kind) => {
      await success(first(isTransaction, { kind }))
      expect(proxy?.requests.filter(isTransaction).length).toBe(1)
      const [report] = await list<DiagnosticReport>(ehr.url, 'DiagnosticReport')
      expect(report?.status).toBe('preliminary')
    },
  )

  it.each(['Device', 'ImagingStudy', 'DiagnosticReport'])(
    'loses the answer to the create of %s: there is one',
    async (type) => {
      await success(first((r) => r.method === 'POST' && r.path.startsWith(`/${type}`), { kind: 'lost' }))
    },
  )

  it('does the transaction, then answers 500: the next post finds it and writes nothing', async () => {
    const replaced = { kind: 'replaced', status: 500, contentType: 'text/html', body: SECRET } as const
    expect((await failure(first(isTransaction, replaced))).code).toBe('EHR_ERROR')
    const before = await contents(ehr.url)
    await recordAt(ehr.url).postReport(sampleReport())
    expect(await contents(ehr.url)).toEqual(before)
    expect(census(before)).toEqual(WHOLE_REPORT)
  })

  it('loses an answer and then goes down: EHR_AMBIGUOUS', async () => {
    let lost = false
    const error = await failure((request) => {
      if (isTransaction(request) && !lost) {
        lost = true
        return { kind: 'lost' }
      }
      return lost ? { kind: 'status', status: 503 } : undefined
    })
    expect(error).toMatchObject({ code: 'EHR_AMBIGUOUS', class: 'ambiguous' })
  })

  it('runs the transaction as a batch without a word: EHR_REJECTED says so', async () => {
    const body = JSON.stringify({
      resourceType: 'Bundle',
      type: 'batch-response',
      entry: [{ response: { status: '201' } }],
    })
    const error = await failure(
      first(isTransaction, { kind: 'status', status: 200, contentType: 'application/fhir+json', body }, 99),
    )
    expect(error.code).toBe('EHR_REJECTED')
    expect(error.message).toContain('enable transactions')
  })

  it('ignores the identifier in a search: EHR_REJECTED, and no stranger is touched', async () => {
    const stranger = {
      resourceType: 'DiagnosticReport',
      id: 'x',
      status: 'preliminary',
      code: {},
      identifier: [{ system: 'other', value: '1' }],
    }
    const body = JSON.stringify({ resourceType: 'Bundle', type: 'searchset', entry: [{ resource: stranger }] })
    const rule = first(
      (r) => r.path.startsWith('/DiagnosticReport?'),
      { kind: 'status', status: 200, contentType: 'application/fhir+json', body },
      99,
    )
    expect((await failure(rule)).code).toBe('EHR_REJECTED')
    expect(proxy?.requests.some(isTransaction)).toBe(false)
  })

  it('links its next page to another host: EHR_ERROR, and no credentials go there', async () => {
    const body = JSON.stringify({
      resourceType: 'Bundle',
      type: 'searchset',
      link: [{ relation: 'next', url: 'http://127.0.0.1:9/steal' }],
    })
    const error = await failure(
      first(() => true, { kind: 'status', status: 200, contentType: 'application/fhir+json', body }),
    )
    expect(error).toMatchObject({ code: 'EHR_ERROR' })
    expect(error.message).toContain('outside ehr.url')
  })

  it('holds the same identifier twice: EHR_DUPLICATE names type and identifier', async () => {
    await recordAt(ehr.url).postReport(sampleReport())
    const [report] = await list<DiagnosticReport>(ehr.url, 'DiagnosticReport')
    await update(ehr.url, { ...report!, id: 'a-copy' })
    const error = await failure(() => undefined)
    expect(error).toMatchObject({ code: 'EHR_DUPLICATE', class: 'hold' })
    expect(error.message).toContain('2 DiagnosticReport')
  })

  it('has another writer between our reading and our writing: the other is not lost', async () => {
    let done = false
    const interrupted: typeof fetch = async (input, init) => {
      if (init?.method === 'POST' && String(input) === ehr.url && !done) {
        done = true
        const [anchor] = await list<DiagnosticReport>(ehr.url, 'DiagnosticReport')
        await update(ehr.url, { ...anchor!, status: 'cancelled' })
      }
      return fetch(input, init)
    }
    const record = recordAt(ehr.url, 60_000, interrupted)
    await record.postReport(sampleReport())
    const [report] = await list<DiagnosticReport>(ehr.url, 'DiagnosticReport')
    expect(report?.status).toBe('cancelled')
    expect(census(await contents(ehr.url))).toEqual({ Device: 1, ImagingStudy: 1, DiagnosticReport: 1 })
  })
})
