// The client against a real Orthanc with its DICOMweb plugin: the contract, refused credentials, and a server that dies.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateStudy } from '../../demo/phantom/study.ts'
import { planSeries } from '../../src/dicom/series-volume.ts'
import { createDicomWebClient } from '../../src/dicomweb/client.ts'
import { STRUCTURAL } from '../../src/domain/study.ts'
import { selectSeries } from '../../src/inference/series/select-series.ts'
import { archivedPriorContract } from '../contract/archived-prior.ts'
import { failureOf, imageArchiveContract } from '../contract/image-archive.ts'
import { buildSeries } from '../support/instances.ts'
import { type MetadataMode, startOrthanc, type TestOrthanc } from '../support/orthanc.ts'
import { createKeptLog } from '../support/quiet-log.ts'

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
