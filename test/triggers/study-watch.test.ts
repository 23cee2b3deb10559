// When a study counts as whole, and that each image set is decided once, over failures and restarts.
import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import type { StatedCount } from '../../src/domain/ports/image-archive.ts'
import type { Study } from '../../src/domain/study.ts'
import type { Eligibility } from '../../src/triggers/eligible.ts'
import { createStudyWatch, type StudyWatch } from '../../src/triggers/study-watch.ts'
import { MR, SEG } from '../support/instances.ts'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'
import { createMemoryWatchStore, type MemoryWatchStore } from '../support/memory-watch-store.ts'
import { createKeptLog, type KeptLog } from '../support/quiet-log.ts'

type Found = { seriesInstanceUid: string; sopInstanceUid: string; sopClassUid: string; modality: string }

const STUDY = '1.2.3'
const mr = (series: string, ...numbers: number[]): Found[] =>
  numbers.map((n) => ({ seriesInstanceUid: series, sopInstanceUid: `${series}.${n}`, sopClassUid: MR, modality: 'MR' }))
/** Computed here by hand: the digest is part of the identity of analyses. */
const digestOf = (found: Found[]) =>
  createHash('sha256')
    .update(
      found
        .map((one) => one.sopInstanceUid)
        .sort()
        .join('\n'),
    )
    .digest('hex')

let contents: Map<string, Found[]>
/** What metadata says, where it differs from search. */
let described: Map<string, Found[]>
let failing: Map<string, AppError>
/** What the archive states of the number of instances of its series; an error where it refuses to. */
let stated: StatedCount[] | AppError
let looks: string[]
let settled: [string, string][]
let onSettled: (study: string, digest: string) => Promise<void>
let eligible: (study: Study) => Eligibility
let store: MemoryWatchStore
let clock: ManualClock
let log: KeptLog
let watch: StudyWatch

const start = () =>
  createStudyWatch({
    archive: {
      async searchInstances(study) {
        looks.push(`search ${study}`)
        const error = failing.get(study)
        if (error) throw error
        return contents.get(study) ?? []
      },
      async statedCounts() {
        if (stated instanceof AppError) throw stated
        return stated
      },
      async retrieveMetadata(study) {
        looks.push(`metadata ${study}`)
        const found = described.get(study) ?? contents.get(study) ?? []
        const series = [...Map.groupBy(found, (one) => one.seriesInstanceUid)].map(([seriesInstanceUid, members]) => ({
          seriesInstanceUid,
          modality: members[0]!.modality,
          instances: members.map((one) => ({ ...one, metadata: {} })),
        }))
        return { studyInstanceUid: study, series }
      },
    },
    watchStore: store,
    clock,
    settings: { settleSeconds: 60, checkSeconds: 10, settleAtMostSeconds: 600 },
    log,
    eligible: (study) => eligible(study),
    onSettled: (study, digest) => onSettled(study, digest),
  })

beforeEach(() => {
  contents = new Map()
  described = new Map()
  failing = new Map()
  stated = []
  looks = []
  settled = []
  onSettled = async (study, digest) => {
    settled.push([study, digest])
  }
  eligible = () => ({ eligible: true })
  store = createMemoryWatchStore()
  clock = createManualClock()
  log = createKeptLog()
  watch = start()
})

/** Time passes in steps, with a check after each. */
async function pass(seconds: number): Promise<void> {
  for (let gone = 0; gone < seconds; gone += 10) {
    clock.advance(10)
    await watch.check()
  }
}

describe('the settled rule', () => {
  it('waits until the set has not changed for the settle time, then decides once', async () => {
    contents.set(STUDY, mr('1.2.3.1', 2, 1))
    await watch.hint(STUDY)
    await pass(50)
    expect(settled).toEqual([])
    expect(looks).toEqual([`search ${STUDY}`])
    await pass(10)
    expect(settled).toEqual([[STUDY, digestOf(mr('1.2.3.1', 1, 2))]])
    expect(store.studies.get(STUDY)).toMatchObject({
      decision: { outcome: 'accepted' },
      instanceCount: 2,
      decidedDigest: digestOf(mr('1.2.3.1', 1, 2)),
    })
    await watch.hint(STUDY)
    await pass(300)
    expect(settled).toHaveLength(1)
  })

  it('starts again when an instance comes', async () => {
    contents.set(STUDY, mr('1.2.3.1', 1))
    await watch.hint(STUDY)
    await pass(40)
    contents.set(STUDY, mr('1.2.3.1', 1, 2))
    await watch.hint(STUDY)
    await pass(50)
    expect(settled).toEqual([])
    await pass(10)
    expect(settled).toEqual([[STUDY, digestOf(mr('1.2.3.1', 1, 2))]])
  })

  it('counts anew when the clock is set back, and does not wait for the time to come round again', async () => {
    contents.set(STUDY, mr('1.2.3.1', 1))
    await watch.hint(STUDY)
    await pass(50)
    clock.advance(-7200)
    await pass(60)
    expect(settled).toEqual([])
    await pass(10)
    expect(settled).toHaveLength(1)
    contents.set('1.2.4', mr('1.2.4.1', 1))
    await watch.hint('1.2.4')
    failing.set('1.2.4', new AppError('ARCHIVE_ERROR', 'busy'))
    await pass(70)
    failing.delete('1.2.4')
    clock.advance(-7200)
    await pass(80)
    expect(settled).toHaveLength(2)
  })

  it('looks again before it decides, so that a set that grew unnoticed is not taken', async () => {
    contents.set(STUDY, mr('1.2.3.1', 1))
    await watch.hint(STUDY)
    clock.advance(59)
    contents.set(STUDY, mr('1.2.3.1', 1, 2))
    await pass(60)
    expect(settled).toEqual([])
    await pass(10)
    expect(settled).toEqual([[STUDY, digestOf(mr('1.2.3.1', 1, 2))]])
  })

  it('does not decide while metadata and search tell of different sets', async () => {
    contents.set(STUDY, mr('1.2.3.1', 1, 2))
    described.set(STUDY, mr('1.2.3.1', 1))
    await watch.hint(STUDY)
    await pass(100)
    expect(settled).toEqual([])
    described.clear()
    await pass(60)
    expect(settled).toHaveLength(1)
  })

  it('decides at the first check when the settle time is zero', async () => {
    contents.set(STUDY, mr('1.2.3.1', 1))
    const eager = createStudyWatch({
      archive: {
        searchInstances: async () => contents.get(STUDY)!,
        retrieveMetadata: async () => ({
          studyInstanceUid: STUDY,
          series: [
            {
              seriesInstanceUid: '1.2.3.1',
              modality: 'MR',
              instances: [{ sopInstanceUid: '1.2.3.1.1', sopClassUid: MR, metadata: {} }],
            },
          ],
        }),
      },
      watchStore: store,
      clock,
      settings: { settleSeconds: 0 },
      log,
      eligible,
      onSettled,
    })
    await eager.hint(STUDY)
    await eager.check()
    expect(settled).toHaveLength(1)
  })
})

describe('each image set is decided once', () => {
  const accept = async () => {
    contents.set(STUDY, mr('1.2.3.1', 1, 2))
    await watch.hint(STUDY)
    await pass(60)
    expect(settled).toHaveLength(1)
  }

  it('a late series makes another set, which is decided anew', async () => {
    await accept()
    contents.set(STUDY, [...mr('1.2.3.1', 1, 2), ...mr('1.2.3.2', 1)])
    await watch.hint(STUDY)
    expect(store.studies.get(STUDY)).toMatchObject({
      firstSeenAt: '2026-03-01T03:00:00.000Z',
      changedAt: '2026-03-01T03:01:00.000Z',
    })
    await pass(60)
    expect(settled).toEqual([
      [STUDY, digestOf(mr('1.2.3.1', 1, 2))],
      [STUDY, digestOf(contents.get(STUDY)!)],
    ])
  })

  it('results, our own or not, make none', async () => {
    await accept()
    await store.addOwn(['2.25.7'])
    contents.set(STUDY, [
      ...mr('1.2.3.1', 1, 2),
      { seriesInstanceUid: '2.25.1', sopInstanceUid: '2.25.2', sopClassUid: SEG, modality: 'SEG' },
      {
        seriesInstanceUid: '2.25.3',
        sopInstanceUid: '2.25.4',
        sopClassUid: '1.2.840.10008.5.1.4.1.1.104.1',
        modality: 'OT',
      },
      {
        seriesInstanceUid: '2.25.5',
        sopInstanceUid: '2.25.6',
        sopClassUid: '1.2.840.10008.5.1.4.1.1.88.33',
        modality: 'SR',
      },
      { seriesInstanceUid: '2.25.8', sopInstanceUid: '2.25.7', sopClassUid: MR, modality: 'MR' },
    ])
    await watch.hint(STUDY)
    await pass(120)
    expect(settled).toHaveLength(1)
    expect(await store.undecided()).toEqual([])
  })

  it('a study of results only is not noticed at all', async () => {
    contents.set(STUDY, [{ seriesInstanceUid: '2.25.1', sopInstanceUid: '2.25.2', sopClassUid: SEG, modality: 'SEG' }])
    await watch.hint(STUDY)
    expect(store.studies.size).toBe(0)
  })

  it('a restart changes nothing', async () => {
    await accept()
    watch = start()
    await watch.hint(STUDY)
    await pass(120)
    expect(settled).toHaveLength(1)
  })

  it('what is not eligible is left with its reason, and not looked at again', async () => {
    eligible = () => ({ eligible: false, reason: 'not a study of the head: body part KNEE' })
    contents.set(STUDY, mr('1.2.3.1', 1))
    await watch.hint(STUDY)
    await pass(60)
    expect(store.studies.get(STUDY)?.decision).toEqual({
      outcome: 'declined',
      reason: 'not a study of the head: body part KNEE',
    })
    const before = looks.length
    await pass(300)
    expect(looks).toHaveLength(before)
    expect(settled).toEqual([])
  })

  it('a study that is gone from the archive is left', async () => {
    contents.set(STUDY, mr('1.2.3.1', 1))
    await watch.hint(STUDY)
    contents.delete(STUDY)
    await pass(130)
    expect(store.studies.get(STUDY)?.decision).toEqual({
      outcome: 'declined',
      reason: 'the archive holds no images of this study any more',
    })
    expect(settled).toEqual([])
  })
})

describe('failures', () => {
  it('of the intake leave the study undecided, and it is tried again, less and less often', async () => {
    const times: number[] = []
    const first = clock.now().getTime()
    onSettled = async (study, digest) => {
      times.push((clock.now().getTime() - first) / 1000)
      if (times.length < 4) throw new AppError('INTERNAL', 'the store is away')
      settled.push([study, digest])
    }
    contents.set(STUDY, mr('1.2.3.1', 1))
    await watch.hint(STUDY)
    await pass(60)
    expect(await store.undecided()).toHaveLength(1)
    await pass(300)
    expect(times).toEqual([60, 70, 90, 130])
    expect(settled).toHaveLength(1)
    expect(log.lines.filter((line) => line.level === 'warn').map((line) => line.fields.failures)).toEqual([1, 2, 3])
  })

  it('between the intake and its record call the intake again after a restart', async () => {
    contents.set(STUDY, mr('1.2.3.1', 1))
    await watch.hint(STUDY)
    const put = store.put
    store.put = async () => {
      throw new Error('killed')
    }
    await pass(60)
    expect(settled).toHaveLength(1)
    store.put = put
    watch = start()
    await pass(10)
    expect(settled).toEqual([settled[0], settled[0]])
    expect(await store.undecided()).toEqual([])
  })

  it('of one study do not stop the others', async () => {
    for (const study of ['1.2.1', '1.2.2']) contents.set(study, mr(`${study}.1`, 1))
    await watch.hint('1.2.1')
    await watch.hint('1.2.2')
    failing.set('1.2.1', new AppError('ARCHIVE_ERROR', 'the archive answered 500'))
    await pass(60)
    expect(settled.map(([study]) => study)).toEqual(['1.2.2'])
    failing.clear()
    await pass(30)
    expect(settled.map(([study]) => study)).toEqual(['1.2.2', '1.2.1'])
  })

  it('of the whole archive end the round, and are said', async () => {
    for (const study of ['1.2.1', '1.2.2']) {
      contents.set(study, mr(`${study}.1`, 1))
      await watch.hint(study)
      failing.set(study, new AppError('ARCHIVE_UNREACHABLE', 'nothing listens there'))
    }
    looks = []
    clock.advance(60)
    await watch.check()
    expect(looks).toEqual(['search 1.2.1'])
    expect(log.lines.at(-1)).toMatchObject({
      level: 'warn',
      fields: { studyInstanceUid: '1.2.1', code: 'ARCHIVE_UNREACHABLE' },
    })
    await expect(watch.hint('1.2.2')).rejects.toThrow('nothing listens there')
  })

  it('of the store do not end the loop; an abort does', async () => {
    const stopping = new AbortController()
    let rounds = 0
    store.undecided = async () => {
      rounds += 1
      if (rounds === 3) stopping.abort()
      throw new AppError('INTERNAL', 'no database')
    }
    await watch.run(stopping.signal)
    expect(rounds).toBe(3)
    expect(log.lines[0]).toMatchObject({ level: 'error', fields: { code: 'INTERNAL' } })
  })
})

it('a hint that comes during a decision waits for it, and does not undo it', async () => {
  contents.set(STUDY, mr('1.2.3.1', 1))
  await watch.hint(STUDY)
  let letGo: () => void = () => undefined
  onSettled = async (study, digest) => {
    await new Promise<void>((resolve) => {
      letGo = resolve
    })
    settled.push([study, digest])
  }
  clock.advance(60)
  const checking = watch.check()
  while (!looks.includes(`metadata ${STUDY}`)) await new Promise((resolve) => setImmediate(resolve))
  contents.set(STUDY, mr('1.2.3.1', 1, 2))
  const hinting = watch.hint(STUDY)
  await new Promise((resolve) => setImmediate(resolve))
  letGo()
  await Promise.all([checking, hinting])
  expect(store.studies.get(STUDY)).toMatchObject({
    decidedDigest: digestOf(mr('1.2.3.1', 1)),
    instanceSetDigest: digestOf(mr('1.2.3.1', 1, 2)),
  })
})

describe('a study that lacks something which may still come', () => {
  beforeEach(() => {
    eligible = (study) =>
      study.series.length > 1
        ? { eligible: true }
        : { eligible: false, reason: 'the study lacks T1c', waitSeconds: 600 }
    contents.set(STUDY, mr('1.2.3.1', 1, 2))
  })

  it('is waited for, without being asked for again and again, and taken once it is whole', async () => {
    await watch.hint(STUDY)
    clock.advance(70)
    await watch.check()
    expect(store.studies.get(STUDY)?.decision).toEqual({ outcome: 'waiting', reason: 'the study lacks T1c' })
    const before = looks.length
    clock.advance(100)
    await watch.check()
    expect(looks).toHaveLength(before)
    contents.set(STUDY, [...mr('1.2.3.1', 1, 2), ...mr('1.2.3.2', 1)])
    await watch.hint(STUDY)
    clock.advance(70)
    await watch.check()
    expect(settled).toHaveLength(1)
    expect(store.studies.get(STUDY)?.decision).toEqual({ outcome: 'accepted' })
  })

  it('is left when the time is over, also over a restart', async () => {
    await watch.hint(STUDY)
    clock.advance(70)
    await watch.check()
    watch = start()
    clock.advance(520)
    await watch.check()
    expect(store.studies.get(STUDY)?.decision?.outcome).toBe('waiting')
    clock.advance(20)
    await watch.check()
    expect(store.studies.get(STUDY)?.decision).toEqual({ outcome: 'declined', reason: 'the study lacks T1c' })
    expect(settled).toEqual([])
  })
})

describe('a study of which the archive states more than it lists', () => {
  const count = (seriesInstanceUid: string, instances: number, modality = 'MR') => ({
    seriesInstanceUid,
    modality,
    instances,
  })
  beforeEach(async () => {
    contents.set(STUDY, mr('1.2.3.1', 1, 2, 3))
    await watch.hint(STUDY)
  })

  it('waits, says so on the page, and is taken once the archive lists all', async () => {
    stated = [count('1.2.3.1', 3), count('1.2.3.2', 2)]
    await pass(90)
    expect(settled).toEqual([])
    expect((await store.get(STUDY))!.decision).toEqual({
      outcome: 'waiting',
      reason: 'the archive states 2 instances of series 1.2.3.2 and lists 0',
    })
    contents.set(STUDY, [...mr('1.2.3.1', 1, 2, 3), ...mr('1.2.3.2', 1, 2)])
    await pass(90)
    expect(settled).toEqual([[STUDY, digestOf(contents.get(STUDY)!)]])
  })

  it('is taken as it is after the longest wait, and that is logged', async () => {
    stated = [count('1.2.3.1', 5)]
    await pass(590)
    expect(settled).toEqual([])
    await pass(20)
    expect(settled).toHaveLength(1)
    expect(log.lines.find(({ message }) => message.startsWith('the study is taken as it is'))).toBeDefined()
  })

  it('does not wait for results and notes, for fewer than are listed, or where nothing is stated', async () => {
    stated = [count('1.2.3.1', 2), count('1.2.3.8', 9, 'SR'), count('1.2.3.9', 1, 'SEG')]
    await pass(60)
    expect(settled).toHaveLength(1)
  })

  it('is taken where the archive refuses to state it, and tried again where it cannot be asked', async () => {
    stated = new AppError('ARCHIVE_UNREACHABLE', 'no answer')
    await pass(120)
    expect(settled).toEqual([])
    stated = new AppError('ARCHIVE_REJECTED', 'no such search')
    await pass(120)
    expect(settled).toHaveLength(1)
  })
})

it('a study that never stops changing is taken as it is after the longest wait', async () => {
  contents.set(STUDY, mr('1.2.3.1', 1))
  await watch.hint(STUDY)
  for (let n = 2; settled.length === 0 && n < 60; n += 1) {
    contents.set(STUDY, mr('1.2.3.1', ...Array.from({ length: n }, (_, k) => k + 1)))
    await watch.hint(STUDY)
    await pass(30)
  }
  expect(settled).toEqual([[STUDY, digestOf(contents.get(STUDY)!)]])
  expect(contents.get(STUDY)!.length).toBeLessThan(30)
})
