// The demo archive's own promises: statuses, conflicts, matching, other representations, what it refuses, what survives a restart.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createArchiveApp } from '../../demo/archive/archive-app.ts'
import { startDemoArchive } from '../../demo/archive/archive-server.ts'
import { openInstanceStore } from '../../demo/archive/store.ts'
import { parseMediaType } from '../../src/dicomweb/media-type.ts'
import { decodeMultipart, encodeMultipart } from '../../src/dicomweb/multipart.ts'
import { type BuiltInstance, buildInstance, buildSeries, RLE, SEG } from '../support/instances.ts'

const STUDY = '1.2.826.0.1.3680043.8.498.9'
const SERIES = `${STUDY}.1`
const TYPE = 'multipart/related; type="application/dicom"; boundary=bb'

let folder: string
let app: Hono

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-test-'))
  app = createArchiveApp(await openInstanceStore(folder))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const bodyOf = (objects: readonly Uint8Array[]) =>
  Buffer.concat([
    ...encodeMultipart(
      objects.map((bytes) => ({ contentType: 'application/dicom', bytes })),
      'bb',
    ),
  ])

async function post(path: string, body: string | Uint8Array<ArrayBuffer>, type = TYPE) {
  const answer = await app.request(`http://archive/dicom-web${path}`, {
    method: 'POST',
    body,
    headers: { 'content-type': type },
  })
  const dataset = (await answer.json()) as Record<string, { Value?: Record<string, { Value?: unknown[] }>[] }>
  const read = (tag: string, of: string) => (dataset[tag]?.Value ?? []).map((item) => item[of]?.Value?.[0])
  return {
    status: answer.status,
    stored: read('00081199', '00081155'),
    failed: read('00081198', '00081155'),
    reasons: read('00081198', '00081197'),
    unnamed: read('0008119A', '00081197'),
  }
}
const store = (path: string, ...objects: BuiltInstance[]) => post(path, bodyOf(objects.map((one) => one.bytes)))
const get = (path: string, accept?: string) =>
  app.request(`http://archive/dicom-web${path}`, accept === undefined ? {} : { headers: { accept } })

async function partsOf(answer: Response) {
  const boundary = parseMediaType(answer.headers.get('content-type')).parameters.boundary!
  const parts: { type: string | undefined; bytes: string }[] = []
  async function* whole() {
    yield new Uint8Array(await answer.arrayBuffer())
  }
  for await (const part of decodeMultipart(whole(), boundary)) {
    parts.push({ type: part.headers['content-type'], bytes: Buffer.from(part.body).toString('hex') })
  }
  return parts
}

describe('STOW-RS', () => {
  it('answers 200, 202, 409 as all, some or none were stored', async () => {
    const [a, b] = buildSeries(2, { study: STUDY, series: SERIES }) as [BuiltInstance, BuiltInstance]
    const foreign = buildInstance({ study: '1.2.3', instance: '1.2.3.4' })
    expect(await store('/studies', a)).toEqual({
      status: 200,
      stored: [a.sopInstanceUid],
      failed: [],
      reasons: [],
      unnamed: [],
    })
    expect(await store(`/studies/${STUDY}`, b, foreign)).toEqual({
      status: 202,
      stored: [b.sopInstanceUid],
      failed: ['1.2.3.4'],
      reasons: [0xc409],
      unnamed: [],
    })
    expect(await store(`/studies/${STUDY}`, foreign)).toEqual({
      status: 409,
      stored: [],
      failed: ['1.2.3.4'],
      reasons: [0xc409],
      unnamed: [],
    })
    expect((await get('/studies/1.2.3/metadata')).status).toBe(404)
  })

  it('keeps the first object of a UID, and calls another one a duplicate', async () => {
    const first = buildInstance({ study: STUDY, instance: `${SERIES}.1` })
    const other = buildInstance({ study: STUDY, instance: `${SERIES}.1`, patientName: 'Other^Name' })
    await store('/studies', first)
    expect((await store('/studies', first)).status).toBe(200)
    expect(await store('/studies', other)).toMatchObject({ status: 409, reasons: [0x0111] })
    const together = await Promise.all(
      [1, 2, 3].map((n) => store('/studies', buildInstance({ study: STUDY, instance: `${SERIES}.2`, number: n }))),
    )
    expect(together.map((one) => one.status).sort()).toEqual([200, 409, 409])
  })

  it('refuses what is damaged, and requests that are not of its kind', async () => {
    const { bytes } = buildInstance({ study: STUDY, instance: `${SERIES}.1` })
    expect(await post('/studies', bodyOf([bytes.subarray(0, bytes.length - 10)]))).toMatchObject({
      status: 409,
      failed: [`${SERIES}.1`],
      reasons: [0xc000],
    })
    expect(await post('/studies', bodyOf([new Uint8Array(300)]))).toMatchObject({
      status: 409,
      failed: [],
      unnamed: [0xc000],
    })
    expect((await post('/studies', bodyOf([bytes]), 'application/dicom')).status).toBe(415)
    expect(
      (await post('/studies', bodyOf([bytes]), 'multipart/related; type="application/dicom+json"; boundary=bb')).status,
    ).toBe(415)
    expect((await post('/studies', 'no multipart')).status).toBe(400)
    expect((await post('/studies', bodyOf([]))).status).toBe(400)
    const cut = bodyOf([bytes, bytes])
    expect(await post('/studies', new Uint8Array(cut.subarray(0, cut.length - 40)))).toMatchObject({
      status: 400,
      stored: [`${SERIES}.1`],
    })
    expect((await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.part'))).toEqual([])
  })
})

describe('QIDO-RS', () => {
  beforeEach(async () => {
    await store('/studies', ...buildSeries(3, { study: STUDY, series: SERIES, studyDate: '20260110' }))
    await store(
      '/studies',
      buildInstance({
        study: STUDY,
        series: `${STUDY}.2`,
        instance: `${STUDY}.2.1`,
        modality: 'SEG',
        sopClass: SEG,
        studyDate: '20260110',
      }),
    )
    await store(
      '/studies',
      buildInstance({
        study: '1.2.3',
        series: '1.2.3.1',
        instance: '1.2.3.1.1',
        patientName: 'Nowak^Jan',
        patientId: 'PAT-2',
        studyDate: '20260220',
      }),
    )
  })
  const find = async (path: string) => {
    const answer = await get(path)
    return answer.status === 204 ? [] : ((await answer.json()) as Record<string, { Value?: unknown[] }>[])
  }
  const studies = async (query: string) => (await find(`/studies?${query}`)).map((one) => one['0020000D']?.Value?.[0])

  it.each([
    ['PatientID=PAT-2', ['1.2.3']],
    ['00100020=PAT-1', [STUDY]],
    ['PatientID=PAT-*', [STUDY, '1.2.3']],
    ['PatientID=PAT-?', [STUDY, '1.2.3']],
    ['PatientID=PAT.1', []],
    ['PatientName=nowak*', ['1.2.3']],
    [`PatientName=${encodeURIComponent('Łukasz*')}`, [STUDY]],
    [`PatientName=${encodeURIComponent('山田*')}`, [STUDY]],
    [`StudyInstanceUID=${STUDY},1.2.3`, [STUDY, '1.2.3']],
    [`StudyInstanceUID=1.2.3`, ['1.2.3']],
    ['StudyDate=20260110', [STUDY]],
    ['StudyDate=20260111-', ['1.2.3']],
    ['StudyDate=-20260110', [STUDY]],
    ['StudyDate=20260110-20260220&ModalitiesInStudy=SEG', [STUDY]],
    ['ModalitiesInStudy=CT', []],
    ['AccessionNumber=7', []],
    ['limit=1', [STUDY]],
    ['limit=1&offset=1', ['1.2.3']],
    ['offset=2', []],
  ])('finds studies by %s', async (query, expected) => {
    expect(await studies(query)).toEqual(expected)
  })

  it('gives counts, and attributes on demand', async () => {
    const [found] = await find(`/studies?StudyInstanceUID=${STUDY}`)
    expect([found!['00201206']?.Value, found!['00201208']?.Value, found!['00080061']?.Value]).toEqual([
      [2],
      [4],
      ['MR', 'SEG'],
    ])
    expect(found!['00080018']).toBeUndefined()
    const [series] = await find(`/studies/${STUDY}/series?Modality=MR`)
    expect([series!['0020000E']?.Value, series!['00201209']?.Value, series!['00280004']]).toEqual([
      [SERIES],
      [3],
      undefined,
    ])
    const [more] = await find(`/studies/${STUDY}/series?includefield=PhotometricInterpretation,00280010`)
    expect([more!['00280004']?.Value, more!['00280010']?.Value]).toEqual([['MONOCHROME2'], [5]])
    const all = await find(`/studies/${STUDY}/series/${SERIES}/instances?includefield=all`)
    expect(all.map((one) => one['00280101']?.Value)).toEqual([[12], [12], [12]])
    expect(await find('/series?Modality=SEG')).toHaveLength(1)
    expect(await find('/instances')).toHaveLength(5)
  })

  it('says that there is more, that nothing is there, and what it does not understand', async () => {
    expect((await get('/studies?limit=1')).headers.get('warning')).toContain('There are 1 additional results')
    expect((await get('/studies?limit=2')).headers.get('warning')).toBeNull()
    expect((await get('/studies?PatientID=none')).status).toBe(204)
    for (const query of ['limit=x', 'offset=-1', 'PatientIdd=1', 'includefield=Nothing'])
      expect((await get(`/studies?${query}`)).status).toBe(400)
  })
})

describe('WADO-RS', () => {
  const rle = buildInstance({ study: STUDY, instance: `${SERIES}.1`, transferSyntax: RLE })
  const path = `/studies/${STUDY}/series/${SERIES}/instances/${SERIES}.1`
  const native = buildInstance({ study: STUDY, instance: `${SERIES}.2`, rows: 2, columns: 3, number: 2 })
  beforeEach(async () => {
    await store('/studies', rle, native)
  })

  it('sends objects as stored, with their transfer syntax', async () => {
    const parts = await partsOf(await get(path, 'multipart/related; type="application/dicom"; transfer-syntax=*'))
    expect(parts).toEqual([
      { type: `application/dicom; transfer-syntax=${RLE}`, bytes: Buffer.from(rle.bytes).toString('hex') },
    ])
    expect(await partsOf(await get(`/studies/${STUDY}`))).toHaveLength(2)
  })

  it.each([
    [undefined, 200],
    ['*/*', 200],
    [`multipart/related; type="application/dicom"; transfer-syntax=${RLE}`, 200],
    ['image/png, multipart/related; type="application/dicom"', 200],
    ['multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2', 406],
    ['multipart/related; type="image/jpeg"', 406],
    ['application/dicom', 406],
  ])('takes Accept %s as it can', async (accept, status) => {
    expect((await get(path, accept)).status).toBe(status)
  })

  it('sends frames and bulk data', async () => {
    const at = path.replace(/1$/, '2')
    const pixels = Buffer.from(native.bytes.subarray(native.bytes.length - 12)).toString('hex')
    const frames = await partsOf(await get(`${at}/frames/1`))
    expect(frames).toEqual([{ type: 'application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1', bytes: pixels }])
    const metadata = (await (await get(`${at}/metadata`)).json()) as Record<string, { BulkDataURI?: string }>[]
    const address = metadata[0]!['7FE00010']!.BulkDataURI!
    expect(address).toBe(`http://archive/dicom-web${at}/bulkdata/7FE00010`)
    expect(await partsOf(await app.request(address))).toEqual(frames)
    expect((await get(`${at}/frames/2`)).status).toBe(404)
    expect((await get(`${at}/frames/0`)).status).toBe(400)
    expect((await get(`${at}/bulkdata/00100010`)).status).toBe(404)
  })

  it('does not offer what it does not have', async () => {
    for (const [at, what] of [
      [`${path}/rendered`, 'the demo archive does not offer rendered pictures'],
      [`/studies/${STUDY}/thumbnail`, 'the demo archive does not offer rendered pictures'],
      ['/workitems?00741000=SCHEDULED', 'the demo archive does not offer worklists (UPS-RS)'],
      ['/workitems/1.2/state', 'the demo archive does not offer worklists (UPS-RS)'],
    ] as const) {
      const answer = await get(at)
      expect([answer.status, await answer.text()]).toEqual([501, what])
    }
    expect((await get('/studies/1.2.9')).status).toBe(404)
    expect((await get('/nothing')).status).toBe(404)
  })
})

describe('the folder', () => {
  it('brings everything back at the next start, and loses what was not finished', async () => {
    const objects = buildSeries(3, { study: STUDY, series: SERIES })
    await store('/studies', ...objects)
    const unfinished = join(folder, STUDY, SERIES, `${SERIES}.9.dcm.x.part`)
    await writeFile(unfinished, objects[0]!.bytes.subarray(0, 300))
    app = createArchiveApp(await openInstanceStore(folder))
    const parts = await partsOf(await get(`/studies/${STUDY}`))
    expect(parts.map((part) => part.bytes).sort()).toEqual(
      objects.map((one) => Buffer.from(one.bytes).toString('hex')).sort(),
    )
    expect(await readdir(join(folder, STUDY, SERIES))).toHaveLength(3)
  })

  it('is temporary unless one is named', async () => {
    const archive = await startDemoArchive()
    expect((await fetch(`${archive.url}/studies`)).status).toBe(204)
    await archive.close()
    await expect(fetch(`${archive.url}/studies`)).rejects.toThrow()
    const kept = await startDemoArchive({ dataDir: join(folder, 'kept') })
    await kept.close()
    expect(await readdir(folder)).toContain('kept')
  })

  it('is not opened on a port that is taken', async () => {
    const archive = await startDemoArchive()
    await expect(startDemoArchive({ port: Number(new URL(archive.url).port) })).rejects.toThrow('EADDRINUSE')
    await archive.close()
  })
})
