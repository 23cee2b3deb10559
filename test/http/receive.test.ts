// STOW-RS into the spool over HTTP: who may send, what is answered, what is in the audit trail.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encodeMultipart } from '../../src/dicomweb/multipart.ts'
import { AppError } from '../../src/domain/errors.ts'
import type { AuditEntry } from '../../src/domain/ports/audit-trail.ts'
import type { ReceivedImages } from '../../src/domain/ports/received-images.ts'
import { openReceivedImages } from '../../src/receiving/spool.ts'
import { createStowReceiver } from '../../src/receiving/stow.ts'
import { type BuiltInstance, buildInstance, buildSeries } from '../support/instances.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { sampleApp } from '../support/sample-app.ts'

const STUDY = '1.2.826.0.1.3680043.8.498.33'
const TYPE = 'multipart/related; type="application/dicom"; boundary=bb'
const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

let folder: string
let spool: ReceivedImages
let expectRoom: () => Promise<void>
let expectAudit: () => Promise<void>
let audited: AuditEntry[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-received-'))
  expectRoom = async () => undefined
  expectAudit = async () => undefined
  audited = []
  spool = await openReceivedImages({ folder, clock: createManualClock(), expectRoom: () => expectRoom() })
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function service() {
  const { deps, app, log } = sampleApp(
    { token: 'abc' },
    {
      deps: {
        storeImages: (request, user) =>
          createStowReceiver({
            received: spool,
            log,
            audit: {
              async record(entry) {
                await expectAudit()
                audited.push(entry)
              },
            },
          })(request, user),
      },
    },
  )
  const send = (path: string, body: Uint8Array | ReadableStream<Uint8Array>, headers: Record<string, string> = {}) =>
    app.request(`http://localhost${path}`, {
      method: 'POST',
      body: body as never,
      headers: { 'content-type': TYPE, authorization: basic('mr-1', 'abc'), ...headers },
      ...({ duplex: 'half' } as object),
    })
  return { deps, app, log, send }
}
const bodyOf = (...instances: Pick<BuiltInstance, 'bytes'>[]) =>
  Buffer.concat([
    ...encodeMultipart(
      instances.map(({ bytes }) => ({ contentType: 'application/dicom', bytes })),
      'bb',
    ),
  ])
const kept = async () => (await spool.instances(STUDY)).map(({ sopInstanceUid }) => sopInstanceUid).sort()

describe('images that are sent here', () => {
  it('are kept, named in the answer without an address, and in the audit trail under the name of the sign-in', async () => {
    // Three of 100 KB: over the limit of all other requests.
    const series = buildSeries(3, { study: STUDY, series: `${STUDY}.1`, rows: 223, columns: 224 })
    const answer = await service().send('/dicom-web/studies', bodyOf(...series))
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/dicom+json'])
    expect(await answer.json()).toEqual({
      '00081199': {
        vr: 'SQ',
        Value: series.map(({ sopInstanceUid, sopClassUid }) => ({
          '00081190': { vr: 'UR' },
          '00081150': { vr: 'UI', Value: [sopClassUid] },
          '00081155': { vr: 'UI', Value: [sopInstanceUid] },
        })),
      },
    })
    const uids = series.map(({ sopInstanceUid }) => sopInstanceUid)
    expect(await kept()).toEqual(uids)
    expect(audited).toEqual([
      {
        action: 'read',
        interaction: 'retrieve',
        target: 'spool',
        studyInstanceUid: STUDY,
        what: '3 received by STOW-RS',
        outcome: 'success',
        objects: uids,
        user: { identifier: 'mr-1', name: 'mr-1' },
      },
    ])
  })

  it('are answered one by one: 202 when some are refused, 409 when all, harmless when sent again', async () => {
    const { send, log } = service()
    const good = buildInstance({ study: STUDY, instance: `${STUDY}.1.1` })
    const foreign = buildInstance({ study: '1.2.3', instance: '1.2.3.4', patientName: 'Secret^Name' })
    const damaged = { bytes: good.bytes.subarray(0, good.bytes.length - 9) }
    const answer = await send(
      `/dicom-web/studies/${STUDY}`,
      bodyOf(good, foreign, damaged, { bytes: Buffer.from('x') }),
    )
    const dataset = (await answer.json()) as Record<string, { Value: Record<string, { Value: unknown[] }>[] }>
    expect(answer.status).toBe(202)
    expect(dataset['00081198']!.Value.map((item) => [item['00081155']!.Value[0], item['00081197']!.Value[0]])).toEqual([
      ['1.2.3.4', 0xc409],
      [`${STUDY}.1.1`, 0xc000],
    ])
    expect(dataset['0008119A']!.Value.map((item) => item['00081197']!.Value[0])).toEqual([0xc000])
    expect((await send('/dicom-web/studies', bodyOf(good))).status).toBe(200)
    const other = buildInstance({ study: STUDY, instance: `${STUDY}.1.1`, patientName: 'Secret^Other' })
    expect((await send('/dicom-web/studies', bodyOf(other))).status).toBe(409)
    expect(await kept()).toEqual([`${STUDY}.1.1`])
    expect(JSON.stringify(log.lines)).not.toContain('Secret')
  })

  it('are refused without the token, slowed down, and not read', async () => {
    const { send } = service()
    const body = bodyOf(buildInstance({ study: STUDY, instance: `${STUDY}.1.1` }))
    expect((await send('/dicom-web/studies', body, { authorization: basic('mr-1', 'wrong') })).status).toBe(401)
    expect((await send('/dicom-web/studies', body, { authorization: '' })).status).toBe(401)
    expect((await send('/dicom-web/studies', body, { origin: 'https://evil.example' })).status).toBe(403)
    expect(await kept()).toEqual([])
  })

  it('that are cut off are 400; what was whole is kept and named', async () => {
    const { send } = service()
    const [one, two] = buildSeries(2, { study: STUDY, series: `${STUDY}.1` }) as [BuiltInstance, BuiltInstance]
    const whole = bodyOf(one, two)
    const answer = await send('/dicom-web/studies', whole.subarray(0, whole.length - 60))
    expect(answer.status).toBe(400)
    const gone = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(whole.subarray(0, whole.length - 60))
        controller.error(new TypeError('terminated'))
      },
    })
    expect((await send('/dicom-web/studies', gone)).status).toBe(400)
    expect(await kept()).toEqual([one.sopInstanceUid])
    for (const type of ['application/dicom', 'multipart/related; type="application/dicom+xml"; boundary=bb'])
      expect((await send('/dicom-web/studies', whole, { 'content-type': type })).status).toBe(415)
    expect((await send('/dicom-web/studies/..', whole)).status).not.toBe(200)
    expect((await send('/dicom-web/studies/1.2.3a', whole)).status).toBe(400)
  })

  it('that find no room are 503 with a failure reason; some may have been kept before', async () => {
    const { send } = service()
    const [one, two] = buildSeries(2, { study: STUDY, series: `${STUDY}.1` }) as [BuiltInstance, BuiltInstance]
    let free = 0
    expectRoom = async () => {
      free -= 1
      if (free < 0) throw new AppError('DISK_FULL', '12 MiB are free on the disk of receive.folder')
    }
    const none = await send('/dicom-web/studies', bodyOf(one, two))
    expect([none.status, none.headers.get('retry-after')]).toEqual([503, '60'])
    const reasons = ((await none.json()) as Record<string, { Value: Record<string, { Value: unknown[] }>[] }>)[
      '00081198'
    ]!.Value.map((item) => item['00081197']!.Value[0])
    expect(reasons).toEqual([0xa700, 0xa700])
    free = 1
    const some = await send('/dicom-web/studies', bodyOf(one, two))
    expect(some.status).toBe(202)
    const stored = ((await some.json()) as Record<string, { Value: Record<string, { Value: unknown[] }>[] }>)[
      '00081199'
    ]!.Value.map((item) => item['00081155']!.Value[0])
    // They are written side by side, so either may have found the room; the answer says which.
    expect(stored).toHaveLength(1)
    expect([one.sopInstanceUid, two.sopInstanceUid]).toContain(stored[0])
    expect(await kept()).toEqual(stored)
  })

  it('are not acknowledged when the transfer cannot be recorded', async () => {
    const { send } = service()
    const one = buildInstance({ study: STUDY, instance: `${STUDY}.1.1` })
    expectAudit = async () => {
      throw new AppError('DATABASE_UNREACHABLE', 'the database did not answer')
    }
    expect((await send('/dicom-web/studies', bodyOf(one))).status).toBe(503)
    expectAudit = async () => undefined
    expect((await send('/dicom-web/studies', bodyOf(one))).status).toBe(200)
    expect(audited).toHaveLength(1)
  })

  it('have no page where a site does not take them', async () => {
    const { app } = sampleApp({ token: 'abc' })
    const headers = { authorization: 'Bearer abc', 'content-type': TYPE }
    expect((await app.request('/dicom-web/studies', { method: 'POST', headers, body: 'x' })).status).toBe(404)
  })
})
