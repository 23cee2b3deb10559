// Poll, watch, client and archive together: a study that lands is noticed by itself, once, over an archive that goes away.
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createDicomWebClient } from '../../src/dicomweb/client.ts'
import type { Clock } from '../../src/domain/ports/clock.ts'
import { isBrainMr } from '../../src/triggers/eligible.ts'
import { createQidoPoll } from '../../src/triggers/qido-poll.ts'
import { createStudyWatch } from '../../src/triggers/study-watch.ts'
import { type FaultyArchive, startFaultyArchive } from '../support/faulty-archive.ts'
import { buildInstance, buildSeries, SEG } from '../support/instances.ts'
import { createMemoryWatchStore } from '../support/memory-watch-store.ts'
import { createKeptLog } from '../support/quiet-log.ts'

const STUDY = '1.2.826.0.1.3680043.8.498.40'
const studyDate = new Date().toISOString().slice(0, 10).replaceAll('-', '')
const clock: Clock = {
  now: () => new Date(),
  sleep: (milliseconds, signal) => wait(milliseconds, undefined, signal ? { signal } : {}),
}

let faulty: FaultyArchive
beforeEach(async () => {
  faulty = await startFaultyArchive()
})
afterEach(() => faulty?.close())

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; !condition(); turn += 1) {
    if (turn > 1000) throw new Error('waited too long')
    await wait(50)
  }
}

it('notices studies and late series, leaves knees and results, and outlives the archive', async () => {
  const log = createKeptLog()
  const options = { auth: { type: 'none' as const }, timeoutMs: 30_000, log }
  const archive = createDicomWebClient({ ...options, url: faulty.url })
  const pacs = createDicomWebClient({ ...options, url: faulty.directUrl })
  const watchStore = createMemoryWatchStore()
  const settled: string[] = []
  const watch = createStudyWatch({
    archive,
    watchStore,
    clock,
    log,
    settings: { settleSeconds: 1, checkSeconds: 0.1 },
    eligible: isBrainMr,
    onSettled: async (study) => {
      settled.push(`${study} ${watchStore.studies.get(study)!.instanceCount}`)
    },
  })
  const poll = createQidoPoll({ archive, watchStore, clock, log, timeZone: 'UTC', settings: { intervalSeconds: 0.2 } })
  const stopping = new AbortController()
  const running = [watch.run(stopping.signal), poll.run(watch.hint, stopping.signal)]
  try {
    const knee = `${STUDY}1`
    await pacs.store(knee, buildSeries(2, { study: knee, series: `${knee}.1`, bodyPart: 'KNEE', studyDate }))
    await pacs.store(STUDY, buildSeries(3, { study: STUDY, series: `${STUDY}.1`, bodyPart: 'BRAIN', studyDate }))
    await until(() => settled.length === 1 && watchStore.studies.get(knee)?.decision !== undefined)
    expect(settled).toEqual([`${STUDY} 3`])
    expect(watchStore.studies.get(knee)?.decision).toEqual({
      outcome: 'declined',
      reason: 'not a study of the head: body part KNEE',
    })

    await watchStore.addOwn([`${STUDY}.9.1`])
    await pacs.store(STUDY, [
      buildInstance({
        study: STUDY,
        series: `${STUDY}.9`,
        instance: `${STUDY}.9.1`,
        modality: 'SEG',
        sopClass: SEG,
        studyDate,
      }),
    ])
    await faulty.stop()
    await pacs.store(STUDY, buildSeries(4, { study: STUDY, series: `${STUDY}.2`, bodyPart: 'BRAIN', studyDate }))
    await until(() => log.lines.some((line) => line.fields.code === 'ARCHIVE_UNREACHABLE'))
    await faulty.start()
    await until(() => settled.length === 2)
    expect(settled).toEqual([`${STUDY} 3`, `${STUDY} 7`])
    expect(log.lines.some((line) => line.message === 'the archive answers again')).toBe(true)
    expect(JSON.stringify(log.lines)).not.toMatch(/PAT-1|Łukasz|StudyDate/)
  } finally {
    stopping.abort()
    await Promise.all(running)
  }
})
