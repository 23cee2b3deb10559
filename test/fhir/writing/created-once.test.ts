// What servers answer to a create, as others have met it: whatever they leave out, there is one of each in the end.
import type { DocumentReference, Resource } from '@medplum/fhirtypes'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { asAppError } from '../../../src/domain/errors.ts'
import { createMemoryLedger } from '../../../src/fhir/writing/ledger.ts'
import { createClinicalRecord } from '../../support/clinical-record.ts'
import { recordOptions, sampleReport } from '../../support/fhir-report.ts'
import { census, contents, list, update } from '../../support/fhir-server.ts'
import { ladderServer } from '../../support/ladder-server.ts'
import { type DemoEhr, startSampleEhr } from '../../support/sample-ehr.ts'

/** How a server departs from "201, the resource, Location, found at once under its identifier". */
interface Profile {
  body: 'resource' | 'none' | 'outcome'
  location: 'relative' | 'absolute' | 'versioned' | 'none'
  /** Identifier and title of documents are not kept. */
  forgetful?: boolean
  /** Searches show a resource so many seconds after it was created; reads by id show it at once. */
  indexLateSeconds?: number
  /** The first create is answered by a broken connection: after it was done, or before. */
  lost?: 'done' | 'not done'
}

const PROFILES: [string, Profile][] = [
  ['201 without a body', { body: 'none', location: 'absolute' }],
  ['201 with an OperationOutcome', { body: 'outcome', location: 'relative' }],
  ['Prefer ignored, Location with a version', { body: 'none', location: 'versioned' }],
  ['an index that is late by seconds', { body: 'none', location: 'absolute', indexLateSeconds: 30 }],
  ['an index that is late, and no Location', { body: 'none', location: 'none', indexLateSeconds: 20 }],
  ['identifier and title not kept', { body: 'none', location: 'absolute', forgetful: true }],
  ['all of it at once', { body: 'outcome', location: 'versioned', forgetful: true, indexLateSeconds: 60 }],
]

describe('a create', () => {
  let ehr: DemoEhr
  let now: number
  beforeEach(async () => {
    ehr = await startSampleEhr()
    now = Date.parse('2026-03-01T00:00:00Z')
  })
  afterEach(() => ehr.close())

  function serverOf(profile: Profile) {
    const base = ladderServer(ehr.url, 'document')
    const born = new Map<string, number>()
    let { lost } = profile
    const breaks = () => {
      lost = undefined
      throw new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNRESET' }) })
    }
    const send: typeof fetch = async (input, init) => {
      if (init?.method === 'POST') {
        const sent = JSON.parse(String(init.body)) as DocumentReference
        if (profile.forgetful) {
          delete sent.identifier
          for (const { attachment } of sent.content) delete attachment.title
        }
        if (lost === 'not done') breaks()
        const response = await base.fetch(input, { ...init, body: JSON.stringify(sent) })
        if (!response.ok) return response
        if (lost === 'done') breaks()
        const made = (await response.json()) as Resource
        const path = `DocumentReference/${made.id}`
        born.set(made.id!, now)
        const place = {
          relative: path,
          absolute: `${ehr.url}/${path}`,
          versioned: `${ehr.url}/${path}/_history/${made.meta?.versionId}`,
          none: undefined,
        }[profile.location]
        const outcome = {
          resourceType: 'OperationOutcome',
          issue: [{ severity: 'information', code: 'informational' }],
        }
        const body = { resource: made, none: undefined, outcome }[profile.body]
        return new Response(body === undefined ? null : JSON.stringify(body), {
          status: 201,
          headers: { ...(place && { location: place }), ...(body && { 'content-type': 'application/fhir+json' }) },
        })
      }
      const response = await base.fetch(input, init)
      if (!String(input).includes('DocumentReference?') || profile.indexLateSeconds === undefined) return response
      const found = (await response.json()) as { entry?: { resource?: Resource }[] }
      const shown = (found.entry ?? []).filter(
        ({ resource }) => now - (born.get(resource?.id ?? '') ?? 0) >= (profile.indexLateSeconds ?? 0) * 1000,
      )
      return Response.json({ ...found, entry: shown }, { headers: { 'content-type': 'application/fhir+json' } })
    }
    return { send, writes: base.writes }
  }

  /** Like the pipeline, with its delays, by a new client each time and one ledger. */
  async function deliver(send: typeof fetch, attempts: number) {
    const ledger = createMemoryLedger(() => new Date(now))
    const codes: string[] = []
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const client = createClinicalRecord({
        ...recordOptions(ehr.url),
        ledger,
        fetch: send,
        sleep: async () => undefined,
        now: () => new Date(now),
      })
      try {
        return { receipt: await client.postReport(sampleReport()), codes }
      } catch (thrown) {
        codes.push(asAppError(thrown).code)
        now += Math.min(900, 5 * 2 ** attempt) * 1000
      }
    }
    return { receipt: undefined, codes }
  }

  it.each(PROFILES)('is made once and found: %s', async (_name, profile) => {
    const server = serverOf(profile)
    const { receipt } = await deliver(server.send, 12)
    expect(receipt?.documentReference).toMatch(/^DocumentReference\//)
    expect(census(await contents(ehr.url))).toEqual({ DocumentReference: 1 })
    expect(server.writes.filter(({ method }) => method === 'POST')).toHaveLength(1)
  })

  it('is never made again where the server neither says where it is nor shows it', async () => {
    const server = serverOf({ body: 'none', location: 'none', forgetful: true })
    const { receipt, codes } = await deliver(server.send, 12)
    expect(receipt).toBeUndefined()
    expect(new Set(codes)).toEqual(new Set(['EHR_CONFLICT']))
    expect(census(await contents(ehr.url))).toEqual({ DocumentReference: 1 })
  })

  it('is never made again while it may be there: its answer was lost, and identifier and title are not kept', async () => {
    const server = serverOf({ body: 'resource', location: 'relative', forgetful: true, lost: 'done' })
    const { receipt, codes } = await deliver(server.send, 14)
    expect(receipt).toBeUndefined()
    expect(codes.at(-1)).toBe('EHR_CONFLICT')
    expect(census(await contents(ehr.url))).toEqual({ DocumentReference: 1 })
  })

  it.each([false, true])(
    'is made again once a search shows that it is not there (forgetful: %s)',
    async (forgetful) => {
      // What else the patient's record holds is no reason to wait for ever.
      for (const more of [
        { date: '2020-01-01T00:00:00Z' },
        { content: [{ attachment: { contentType: 'application/pdf', title: 'Discharge letter' } }] },
      ])
        await update(ehr.url, {
          resourceType: 'DocumentReference',
          id: `other-${'date' in more ? 1 : 2}`,
          status: 'current',
          subject: { reference: `Patient/${(await list(ehr.url, 'Patient'))[0]!.id}` },
          content: [{ attachment: { contentType: 'application/pdf' } }],
          ...more,
        } as DocumentReference)
      const server = serverOf({ body: 'resource', location: 'relative', forgetful, lost: 'not done' })
      const { receipt, codes } = await deliver(server.send, 14)
      expect(codes).toContain('EHR_CONFLICT')
      expect(receipt?.documentReference).toMatch(/^DocumentReference\//)
      expect(census(await contents(ehr.url))).toEqual({ DocumentReference: 3 })
    },
  )
})
