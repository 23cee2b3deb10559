// Archives as their documents and their users describe them: what each refuses, leaves out or answers otherwise. All are served.
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { startDemoArchive } from '../../demo/archive/archive-server.ts'
import { createDicomWebClient } from '../../src/dicomweb/client.ts'
import { parseMediaType } from '../../src/dicomweb/media-type.ts'
import { decodeMultipart, joinChunks } from '../../src/dicomweb/multipart.ts'
import { buildSeries } from '../support/instances.ts'
import { createKeptLog } from '../support/quiet-log.ts'

interface Asked {
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
}
interface Profile {
  /** The status with which the archive refuses what is asked, if it does. */
  refuses(asked: Asked): number | undefined
  /** Changes the rows of a list. */
  rows?(rows: unknown[], asked: Asked): unknown[]
  /** Changes the text of a list. */
  text?(text: string, asked: Asked): string
  /** Objects in one part, as AWS HealthImaging sends them. */
  singlePart?: boolean
  /** What is learnt, question → way. */
  ways: Record<string, string>
}

const isSearch = ({ method, path }: Asked) => method === 'GET' && /(\/studies|\/series|\/instances)$/.test(path)
const isMetadata = ({ path }: Asked) => path.endsWith('/metadata')
const level = (path: string) =>
  path
    .split('/')
    .filter((part) => ['studies', 'series', 'instances'].includes(part))
    .at(-1)
const isObjects = ({ method, path }: Asked) => method === 'GET' && /\/(series|instances)\/[\d.]+$/.test(path)
const strip = (rows: unknown[], tags: string[]) =>
  (rows as Record<string, unknown>[]).map((row) =>
    Object.fromEntries(Object.entries(row).filter(([tag]) => !tags.includes(tag))),
  )

const PROFILES: Record<string, Profile> = {
  'dcm4chee (strict about Accept)': {
    refuses: (asked) => (isObjects(asked) && /transfer-syntax=\*/.test(asked.headers.accept ?? '') ? 406 : undefined),
    ways: { 'objects of a series': 'multipart' },
  },
  'Orthanc, StudiesMetadata MainDicomTags': {
    refuses: () => undefined,
    rows: (rows, asked) =>
      isMetadata(asked) && level(asked.path) !== 'instances' ? strip(rows, ['00080016', '00280100', '00280101']) : rows,
    ways: { metadata: 'instance by instance' },
  },
  'Orthanc, Extrapolate': {
    refuses: () => undefined,
    rows: (rows, asked) => (isMetadata(asked) && level(asked.path) === 'studies' ? strip(rows, ['00280100']) : rows),
    ways: { metadata: 'series by series' },
  },
  'AWS HealthImaging': {
    refuses: (asked) =>
      (isMetadata(asked) && level(asked.path) !== 'series') || (isObjects(asked) && level(asked.path) === 'series')
        ? 404
        : isObjects(asked) && /multipart/.test(asked.headers.accept ?? '')
          ? 406
          : undefined,
    singlePart: true,
    ways: {
      metadata: 'series by series',
      objects: 'single part, stored transfer syntax',
      'objects of a series': 'instance by instance',
    },
  },
  'Azure (no ModalitiesInStudy, no open ranges)': {
    refuses: ({ query }) =>
      query.has('ModalitiesInStudy') || /^\d{8}-$|^-\d{8}$/.test(query.get('StudyDate') ?? '') ? 400 : undefined,
    ways: { 'search of studies': 'date ranges with an end, no ModalitiesInStudy' },
  },
  'Google (400 for a page after the last)': {
    refuses: ({ query }) => (Number(query.get('offset') ?? 0) > 0 ? 400 : undefined),
    ways: {},
  },
  'an archive with 404 for a page after the last': {
    refuses: ({ query }) => (Number(query.get('offset') ?? 0) > 0 ? 404 : undefined),
    ways: {},
  },
  "Medplum's DICOMweb (series metadata only)": {
    refuses: (asked) => (isMetadata(asked) && level(asked.path) !== 'series' ? 404 : undefined),
    ways: { metadata: 'series by series' },
  },
  'Conquest (no includefield, no paging, plain JSON type)': {
    refuses: (asked) =>
      isSearch(asked) && (asked.query.has('includefield') || asked.query.has('limit'))
        ? 400
        : isObjects(asked) || asked.method === 'POST' || asked.headers.accept === 'application/json'
          ? undefined
          : 406,
    ways: {
      lists: 'application/json',
      'search of studies': 'no includefield, no paging',
      'search of instances': 'no includefield, no paging',
    },
  },
  'a proxy that refuses bodies in chunks': {
    refuses: ({ method, headers }) =>
      method === 'POST' && (headers['content-length'] === undefined || headers['transfer-encoding'] !== undefined)
        ? 411
        : undefined,
    ways: {},
  },
  'values without their list, a null row, a row that is no JSON': {
    refuses: () => undefined,
    rows: (rows, asked) =>
      isSearch(asked) && level(asked.path) === 'studies'
        ? [null, { '0020000D': { vr: 'UI', Value: '1.2.3' } }, 'odd', ...rows]
        : JSON.parse(JSON.stringify(rows).replaceAll(/"Value":\["(DCM|MR)"\]/g, '"Value":"$1"')),
    text: (text, asked) =>
      isSearch(asked) && level(asked.path) === 'studies'
        ? text.replace(/^\[/, '[{"0020000D":{"vr":"UI","Value":[NaN]}},')
        : text,
    ways: {},
  },
}

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

/** The demo archive behind the profile; what it refused is kept, but for pages after the last. */
async function startProfile(profile: Profile) {
  const archive = await startDemoArchive()
  undo.push(() => archive.close())
  const refused: string[] = []
  const root = new URL(archive.url).pathname
  const server = createServer(async (request, response) => {
    const url = new URL(request.url!, 'http://localhost')
    const asked: Asked = {
      method: request.method!,
      path: url.pathname.slice(root.length),
      query: url.searchParams,
      headers: request.headers,
    }
    const chunks: Uint8Array[] = []
    for await (const chunk of request) chunks.push(chunk as Uint8Array)
    const status = profile.refuses(asked)
    if (status !== undefined) {
      if (Number(url.searchParams.get('offset') ?? 0) === 0) refused.push(`${asked.method} ${asked.path}`)
      response.writeHead(status).end('no')
      return
    }
    const answer = await fetch(`${archive.url}${asked.path}${url.search}`, {
      method: asked.method,
      headers: {
        accept: isObjects(asked)
          ? 'multipart/related; type="application/dicom"; transfer-syntax=*'
          : 'application/dicom+json',
        ...(request.headers['content-type'] && { 'content-type': request.headers['content-type'] }),
      },
      ...(asked.method === 'POST' && { body: joinChunks(chunks) }),
    })
    const type = answer.headers.get('content-type')
    if (profile.singlePart && isObjects(asked)) {
      const { boundary } = parseMediaType(type).parameters
      for await (const part of decodeMultipart(answer.body!, boundary!)) {
        response.writeHead(200, { 'content-type': 'application/dicom' }).end(part.body)
        return
      }
    }
    const isList = type === 'application/dicom+json' && asked.method === 'GET'
    const bytes = new Uint8Array(await answer.arrayBuffer())
    const list = isList ? (JSON.parse(new TextDecoder().decode(bytes)) as unknown[]) : undefined
    const changed = list && JSON.stringify(profile.rows?.(list, asked) ?? list)
    response.writeHead(answer.status, type === null ? {} : { 'content-type': type })
    response.end(changed === undefined ? bytes : (profile.text?.(changed, asked) ?? changed))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  undo.push(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${root}`, refused }
}

const STUDY = '1.2.826.0.1.3680043.8.498.77'

it.each(Object.entries(PROFILES))('%s is searched, read and written', async (_name, profile) => {
  const { url, refused } = await startProfile(profile)
  const kept = new Map<string, string>()
  const memory = { recall: async () => kept.get('ways'), keep: async (value: string) => void kept.set('ways', value) }
  const open = () =>
    createDicomWebClient({ url, auth: { type: 'none' }, timeoutMs: 20_000, log: createKeptLog(), memory })
  const series = buildSeries(3, { study: STUDY, series: `${STUDY}.1`, studyDate: '20260301', rows: 8, columns: 8 })
  const uids = series.map(({ sopInstanceUid }) => sopInstanceUid)

  const work = async () => {
    const archive = open()
    expect((await archive.store(STUDY, series)).map(({ stored }) => stored)).toEqual([true, true, true])
    const found = await archive.searchStudies({ from: '20260228', modality: 'MR' })
    expect(found.map(({ studyInstanceUid }) => studyInstanceUid)).toContain(STUDY)
    expect(await archive.searchStudies({ from: '20260302', modality: 'MR' })).not.toContainEqual(
      expect.objectContaining({ studyInstanceUid: STUDY }),
    )
    expect((await archive.searchInstances(STUDY)).map(({ sopInstanceUid }) => sopInstanceUid).sort()).toEqual(
      [...uids].sort(),
    )
    const study = await archive.retrieveMetadata(STUDY)
    expect(study.series[0]!.instances.map(({ metadata }) => metadata['00280100']?.Value)).toEqual([[16], [16], [16]])
    const got: string[] = []
    for await (const bytes of archive.retrieveSeries(STUDY, `${STUDY}.1`, uids))
      got.push(Buffer.from(bytes).toString('hex'))
    expect(got.sort()).toEqual(series.map(({ bytes }) => Buffer.from(bytes).toString('hex')).sort())
    return archive
  }

  expect(await (await work()).ways!()).toEqual(profile.ways)
  // What was learnt is known at the next start: no request is refused any more, but for pages after the last.
  refused.length = 0
  await work()
  expect(refused).toEqual([])
})

it('learns the way of searches with and without a date once each, and is refused no more by either', async () => {
  const azure = PROFILES['Azure (no ModalitiesInStudy, no open ranges)']!
  const { url, refused } = await startProfile(azure)
  const archive = createDicomWebClient({ url, auth: { type: 'none' }, timeoutMs: 20_000, log: createKeptLog() })
  const look = async () => {
    await archive.searchStudies({ from: '20260228', modality: 'MR' })
    await archive.searchStudies({ undated: true, modality: 'MR' })
  }
  await look()
  expect(await archive.ways!()).toEqual({
    'search of studies': 'date ranges with an end, no ModalitiesInStudy',
    'search of studies without a date': 'no ModalitiesInStudy',
  })
  expect(refused).not.toEqual([])
  refused.length = 0
  await look()
  expect(refused).toEqual([])
})

it('tells a study whose JSON is not valid from an answer that ends early', async () => {
  const profile = (text: (text: string) => string): Profile => ({
    refuses: () => undefined,
    text: (given, asked) => (isMetadata(asked) ? text(given) : given),
    ways: {},
  })
  for (const [change, code, said] of [
    [
      (text: string) => text.replace(/"Value":\[16\]/, '"Value":[NaN]'),
      'ARCHIVE_NOT_DICOMWEB',
      'data set 1 of 3 is no valid DICOM JSON',
    ],
    [
      (text: string) => text.replace('"Value":["MR"]', '"Value":["M\u0001R"]'),
      'ARCHIVE_NOT_DICOMWEB',
      'is no valid DICOM JSON',
    ],
    [(text: string) => text.slice(0, text.length - 400), 'ARCHIVE_TRUNCATED', 'is not whole'],
  ] as const) {
    const { url } = await startProfile(profile(change))
    const archive = createDicomWebClient({ url, auth: { type: 'none' }, timeoutMs: 20_000, log: createKeptLog() })
    await archive.store(STUDY, buildSeries(3, { study: STUDY, series: `${STUDY}.1`, rows: 8, columns: 8 }))
    await expect(archive.retrieveMetadata(STUDY)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(said),
    })
  }
})
