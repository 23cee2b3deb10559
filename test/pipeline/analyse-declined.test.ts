// A study that was left is analysed when a person asks: registered as it is now, audited, and off the list.
import { expect, it } from 'vitest'
import type { AnalysisEvent, AnalysisRecord } from '../../src/domain/analysis.ts'
import { AppError } from '../../src/domain/errors.ts'
import type { AuditEntry } from '../../src/domain/ports/audit-trail.ts'
import { analyseDeclinedStudy } from '../../src/pipeline/analyse-declined.ts'
import { imageSetOf } from '../../src/triggers/image-set.ts'
import { createMemoryWatchStore } from '../support/memory-watch-store.ts'

const STUDY = '1.2.840.77.1'
const MR = '1.2.840.10008.5.1.4.1.1.4'

function ports(failure?: AppError) {
  const watch = createMemoryWatchStore()
  const entries: AuditEntry[] = []
  const notes: Omit<AnalysisEvent, 'at'>[] = []
  const registered: string[] = []
  const instances = ['1', '2', '3'].map((n) => ({ sopInstanceUid: `${STUDY}.${n}`, sopClassUid: MR, metadata: {} }))
  const series = [{ seriesInstanceUid: `${STUDY}.9`, modality: 'MR', instances }]
  return {
    watch,
    entries,
    notes,
    registered,
    digest: imageSetOf(series).digest,
    archive: {
      retrieveMetadata: async (study: string) => {
        if (failure) throw failure
        return { studyInstanceUid: study, series }
      },
    },
    analyses: {
      get: async (analysisId: string) => ({ analysisId, state: 'queued' }) as AnalysisRecord,
      note: async (_id: string, note: Omit<AnalysisEvent, 'at'>) => void notes.push(note),
    },
    audit: { record: async (entry: AuditEntry) => void entries.push(entry) },
    register: async (study: string, digest: string) => {
      registered.push(`${study} ${digest}`)
      return 'a-1'
    },
  }
}
const seen = { studyInstanceUid: STUDY, instanceSetDigest: 'old', instanceCount: 2, firstSeenAt: 't', changedAt: 't' }

it('registers the images that are there now, says who asked, and takes the study off the list', async () => {
  const world = ports()
  await world.watch.put({
    ...seen,
    decidedDigest: 'old',
    decision: { outcome: 'declined', reason: 'not a study of the head: body part KNEE' },
  })
  expect(await analyseDeclinedStudy(world, STUDY, 'Dr Ada')).toMatchObject({ analysisId: 'a-1' })
  expect(world.registered).toEqual([`${STUDY} ${world.digest}`])
  expect(world.entries).toMatchObject([{ studyInstanceUid: STUDY, outcome: 'success', user: { name: 'Dr Ada' } }])
  expect(world.notes).toEqual([{ kind: 'asked', text: 'asked for by Dr Ada; the service had declined it' }])
  expect(await world.watch.notAnalysed({ limit: 9, offset: 0 })).toEqual({ studies: [], count: 0 })
  expect(await world.watch.undecided()).toEqual([])
})

it('is refused for a study that nobody left, and audited when it fails', async () => {
  const world = ports(new AppError('ARCHIVE_TIMEOUT', 'too slow'))
  await expect(analyseDeclinedStudy(world, STUDY, 'A')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await world.watch.put({ ...seen, decidedDigest: 'old', decision: { outcome: 'accepted' } })
  await expect(analyseDeclinedStudy(world, STUDY, 'A')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect(world.entries).toEqual([])
  await world.watch.put({ ...seen, decision: { outcome: 'waiting', reason: 'the archive gives no full metadata' } })
  await expect(analyseDeclinedStudy(world, STUDY, 'A')).rejects.toMatchObject({ code: 'ARCHIVE_TIMEOUT' })
  expect(world.entries).toMatchObject([{ outcome: 'failure' }])
  expect((await world.watch.notAnalysed({ limit: 9, offset: 0 })).count).toBe(1)
})
