// The client against a real Orthanc with its DICOMweb plugin: the contract, refused credentials, and a server that dies.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateStudy } from '../../demo/phantom/study.ts'
import { planSeries } from '../../src/dicom/series-volume.ts'
import { orthancChanges } from '../../src/dicomweb/change-feeds.ts'
import { createDicomWebClient } from '../../src/dicomweb/client.ts'
import { openConnection } from '../../src/dicomweb/client-connection.ts'
import { STRUCTURAL } from '../../src/domain/study.ts'
import { selectSeries } from '../../src/inference/series/select-series.ts'
import { createChangeFeedTrigger } from '../../src/triggers/change-feed.ts'
import { archivedPriorContract } from '../contract/archived-prior.ts'
import { imageArchiveContract } from '../contract/image-archive.ts'
import { failureOf } from '../support/failure-of.ts'
import { buildSeries } from '../support/instances.ts'
import { createMemoryWatchStore } from '../support/memory-watch-store.ts'
import { type MetadataMode, startOrthanc, type TestOrthanc } from '../support/orthanc.ts'
import { createKeptLog } from '../support/quiet-log.ts'
import { realClock } from '../support/real-clock.ts'

const BUNDLE = {
  sequences: Object.fromEntries(STRUCTURAL.map((name, channel) => [name, { channel, required: false }])),
}

const clientOf = ({ url, username, password }: TestOrthanc) =>
  createDicomWebClient({ url, auth: { type: 'basic', username, password }, timeoutMs: 30_000, log: createKeptLog() })

/** The other two modes answer for speed with an excerpt; then the service asks for each instance. */
describe.each<[MetadataMode, Record<string, string>]>([
  ['Full', {}],
  ['MainDicomTags', { metadata: 'instance by instance' }],
  ['Extrapolate', { metadata: 'instance by instance' }],
])('Orthanc with StudiesMetadata and SeriesMetadata "%s"', (mode, ways) => {
  let orthanc: TestOrthanc
  beforeAll(async () => {
    orthanc = await startOrthanc(mode)
  })
  afterAll(() => orthanc?.close())

  it('gives the whole metadata of a study, from which the same series are chosen as from its files', async () => {
    const made = await generateStudy({ seed: 7, size: 'small' })
    const archive = clientOf(orthanc)
    await archive.store(made.studyInstanceUid, made.instances)
    const study = await archive.retrieveMetadata(made.studyInstanceUid)
    expect(study.series.map(({ instances }) => instances.length).sort()).toEqual(
      made.series
        .map(({ seriesInstanceUid: uid }) => made.instances.filter((one) => one.seriesInstanceUid === uid).length)
        .sort(),
    )
    const { chosen } = selectSeries(study, BUNDLE)
    const right = made.series.flatMap(({ sequence, seriesInstanceUid }) =>
      STRUCTURAL.some((one) => one === sequence) ? [[sequence, seriesInstanceUid]] : [],
    )
    expect(
      Object.entries(chosen)
        .map(([sequence, series]) => [sequence, series.seriesInstanceUid])
        .sort(),
    ).toEqual(right.sort())
    for (const series of Object.values(chosen)) expect(planSeries(series).grid.size[2]).toBeGreaterThan(15)
    expect(await archive.ways?.()).toEqual(ways)
  })
})

imageArchiveContract('Orthanc', async () => {
  const orthanc = await startOrthanc()
  return { archive: clientOf(orthanc), close: orthanc.close }
})

archivedPriorContract('Orthanc', async () => {
  const { url, username, password, close } = await startOrthanc()
  return { connection: { url, auth: { type: 'basic', username, password } }, close }
})

describe('Orthanc', () => {
  let orthanc: TestOrthanc
  beforeAll(async () => {
    orthanc = await startOrthanc()
  })
  afterAll(() => orthanc?.close())

  it('refuses wrong credentials, and so does the client, without showing them', async () => {
    const archive = clientOf({ ...orthanc, password: 'wrong-secret' })
    const failures = [
      await failureOf(archive.searchStudies({})),
      await failureOf(archive.store('1.2.3', buildSeries(1, { study: '1.2.3', series: '1.2.3.1' }))),
    ]
    for (const failure of failures) {
      expect(failure.code).toBe('ARCHIVE_AUTH')
      expect(failure.message).toContain('the archive answered 401')
      expect(failure.message).not.toContain('secret')
    }
  })

  it('answers again after it was killed and started again', async () => {
    const archive = clientOf(orthanc)
    const study = '1.2.826.0.1.3680043.8.498.77'
    await archive.store(study, buildSeries(2, { study, series: `${study}.1` }))
    await orthanc.stop('SIGKILL')
    const failure = await failureOf(archive.searchInstances(study))
    expect(failure.code).toBe('ARCHIVE_UNREACHABLE')
    expect(failure.message).toContain('nothing listens there')
    await orthanc.start()
    expect(await archive.searchInstances(study)).toHaveLength(2)
  })

  it('that is killed in the middle of a series never looks like a whole series', async () => {
    const archive = clientOf(orthanc)
    const study = '1.2.826.0.1.3680043.8.498.78'
    // More than the buffers between the two processes can hold.
    const series = buildSeries(200, { study, series: `${study}.1`, rows: 274, columns: 384 })
    await archive.store(study, series)
    const got: Uint8Array[] = []
    const retrieving = (async () => {
      const uids = series.map((one) => one.sopInstanceUid)
      for await (const bytes of archive.retrieveSeries(study, `${study}.1`, uids)) {
        got.push(bytes)
        if (got.length === 1) await orthanc.stop('SIGKILL')
      }
    })()
    const failure = await failureOf(retrieving)
    expect(failure.code).toBe('ARCHIVE_UNREACHABLE')
    expect(got.length).toBeLessThan(200)
  })
})

describe('the changes of Orthanc', () => {
  const uid = (n: number) => `1.2.826.0.1.3680043.8.498.9${n}`
  let orthanc: TestOrthanc
  beforeAll(async () => {
    orthanc = await startOrthanc()
  })
  afterAll(() => orthanc?.close())

  /** Runs the trigger until the study was named; what it named. */
  async function hintsUntil(of: TestOrthanc, watchStore: ReturnType<typeof createMemoryWatchStore>, study: string) {
    const { username, password, restUrl } = of
    const connection = openConnection({
      url: restUrl,
      auth: { type: 'basic', username, password },
      timeoutMs: 10_000,
    })
    const feed = orthancChanges(connection, 'orthanc')
    const options = { feed, watchStore, clock: realClock, intervalSeconds: 0.2, log: createKeptLog() }
    const stopping = new AbortController()
    const hints: string[] = []
    await createChangeFeedTrigger(options).run(
      async (hinted) => {
        hints.push(hinted)
        if (hinted === study) stopping.abort()
      },
      AbortSignal.any([stopping.signal, AbortSignal.timeout(20_000)]),
    )
    return hints
  }
  const send = (of: TestOrthanc, study: string, series = 1) =>
    clientOf(of).store(study, buildSeries(2, { study, series: `${study}.${series}` }))

  it('name a study that lands, one that lands while nobody listens, and a late series; not what was there before', async () => {
    const watchStore = createMemoryWatchStore()
    await send(orthanc, uid(0))
    setTimeout(() => void send(orthanc, uid(1)), 1000)
    expect(await hintsUntil(orthanc, watchStore, uid(1))).not.toContain(uid(0))
    await send(orthanc, uid(2))
    expect(await hintsUntil(orthanc, watchStore, uid(2))).toContain(uid(2))
    // StableStudy of both has come by then.
    await new Promise((resolve) => setTimeout(resolve, 4000))
    await hintsUntil(orthanc, watchStore, uid(2))
    await send(orthanc, uid(1), 2)
    expect(await hintsUntil(orthanc, watchStore, uid(1))).toEqual([uid(1)])
  })

  it('are read on after Orthanc was killed, and after it was emptied and counts anew', async () => {
    const watchStore = createMemoryWatchStore()
    watchStore.cursors.set('changes orthanc', '4711')
    await orthanc.stop('SIGKILL')
    setTimeout(() => void orthanc.start().then(() => setTimeout(() => void send(orthanc, uid(5)), 1500)), 500)
    expect(await hintsUntil(orthanc, watchStore, uid(5))).toContain(uid(5))
  })
})
