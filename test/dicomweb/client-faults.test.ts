// What the client says and does when the archive is down, slow, wrong, cut off or short of instances.
import { type AddressInfo, createServer } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createDicomWebClient } from '../../src/dicomweb/client.ts'
import type { AppError } from '../../src/domain/errors.ts'
import type { AuditTrail } from '../../src/domain/ports/audit-trail.ts'
import type { ImageArchive } from '../../src/domain/ports/image-archive.ts'
import { failureOf as plainFailureOf } from '../support/failure-of.ts'
import { type FaultyArchive, startFaultyArchive } from '../support/faulty-archive.ts'
import { type BuiltInstance, buildInstance, buildSeries } from '../support/instances.ts'
import { createKeptLog, type KeptLog } from '../support/quiet-log.ts'

const STUDY = '1.2.826.0.1.3680043.8.498.5'
const SERIES = `${STUDY}.1`
let faulty: FaultyArchive
let series: BuiltInstance[]
let uids: string[]
let log: KeptLog
let archive: ImageArchive
let impatient: ImageArchive

const client = (timeoutMs: number, url = faulty.url) =>
  createDicomWebClient({ url, auth: { type: 'basic', username: 'user', password: 'secret' }, timeoutMs, log })

beforeAll(async () => {
  faulty = await startFaultyArchive()
  series = buildSeries(6, { study: STUDY, series: SERIES, rows: 40, columns: 50 })
  uids = series.map((one) => one.sopInstanceUid)
  log = createKeptLog()
  await client(30_000).store(STUDY, series)
})
afterAll(() => faulty?.close())
beforeEach(() => {
  faulty.misbehave()
  log = createKeptLog()
  archive = client(30_000)
  impatient = client(300)
})

/** Whatever happens: no credentials, no query, no body, no patient in a message. */
async function failureOf(work: Promise<unknown>): Promise<AppError> {
  const failure = await plainFailureOf(work)
  expect(`${failure.message} ${JSON.stringify(log.lines)}`).not.toMatch(/secret|\?|StudyDate|PAT-1|Łukasz|log in/)
  return failure
}

async function retrieve(from: ImageArchive = archive): Promise<string[]> {
  const got: string[] = []
  for await (const bytes of from.retrieveSeries(STUDY, SERIES, uids)) got.push(Buffer.from(bytes).toString('hex'))
  return got.sort()
}
const whole = () => series.map((one) => Buffer.from(one.bytes).toString('hex')).sort()
const target = (path: string) => `(${faulty.url}${path})`
const retrievals = () => faulty.requests.filter((request) => request.startsWith('GET'))

describe('an archive that is down', () => {
  it('is unreachable, for reads and for stores, and is there again afterwards', async () => {
    await faulty.stop()
    try {
      const failures = [
        await failureOf(archive.searchStudies({ from: '20260101' })),
        await failureOf(archive.retrieveMetadata(STUDY)),
        await failureOf(retrieve()),
        await failureOf(archive.store(STUDY, series)),
      ]
      expect(failures.map((failure) => failure.code)).toEqual(Array(4).fill('ARCHIVE_UNREACHABLE'))
      expect(failures[0]!.message).toBe(
        `the archive cannot be reached for search of studies: nothing listens there, ECONNREFUSED ${target('/studies')}`,
      )
    } finally {
      await faulty.start()
    }
    expect(await retrieve()).toEqual(whole())
  })

  it('is unreachable under a host name that does not exist', async () => {
    const failure = await failureOf(client(5000, 'http://archive.invalid/dicom-web').searchStudies({}))
    expect(failure.code).toBe('ARCHIVE_UNREACHABLE')
    expect(failure.message).toMatch(/host name .*\(http:\/\/archive\.invalid\/dicom-web\/studies\)$/)
  })
})

it('is not DICOMweb when what listens there does not speak HTTP', async () => {
  const other = createServer((socket) =>
    socket.once('data', () => socket.end('\x02\x00\x00\x00\x00\xb8 A-ASSOCIATE-AC')),
  )
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  try {
    const failure = await failureOf(
      client(30_000, `http://127.0.0.1:${(other.address() as AddressInfo).port}/x`).searchStudies({}),
    )
    expect(failure.code).toBe('ARCHIVE_NOT_DICOMWEB')
    expect(failure.message).toContain('the answer to search of studies is not HTTP')
  } finally {
    other.close()
  }
})

describe('an archive that is slow', () => {
  it('times out when it never answers', async () => {
    faulty.misbehave(() => ({ kind: 'silent' }))
    const failure = await failureOf(impatient.searchInstances(STUDY))
    expect(failure.code).toBe('ARCHIVE_TIMEOUT')
    expect(failure.message).toBe(
      `the archive sent nothing for 300 ms in answer to search of instances of study ${STUDY} ${target(`/studies/${STUDY}/instances`)}`,
    )
    expect((await failureOf(impatient.store(STUDY, series))).code).toBe('ARCHIVE_TIMEOUT')
  })

  it('times out when it stops in the middle of metadata', async () => {
    faulty.misbehave(() => ({ kind: 'stall', afterBytes: 100 }))
    expect((await failureOf(impatient.retrieveMetadata(STUDY))).code).toBe('ARCHIVE_TIMEOUT')
  })

  it('is asked for the rest one by one when it stops in the middle of a series', async () => {
    faulty.misbehave((request) => (request.endsWith(SERIES) ? { kind: 'stall', afterBytes: 9000 } : undefined))
    expect(await retrieve(client(2000))).toEqual(whole())
    expect(log.lines).toMatchObject([
      { level: 'warn', fields: { seriesInstanceUid: SERIES, expected: 6, code: 'ARCHIVE_TIMEOUT' } },
    ])
  })

  it('may take as long as it likes over all, while bytes keep coming and while we are busy ourselves', async () => {
    let got = 0
    for await (const _ of client(1500).retrieveSeries(STUDY, SERIES, uids)) {
      await new Promise((resolve) => setTimeout(resolve, 400))
      got += 1
    }
    expect(got).toBe(6)
    expect(log.lines).toEqual([])
  })
})

describe('an archive with a server error', () => {
  it('is named with its status, and the wait it asks for is kept', async () => {
    faulty.misbehave(() => ({ kind: 'answer', status: 503, body: 'PAT-1', headers: { 'retry-after': '17' } }))
    const failure = await failureOf(archive.searchStudies({ from: '20260101' }))
    expect(failure.code).toBe('ARCHIVE_ERROR')
    expect(failure.message).toBe(`the archive answered 503 (server error) to search of studies ${target('/studies')}`)
    expect(failure.retryAfterSeconds).toBe(17)
    for (const work of [() => archive.retrieveMetadata(STUDY), () => retrieve(), () => archive.store(STUDY, series)]) {
      expect((await failureOf(work())).code).toBe('ARCHIVE_ERROR')
    }
  })

  it('is asked one by one when only the whole series fails, and then names the instance that does', async () => {
    faulty.misbehave((request) => (request.endsWith(SERIES) ? { kind: 'answer', status: 500 } : undefined))
    expect(await retrieve()).toEqual(whole())
    faulty.misbehave((request) =>
      request.endsWith(SERIES) || request.endsWith(uids[3]!) ? { kind: 'answer', status: 500 } : undefined,
    )
    const failure = await failureOf(retrieve())
    expect(failure.code).toBe('ARCHIVE_ERROR')
    expect(failure.message).toContain(`the archive answered 500 (server error) to instance ${uids[3]} (`)
  })
})

describe('an archive that refuses us', () => {
  it.each([
    [401, 'ARCHIVE_AUTH'],
    [403, 'ARCHIVE_FORBIDDEN'],
    [302, 'ARCHIVE_NOT_DICOMWEB'],
    [400, 'ARCHIVE_REJECTED'],
    [429, 'ARCHIVE_ERROR'],
    [501, 'ARCHIVE_REJECTED'],
  ])('with %i is %s', async (status, code) => {
    faulty.misbehave(() => ({ kind: 'answer', status, headers: { location: 'https://login.invalid/?user=PAT-1' } }))
    for (const work of [() => archive.searchStudies({}), () => archive.retrieveMetadata(STUDY)]) {
      const failure = await failureOf(work())
      expect(failure.code).toBe(code)
      expect(failure.message).toContain(`the archive answered ${status}`)
    }
  })

  it('gets no further requests for single instances when credentials are wrong', async () => {
    faulty.misbehave(() => ({ kind: 'answer', status: 401 }))
    expect((await failureOf(retrieve())).code).toBe('ARCHIVE_AUTH')
    expect(faulty.requests).toHaveLength(1)
  })

  it('has no search under a wrong address', async () => {
    const failure = await failureOf(client(30_000, faulty.url.replace('dicom-web', 'dicomweb')).searchStudies({}))
    expect(failure.code).toBe('ARCHIVE_NOT_DICOMWEB')
    expect(failure.message).toContain('no QIDO-RS service answers')
  })
})

describe('an answer that is a page', () => {
  it('is not taken for a result', async () => {
    faulty.misbehave(() => ({ kind: 'html' }))
    const search = await failureOf(archive.searchStudies({}))
    expect(search.code).toBe('ARCHIVE_NOT_DICOMWEB')
    expect(search.message).toBe(`the answer to search of studies is not DICOMweb but a page ${target('/studies')}`)
    const object = await failureOf(retrieve())
    expect(object.code).toBe('ARCHIVE_NOT_DICOMWEB')
    expect(object.message).toContain('is not DICOMweb but text/html')
    const store = await failureOf(archive.store(STUDY, series))
    expect(store.code).toBe('ARCHIVE_NOT_DICOMWEB')
    expect(store.message).toContain(`the answer to store of 6 objects to study ${STUDY} is a page`)
  })
})

describe('an answer that is cut off', () => {
  it.each(['cut', 'end-early'] as const)('is asked for again, for lists (%s)', async (kind) => {
    faulty.misbehave((_, count) => (count === 1 ? { kind, afterBytes: 300 } : undefined))
    expect((await archive.retrieveMetadata(STUDY)).series[0]!.instances).toHaveLength(6)
    faulty.misbehave(() => ({ kind, afterBytes: 300 }))
    const failure = await failureOf(archive.retrieveMetadata(STUDY))
    expect(failure.code).toBe('ARCHIVE_TRUNCATED')
    expect(failure.message).toMatch(new RegExp(`^the answer to metadata of study ${STUDY} (was cut off|is not whole)`))
  })

  it.each([
    ['in the middle of a part', { kind: 'cut', afterBytes: 10_000 }],
    ['in the middle of a part, without a sign', { kind: 'end-early', afterBytes: 10_000 }],
    ['before the first part', { kind: 'end-early', afterBytes: 20 }],
    ['before the closing delimiter', { kind: 'no-closing-delimiter' }],
    ['and says so with 206', { kind: 'partial' }],
  ] as const)('is completed one by one, for a series cut %s', async (_, fault) => {
    faulty.misbehave((request) => (request.endsWith(SERIES) ? fault : undefined))
    expect(await retrieve()).toEqual(whole())
  })

  it('is an error when every attempt is cut', async () => {
    faulty.misbehave(() => ({ kind: 'end-early', afterBytes: 1000 }))
    const failure = await failureOf(retrieve())
    expect(failure.code).toBe('ARCHIVE_TRUNCATED')
    expect(failure.message).toContain(
      `instance ${uids[0]}: the multipart body ended without its closing delimiter after 0 whole parts (`,
    )
  })
})

describe('an archive short of instances', () => {
  it('is asked for missing slices one by one', async () => {
    faulty.misbehave((request) =>
      request.endsWith(SERIES) ? { kind: 'drop', sopInstanceUids: [uids[1]!, uids[4]!] } : undefined,
    )
    expect(await retrieve()).toEqual(whole())
    expect(retrievals()).toHaveLength(3)
    expect(log.lines).toEqual([
      {
        level: 'warn',
        fields: { seriesInstanceUid: SERIES, expected: 6, missing: 2, code: 'ARCHIVE_TRUNCATED' },
        message: 'the series did not arrive whole; the missing instances are fetched one by one',
      },
    ])
  })

  it('fails with the names of the slices that it does not have at all', async () => {
    faulty.misbehave((request) => {
      if (request.endsWith(SERIES)) return { kind: 'drop', sopInstanceUids: [uids[1]!, uids[4]!] }
      return request.endsWith(uids[4]!) ? { kind: 'answer', status: 404 } : undefined
    })
    const failure = await failureOf(retrieve())
    expect(failure.code).toBe('ARCHIVE_TRUNCATED')
    expect(failure.message).toBe(
      `1 of 6 instances of series ${SERIES} did not arrive, although the archive lists them: ${uids[4]}`,
    )
  })

  it('names an instance that is truncated in the archive itself', async () => {
    faulty.misbehave((request) =>
      request.includes('/series/') ? { kind: 'truncate', sopInstanceUid: uids[2]!, bytes: 2000 } : undefined,
    )
    const failure = await failureOf(retrieve())
    expect(failure.code).toBe('INSTANCE_INVALID')
    expect(failure.message).toBe(
      `instance ${uids[2]} is damaged in the archive: it ends within an element, after 2000 bytes ${target(`/studies/${STUDY}/series/${SERIES}/instances/${uids[2]}`)}`,
    )
  })

  it('takes a truncated instance from its own request when that one is whole', async () => {
    faulty.misbehave((request) =>
      request.endsWith(SERIES) ? { kind: 'truncate', sopInstanceUid: uids[2]!, bytes: 2000 } : undefined,
    )
    expect(await retrieve()).toEqual(whole())
  })

  it('is not asked for anything when nothing is expected', async () => {
    const got: unknown[] = []
    for await (const bytes of archive.retrieveSeries(STUDY, SERIES, [])) got.push(bytes)
    expect(got).toEqual([])
    expect(faulty.requests).toEqual([])
  })

  it('leaves out what was not expected', async () => {
    const got: unknown[] = []
    for await (const bytes of archive.retrieveSeries(STUDY, SERIES, uids.slice(0, 2))) got.push(bytes)
    expect(got).toHaveLength(2)
  })
})

describe('a connection that breaks', () => {
  it('is opened again for reads', async () => {
    faulty.misbehave((_, count) => (count < 3 ? { kind: 'reset' } : undefined))
    expect(await archive.searchInstances(STUDY)).toHaveLength(6)
    faulty.misbehave(() => ({ kind: 'reset' }))
    const failure = await failureOf(archive.searchInstances(STUDY))
    expect(failure.code).toBe('ARCHIVE_UNREACHABLE')
    expect(failure.message).toContain('it closed the connection without an answer')
    expect(faulty.requests).toHaveLength(3)
  })

  it('does not make a store repeat what arrived', async () => {
    const study = `${STUDY}.90`
    const objects = buildSeries(3, { study, series: `${study}.1` })
    faulty.misbehave((_, count) => (count === 1 ? { kind: 'lost-answer' } : undefined))
    const outcomes = await archive.store(study, objects)
    expect(outcomes).toEqual(objects.map(({ sopInstanceUid }) => ({ sopInstanceUid, stored: true })))
    expect(faulty.requests.map((request) => request.split('?')[0])).toEqual([
      `POST /studies/${study}`,
      `GET /studies/${study}/instances`,
      `GET /studies/${study}/instances`,
    ])
    expect(log.lines).toMatchObject([{ level: 'warn', fields: { studyInstanceUid: study, objects: 3 } }])
  })

  it('makes a store repeat what did not arrive, and only that', async () => {
    const study = `${STUDY}.91`
    const objects = buildSeries(3, { study, series: `${study}.1` })
    await client(30_000, faulty.directUrl).store(study, objects.slice(0, 1))
    faulty.misbehave((_, count) => (count === 1 ? { kind: 'reset' } : undefined))
    const outcomes = await archive.store(study, objects)
    expect(outcomes.every((one) => one.stored)).toBe(true)
    expect(faulty.requests.filter((request) => request.startsWith('POST'))).toHaveLength(2)
    expect(await archive.searchInstances(study)).toHaveLength(3)
  })
})

describe('answers to a store', () => {
  const put = async (tail: string, fault: Parameters<FaultyArchive['misbehave']>[0]) => {
    const study = `${STUDY}.${tail}`
    const objects = buildSeries(2, { study, series: `${study}.1` })
    faulty.misbehave(fault)
    const outcomes = await archive.store(study, objects)
    return outcomes.map((one) => (one.reason === undefined ? one.stored : [one.stored, one.reason]))
  }
  const posts = (fault: { status: number; body?: string; forward?: boolean }) => (request: string) =>
    request.startsWith('POST') ? ({ kind: 'answer', ...fault } as const) : undefined

  it('without a body count as stored only what the archive then has', async () => {
    expect(await put('60', posts({ status: 200, forward: true }))).toEqual([true, true])
    expect(await put('61', posts({ status: 200, forward: false }))).toEqual([false, false])
    expect(await put('62', posts({ status: 200, body: '<NativeDicomModel/>', forward: true }))).toEqual([true, true])
  })

  it('that refuse without names refuse all', async () => {
    expect(await put('63', posts({ status: 400, body: '{"00081198":{"vr":"SQ"},"00081199":{"vr":"SQ"}}' }))).toEqual([
      false,
      false,
    ])
    expect(await put('64', posts({ status: 409 }))).toEqual([false, false])
  })

  it('are read whatever the status', async () => {
    const uid = (n: number) => `{"00081155":{"vr":"UI","Value":["${STUDY}.65.1.${n}"]}`
    const body = `{"00081199":{"vr":"SQ","Value":[${uid(1)},"00081196":{"vr":"US","Value":[45056]}}]},"00081198":{"vr":"SQ","Value":[${uid(2)},"00081197":{"vr":"US","Value":[272]}}]}}`
    expect(await put('65', posts({ status: 400, body }))).toEqual([
      [true, 'B000'],
      [false, '0110'],
    ])
  })

  it('of 413 make the requests smaller', async () => {
    expect(
      await put('66', (request, count) =>
        request.startsWith('POST') && count === 1 ? { kind: 'answer', status: 413 } : undefined,
      ),
    ).toEqual([true, true])
    expect(faulty.requests.filter((request) => request.startsWith('POST'))).toHaveLength(3)
  })

  it('of another study or service are refusals', async () => {
    faulty.misbehave(posts({ status: 404 }))
    const failure = await failureOf(archive.store(STUDY, series))
    expect(failure.code).toBe('ARCHIVE_REJECTED')
    expect(failure.message).toContain('the archive answered 404')
  })

  it('that call an object a duplicate are believed when the archive has that very object', async () => {
    const same = (await archive.store(STUDY, series.slice(0, 1)))[0]
    expect(same).toEqual({ sopInstanceUid: uids[0], stored: true })
    const duplicate = `{"00081198":{"vr":"SQ","Value":[{"00081155":{"vr":"UI","Value":["${uids[0]}"]},"00081197":{"vr":"US","Value":[273]}}]}}`
    faulty.misbehave(posts({ status: 409, body: duplicate }))
    expect(await archive.store(STUDY, series.slice(0, 1))).toEqual([
      { sopInstanceUid: uids[0], stored: true, reason: '0111' },
    ])
    const other = buildInstance({ study: STUDY, series: SERIES, instance: uids[0]!, patientName: 'Other^Name' })
    expect(await archive.store(STUDY, [other])).toEqual([
      { sopInstanceUid: uids[0], stored: false, reason: '0111', conflict: true },
    ])
  })

  it('know a conflict by the code of Azure too', async () => {
    const duplicate = `{"00081198":{"vr":"SQ","Value":[{"00081155":{"vr":"UI","Value":["${uids[0]}"]},"00081197":{"vr":"US","Value":[45070]}}]}}`
    faulty.misbehave(posts({ status: 409, body: duplicate }))
    const other = buildInstance({ study: STUDY, series: SERIES, instance: uids[0]!, patientName: 'Other^Name' })
    expect(await archive.store(STUDY, [other])).toEqual([
      { sopInstanceUid: uids[0], stored: false, reason: 'B00E', conflict: true },
    ])
  })
})

describe('paging', () => {
  it('ends when the archive ignores the offset', async () => {
    faulty.misbehave(() => ({ kind: 'ignore-offset' }))
    expect(await archive.searchInstances(STUDY)).toHaveLength(6)
    expect(faulty.requests).toHaveLength(2)
  })

  it('loses nothing when the archive has shorter pages than asked for', async () => {
    faulty.misbehave(() => ({ kind: 'page-limit', limit: 4 }))
    expect((await archive.searchInstances(STUDY)).map((one) => one.sopInstanceUid).sort()).toEqual([...uids].sort())
  })

  it('asks for series when the archive does not say the modality of instances', async () => {
    const answer = JSON.stringify(
      uids.map((uid) => ({ '00080018': { vr: 'UI', Value: [uid] }, '0020000E': { vr: 'UI', Value: [SERIES] } })),
    )
    faulty.misbehave((request) =>
      request.endsWith('/instances') ? { kind: 'answer', status: 200, body: answer } : undefined,
    )
    expect((await archive.searchInstances(STUDY)).map((one) => one.modality)).toEqual(Array(6).fill('MR'))
  })
})

describe('the audit trail', () => {
  it('has every read and write of a study, with its outcome', async () => {
    const entries: unknown[] = []
    const audit: AuditTrail = {
      async record({ action, target, studyInstanceUid, what, outcome }) {
        entries.push([action, target, studyInstanceUid, what, outcome])
      },
    }
    const audited = createDicomWebClient({ url: faulty.url, auth: { type: 'none' }, timeoutMs: 30_000, log, audit })
    await audited.searchStudies({})
    await audited.searchStudies({ patient: { patientId: 'PAT-9', issuerOfPatientId: '', onBehalfOf: STUDY } })
    await audited.searchInstances(STUDY)
    await audited.retrieveMetadata(STUDY)
    expect(await retrieve(audited)).toEqual(whole())
    for await (const _ of audited.retrieveSeries(STUDY, SERIES, uids)) break
    await audited.retrieveInstance(STUDY, SERIES, uids[0]!)
    await audited.store(STUDY, series.slice(0, 2))
    await audited.store(STUDY, [buildInstance({ study: '1.2.3', instance: '1.2.3.1' })])
    await failureOf(audited.retrieveMetadata('1.2.999'))
    expect(entries).toEqual([
      ['read', 'pacs', STUDY, 'studies of the patient', 'success'],
      ['read', 'pacs', STUDY, 'metadata', 'success'],
      ['read', 'pacs', STUDY, `series ${SERIES}`, 'success'],
      ['read', 'pacs', STUDY, `series ${SERIES}`, 'failure'],
      ['read', 'pacs', STUDY, `instance ${uids[0]}`, 'success'],
      ['write', 'pacs', STUDY, '2 instances', 'success'],
      ['write', 'pacs', STUDY, '1 instance', 'failure'],
      ['read', 'pacs', '1.2.999', 'metadata', 'failure'],
    ])
  })
})

describe('settings', () => {
  it.each([
    ['ftp://archive.invalid', 'pacs.url must be an http or https address'],
    ['nothing', 'pacs.url must be an http or https address'],
    [
      'http://user:secret@archive.invalid/',
      'pacs.url must not hold credentials; pacs.auth names the environment variables for them',
    ],
    ['http://archive.invalid/?key=secret', 'pacs.url must not hold a query or fragment'],
  ])('refuse the address %s', async (url, message) => {
    const failure = await failureOf((async () => client(1000, url))())
    expect([failure.code, failure.message]).toEqual(['SETTINGS_INVALID', message])
  })

  it('refuse a UID that is none', async () => {
    for (const uid of ['../../system', '1.2/3', '', '1..2', '*', '1.2,1.3']) {
      const failure = await failureOf(archive.retrieveMetadata(uid))
      expect([failure.code, failure.message]).toEqual([
        'NOT_FOUND',
        'not a DICOM UID: digits and dots, at most 64 characters',
      ])
    }
    expect(faulty.requests).toEqual([])
  })
})
