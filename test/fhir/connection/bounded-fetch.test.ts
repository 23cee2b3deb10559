// Answers of the FHIR server within limits: bytes, and what the JSON would become.
import { describe, expect, it } from 'vitest'
import { boundedFetch } from '../../../src/fhir/connection/bounded-fetch.ts'
import { createTransport } from '../../../src/fhir/connection/transport.ts'

const transport = (answer: () => Response, mostBytes?: number) =>
  createTransport({
    baseUrl: 'https://ehr.example/fhir',
    timeoutMs: 1000,
    credentials: { authorization: async () => undefined, renew: () => false },
    send: boundedFetch(async () => answer(), mostBytes),
    now: () => new Date(0),
  })
const endless = () =>
  new Response(
    new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(Buffer.from('{"resourceType":"Bundle","type":"')),
    }),
  )

describe('an answer of the FHIR server', () => {
  it('within the limit is passed on whole, with its status and headers', async () => {
    const text = '{"resourceType":"Bundle","type":"searchset"}'
    const send = boundedFetch(async () => new Response(text, { status: 201, headers: { etag: 'W/"2"' } }), text.length)
    const response = await send('https://ehr.example/fhir/Patient')
    expect([response.status, response.headers.get('etag'), await response.text()]).toEqual([201, 'W/"2"', text])
    expect((await boundedFetch(async () => new Response(null, { status: 204 }))('https://x')).status).toBe(204)
    await expect(
      transport(() => new Response(text), text.length - 1)('https://ehr.example/fhir/Patient'),
    ).rejects.toMatchObject({
      code: 'EHR_UNREACHABLE',
    })
  })

  it('without end breaks off: a read is unreachable, a write may have been done', async () => {
    await expect(transport(endless, 1000)('https://ehr.example/fhir/Patient')).rejects.toMatchObject({
      code: 'EHR_UNREACHABLE',
      message: 'GET Patient: no complete answer (ANSWER_TOO_LARGE)',
    })
    await expect(transport(endless, 1000)('https://ehr.example/fhir', { method: 'POST' })).rejects.toMatchObject({
      code: 'EHR_AMBIGUOUS',
    })
  })

  it('that is nested without end is refused before it is parsed', async () => {
    const deep = () => new Response('{"resourceType":'.concat('[{"a":'.repeat(100_000)))
    await expect(transport(deep)('https://ehr.example/fhir/Patient')).rejects.toMatchObject({
      code: 'EHR_ERROR',
      message: 'GET Patient: the answer is nested deeper than 128',
    })
  })
})
