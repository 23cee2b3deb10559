// Studies from before the first start: listed with those that have no date, and taken by moving the watch back, audited.
import { expect, it } from 'vitest'
import type { AuditEntry } from '../../src/domain/ports/audit-trail.ts'
import type { StudyQuery, StudySummary } from '../../src/domain/study-search.ts'
import { backfill, olderStudies } from '../../src/pipeline/backfill.ts'
import { createMemoryWatchStore } from '../support/memory-watch-store.ts'
import { createKeptLog } from '../support/quiet-log.ts'

const study = (studyInstanceUid: string, studyDate: string): StudySummary => ({
  studyInstanceUid,
  studyDate,
  studyTime: '',
  modalities: ['MR'],
  instanceCount: 3,
})
const STUDIES = [study('1.5', '20260302'), study('1.2', '20250105'), study('1.1', '20241231'), study('1.9', '')]
const archive = {
  searchStudies: async ({ from, undated }: StudyQuery) =>
    STUDIES.filter(({ studyDate }) => (undated ? studyDate === '' : studyDate !== '' && studyDate >= (from ?? ''))),
}
const cursor = (since: string) => JSON.stringify({ since, through: '20260310' })

it('lists what lies before the watch, oldest first, with what was decided', async () => {
  const watch = createMemoryWatchStore()
  await watch.setCursor('qido', cursor('20260301'))
  const seen = { instanceSetDigest: 'a', instanceCount: 3, firstSeenAt: '', changedAt: '' }
  await watch.put({ studyInstanceUid: '1.2', ...seen, decision: { outcome: 'declined', reason: 'no MR' } })
  expect(await olderStudies({ archive, watch }, '20250101')).toEqual([
    { studyInstanceUid: '1.9', studyDate: '', instanceCount: 3 },
    {
      studyInstanceUid: '1.2',
      studyDate: '20250105',
      instanceCount: 3,
      decision: { outcome: 'declined', reason: 'no MR' },
    },
  ])
})

it('moves the watch back and never forward, and names who asked', async () => {
  const watch = createMemoryWatchStore()
  const entries: AuditEntry[] = []
  const ports = {
    watch,
    audit: { record: async (entry: AuditEntry) => void entries.push(entry) },
    log: createKeptLog(),
  }
  await watch.setCursor('qido', cursor('20260301'))
  expect(await backfill(ports, '20250101', 'Dora')).toEqual({ since: '20250101' })
  const moved = { since: '20250101', through: '20250101', freshSince: '20260301' }
  expect(JSON.parse(watch.cursors.get('qido')!)).toEqual(moved)
  expect(await backfill(ports, '20260601', 'Dora')).toEqual({ since: '20250101' })
  expect(entries.map(({ user }) => user?.name)).toEqual(['Dora', 'Dora'])
})
