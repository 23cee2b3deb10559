// The archive and the spool read as one: the union of both, headers from the archive first, pixels from here first.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type DemoArchive, startDemoArchive } from '../../demo/archive/archive-server.ts'
import { text } from '../../src/dicom/dataset.ts'
import { createDicomWebClient } from '../../src/dicomweb/client.ts'
import { describeObject } from '../../src/dicomweb/describe-object.ts'
import type { ImageArchive } from '../../src/domain/ports/image-archive.ts'
import type { ReceivedImages } from '../../src/domain/ports/received-images.ts'
import { openReceivedImages } from '../../src/receiving/spool.ts'
import { withReceived } from '../../src/receiving/with-received.ts'
import { imageSetOf } from '../../src/triggers/image-set.ts'
import { failureOf } from '../support/failure-of.ts'
import { buildInstance, buildSeries } from '../support/instances.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { quietLog } from '../support/quiet-log.ts'

const STUDY = '1.2.826.0.1.3680043.8.498.32'
const SERIES = `${STUDY}.1`
const [one, two, three] = buildSeries(3, { study: STUDY, series: SERIES }) as [never, never, never] as ReturnType<
  typeof buildSeries
>

let folder: string
let demo: DemoArchive
let pacs: ImageArchive
let spool: ReceivedImages
let archive: ImageArchive
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-received-'))
  demo = await startDemoArchive()
  pacs = createDicomWebClient({ url: demo.url, auth: { type: 'none' }, timeoutMs: 30_000, log: quietLog })
  spool = await openReceivedImages({ folder, clock: createManualClock(), expectRoom: async () => undefined })
  archive = withReceived(pacs, spool)
})
afterEach(async () => {
  await demo.close()
  await rm(folder, { recursive: true, force: true })
})

const receive = async (...instances: ReturnType<typeof buildSeries>) => {
  for (const { bytes } of instances) await spool.put(describeObject(bytes), bytes)
}
async function pixelsOf(expected: string[]) {
  const got: string[] = []
  for await (const bytes of archive.retrieveSeries(STUDY, SERIES, expected))
    got.push(Buffer.from(bytes).toString('hex'))
  return got.sort()
}
const hexes = (instances: ReturnType<typeof buildSeries>) =>
  instances.map(({ bytes }) => Buffer.from(bytes).toString('hex')).sort()
const uids = (instances: ReturnType<typeof buildSeries>) => instances.map(({ sopInstanceUid }) => sopInstanceUid).sort()

it('is the spool alone where the archive has nothing, and the archive alone where nothing was received', async () => {
  expect(await archive.searchInstances(STUDY)).toEqual([])
  expect((await failureOf(archive.retrieveMetadata(STUDY))).code).toBe('NOT_FOUND')
  await receive(one!, two!, three!)
  const study = await archive.retrieveMetadata(STUDY)
  expect(study.series).toHaveLength(1)
  expect(study.series[0]).toMatchObject({ seriesInstanceUid: SERIES, modality: 'MR' })
  expect(uids(study.series[0]!.instances as never)).toEqual(uids([one!, two!, three!]))
  expect(text(study.series[0]!.instances[0]!.metadata, 'PatientName')).toBe('Łukasz^Żółć=山田^太郎')
  expect(await pixelsOf(uids([one!, two!, three!]))).toEqual(hexes([one!, two!, three!]))

  const other = buildInstance({ study: '1.2.840.1', instance: '1.2.840.1.1' })
  await pacs.store('1.2.840.1', [other])
  expect(await archive.retrieveMetadata('1.2.840.1')).toEqual(await pacs.retrieveMetadata('1.2.840.1'))
})

it('joins what each of them has; the set of images stays the same when the archive gets the rest', async () => {
  await receive(one!, two!)
  await pacs.store(STUDY, [two!, three!])
  const search = await archive.searchInstances(STUDY)
  expect(uids(search as never)).toEqual(uids([one!, two!, three!]))
  const study = await archive.retrieveMetadata(STUDY)
  expect(study.series).toHaveLength(1)
  expect(uids(study.series[0]!.instances as never)).toEqual(uids([one!, two!, three!]))
  expect(await pixelsOf(uids([one!, two!, three!]))).toEqual(hexes([one!, two!, three!]))
  const { digest } = imageSetOf(study.series)
  await pacs.store(STUDY, [one!])
  expect(imageSetOf((await archive.retrieveMetadata(STUDY)).series).digest).toBe(digest)
  await spool.remove(STUDY, new Date('2100-01-01'))
  expect(imageSetOf((await archive.retrieveMetadata(STUDY)).series).digest).toBe(digest)
})

it('takes a patient that was corrected in the archive from there, and the pixels from here', async () => {
  const sent = buildInstance({ study: STUDY, series: SERIES, instance: `${SERIES}.1`, patientId: 'WRONG' })
  const corrected = buildInstance({ study: STUDY, series: SERIES, instance: `${SERIES}.1`, patientId: 'RIGHT' })
  await receive(sent)
  await pacs.store(STUDY, [corrected])
  const { series } = await archive.retrieveMetadata(STUDY)
  expect(text(series[0]!.instances[0]!.metadata, 'PatientID')).toBe('RIGHT')
  expect(await pixelsOf([`${SERIES}.1`])).toEqual(hexes([sent]))
  expect(
    Buffer.from(await archive.retrieveInstance(STUDY, SERIES, `${SERIES}.1`)).equals(Buffer.from(sent.bytes)),
  ).toBe(true)
})

it('does not guess what an archive has that does not answer', async () => {
  await receive(one!)
  await demo.close()
  expect((await failureOf(archive.searchInstances(STUDY))).code).toBe('ARCHIVE_UNREACHABLE')
  expect((await failureOf(archive.retrieveMetadata(STUDY))).code).toBe('ARCHIVE_UNREACHABLE')
  demo = await startDemoArchive()
})
