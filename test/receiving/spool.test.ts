// The spool of received images: what was acknowledged is there, whole, once; nothing else is seen.
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeObject } from '../../src/dicomweb/describe-object.ts'
import { AppError } from '../../src/domain/errors.ts'
import { openReceivedImages } from '../../src/receiving/spool.ts'
import { failureOf } from '../support/failure-of.ts'
import { type BuiltInstance, buildInstance, buildSeries, SEG } from '../support/instances.ts'
import { createManualClock } from '../support/manual-clock.ts'

const STUDY = '1.2.826.0.1.3680043.8.498.31'
const room = async () => undefined

let folder: string
let clock: ReturnType<typeof createManualClock>
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-received-'))
  clock = createManualClock()
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const openSpool = (expectRoom: () => Promise<void> = room) => openReceivedImages({ folder, clock, expectRoom })
const putInto = (spool: Awaited<ReturnType<typeof openSpool>>, { bytes }: Pick<BuiltInstance, 'bytes'>) =>
  spool.put(describeObject(bytes), bytes)
const filesIn = async () =>
  (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())

describe('the spool of received images', () => {
  it('gives back what was put, also after a restart, and answers a search by names alone', async () => {
    const before = await openSpool()
    const t1 = buildSeries(3, { study: STUDY, series: `${STUDY}.1` })
    const seg = buildInstance({
      study: STUDY,
      series: `${STUDY}.2`,
      instance: `${STUDY}.2.1`,
      sopClass: SEG,
      modality: 'SEG',
    })
    for (const one of [...t1, seg]) expect(await putInto(before, one)).toBe('stored')
    const spool = await openSpool()
    const found = await spool.instances(STUDY)
    expect(found.sort((a, b) => a.sopInstanceUid.localeCompare(b.sopInstanceUid))).toEqual(
      [...t1, seg].map(({ studyInstanceUid, seriesInstanceUid, sopInstanceUid, sopClassUid }) => {
        const modality = seriesInstanceUid === `${STUDY}.2` ? 'SEG' : 'MR'
        return { studyInstanceUid, seriesInstanceUid, sopInstanceUid, sopClassUid, modality }
      }),
    )
    for (const one of [...t1, seg])
      expect(Buffer.from((await spool.read(one))!).equals(Buffer.from(one.bytes))).toBe(true)
    expect(await spool.read({ ...t1[0]!, sopInstanceUid: '1.2.3' })).toBeUndefined()
    expect(await spool.instances('1.2.3')).toEqual([])
    expect(await spool.whichAreKept([`${STUDY}.1.2`, '1.2.3'])).toEqual(new Set([`${STUDY}.1.2`]))
  })

  it('takes the same data set again as kept, and keeps the first of two that differ', async () => {
    const spool = await openSpool()
    const first = buildInstance({ study: STUDY, instance: `${STUDY}.1.1` })
    const wrapped = buildInstance({ study: STUDY, instance: `${STUDY}.1.1`, metaInstance: `${STUDY}.1.9` })
    const other = buildInstance({ study: STUDY, instance: `${STUDY}.1.1`, patientName: 'Other^Name' })
    const answers = await Promise.all([first, first, wrapped, other].map((one) => putInto(spool, one)))
    expect(answers).toEqual(['stored', 'same', 'same', 'other'])
    expect(Buffer.from((await spool.read(first))!).equals(Buffer.from(first.bytes))).toBe(true)
    expect(await filesIn()).toHaveLength(1)
  })

  it('keeps nothing of an object for which there is no room, or that cannot be written, and says which', async () => {
    const one = buildInstance({ study: STUDY, instance: `${STUDY}.1.1` })
    const full = await openSpool(() => Promise.reject(new AppError('DISK_FULL', '12 MiB are free')))
    expect((await failureOf(putInto(full, one))).code).toBe('DISK_FULL')
    const failing = (code: string) => openSpool(() => Promise.reject(Object.assign(new Error('secret'), { code })))
    expect(await failureOf(putInto(await failing('ENOSPC'), one))).toMatchObject({
      code: 'DISK_FULL',
      message: 'the disk of receive.folder is full (ENOSPC)',
    })
    // A file where the study's folder should be.
    await writeFile(join(folder, STUDY), '')
    expect((await failureOf(putInto(await openSpool(), one))).code).toBe('RECEIVED_UNWRITABLE')
    expect((await filesIn()).map(({ name }) => name)).toEqual([STUDY])
  })

  it('never shows what a crash left half written, and removes it after an hour', async () => {
    const spool = await openSpool()
    await mkdir(join(folder, '.incoming'), { recursive: true })
    await writeFile(join(folder, '.incoming', 'half'), 'half an object')
    expect(await spool.studies()).toEqual([])
    clock.advance((Date.now() - clock.now().getTime()) / 1000 + 3700)
    await spool.remove(STUDY, clock.now())
    expect(await filesIn()).toEqual([])
  })

  it('removes a study whole, unless an object of it came later', async () => {
    const spool = await openSpool()
    for (const one of buildSeries(2, { study: STUDY, series: `${STUDY}.1` })) await putInto(spool, one)
    const before = clock.now()
    clock.advance(10)
    await putInto(spool, buildInstance({ study: STUDY, series: `${STUDY}.2`, instance: `${STUDY}.2.1` }))
    expect(await spool.studies()).toEqual([{ studyInstanceUid: STUDY, changedAt: clock.now() }])
    expect(await spool.remove(STUDY, before)).toBe(false)
    expect(await spool.remove(STUDY, clock.now())).toBe(true)
    expect(await spool.studies()).toEqual([])
    expect(await filesIn()).toEqual([])
    expect(await spool.remove(STUDY, clock.now())).toBe(false)
    // Its folders are made anew.
    expect(await putInto(spool, buildInstance({ study: STUDY, series: `${STUDY}.2`, instance: `${STUDY}.2.1` }))).toBe(
      'stored',
    )
  })
})

describe('many objects at once', () => {
  const objectOf = ({ bytes }: BuiltInstance) => ({ instance: describeObject(bytes), bytes })

  it('have each their own outcome, in their order, also two under one UID', async () => {
    const spool = await openSpool()
    const series = buildSeries(20, { study: STUDY, series: `${STUDY}.1` })
    const elsewhere = buildSeries(2, { study: `${STUDY}.9`, series: `${STUDY}.9.1` })
    const other = buildInstance({
      study: STUDY,
      series: `${STUDY}.1`,
      instance: `${STUDY}.1.1`,
      patientName: 'Other^Name',
    })
    const all = [...series, other, ...elsewhere, series[3]!]
    const outcomes = await spool.putAll(all.map(objectOf))
    expect(outcomes.map((one) => (one.status === 'fulfilled' ? one.value : one.reason))).toEqual([
      ...series.map(() => 'stored'),
      'other',
      'stored',
      'stored',
      'same',
    ])
    expect(await filesIn()).toHaveLength(22)
    expect(Buffer.from((await spool.read(series[0]!))!).equals(Buffer.from(series[0]!.bytes))).toBe(true)
  })

  it('are refused one by one: what cannot be kept takes no other with it', async () => {
    let left = 3
    const spool = await openSpool(async () => {
      left -= 1
      if (left < 0) throw new AppError('DISK_FULL', '12 MiB are free')
    })
    const five = buildSeries(5, { study: STUDY, series: `${STUDY}.1` })
    const outcomes = await spool.putAll(five.map(objectOf))
    // They go side by side, so that any three may be the ones that find room.
    const answers = outcomes.map((one) => (one.status === 'fulfilled' ? one.value : one.reason.code))
    expect(answers.toSorted()).toEqual(['DISK_FULL', 'DISK_FULL', 'stored', 'stored', 'stored'])
    const kept = await spool.whichAreKept(five.map(({ sopInstanceUid }) => sopInstanceUid))
    expect(five.map(({ sopInstanceUid }) => kept.has(sopInstanceUid))).toEqual(answers.map((one) => one === 'stored'))
    expect(await filesIn()).toHaveLength(3)
  })

  it('wait for the disk far less often than they are', async () => {
    const { open } = await import('node:fs/promises')
    const probe = await open(folder)
    const handle = Object.getPrototypeOf(probe)
    await probe.close()
    const { sync } = handle
    let folders = 0
    let files = 0
    handle.sync = async function (this: typeof probe) {
      if ((await this.stat()).isDirectory()) folders += 1
      else files += 1
      return sync.call(this)
    }
    try {
      const spool = await openSpool()
      await spool.putAll(buildSeries(50, { study: STUDY, series: `${STUDY}.1` }).map(objectOf))
    } finally {
      handle.sync = sync
    }
    // Each file once; the folders of series, study and spool, and not one for each file.
    expect([files, folders]).toEqual([50, 3])
  })
})
