// Several machines on one PostgreSQL, one with its clock an hour ahead, one an hour behind: what they compare is measured by the server's clock.
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Clock } from '../../src/domain/ports/clock.ts'
import { createAnalysisStore } from '../../src/store/analyses.ts'
import { migrate, readMigrations } from '../../src/store/migrate.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { createReviewClaims } from '../../src/store/review-claims.ts'
import { timeNow } from '../../src/store/server-time.ts'
import { createWatchStore } from '../../src/store/watch.ts'
import { createStudyWatch } from '../../src/triggers/study-watch.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { createKeptLog } from '../support/quiet-log.ts'
import { realClock } from '../support/real-clock.ts'

const MR = {
  sopInstanceUid: '1.5.1.1',
  seriesInstanceUid: '1.5.1',
  sopClassUid: '1.2.840.10008.5.1.4.1.1.4',
  modality: 'MR',
}

let server: TestPostgres
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server?.close())

it('measures how long a reviewer is silent, and how long a study is quiet, by its own clock too: a machine an hour ahead or behind changes neither', async () => {
  const db = openPostgres(await server.createDatabase(), createKeptLog())
  await migrate(db, await readMigrations())
  const offBy = (hours: number): Clock => ({ ...realClock, now: () => new Date(Date.now() + hours * 3_600_000) })
  const [ahead, behind] = [1, -1].map(offBy) as [Clock, Clock]
  const digests = { bundleId: 'b', bundleDigest: 'd', instanceSetDigest: 's' }
  await createAnalysisStore(db, realClock).register({ analysisId: 'a-1', studyInstanceUid: '1.2.1', ...digests })
  const [dora, eve] = [
    { identifier: 'P-77', name: 'Dora Nine' },
    { identifier: 'P-78', name: 'Eve Ten' },
  ]
  await createReviewClaims(db, behind).claim('a-1', dora)
  expect((await createReviewClaims(db, ahead).claim('a-1', eve)).map(({ name }) => name)).toEqual(['Dora Nine'])
  expect((await createReviewClaims(db, behind).of(['a-1'])).map(({ name }) => name)).toEqual(['Dora Nine', 'Eve Ten'])

  const archive = {
    searchInstances: async () => [MR],
    retrieveMetadata: async (studyInstanceUid: string) => ({
      studyInstanceUid,
      series: [{ seriesInstanceUid: '1.5.1', modality: 'MR', instances: [{ ...MR, metadata: {} }] }],
    }),
  }
  const settled: string[] = []
  const watchBy = (clock: Clock, name: string, settleSeconds: number) =>
    createStudyWatch({
      archive,
      watchStore: createWatchStore(db, clock),
      clock,
      time: () => timeNow(db, clock),
      settings: { settleSeconds },
      log: createKeptLog(),
      eligible: () => ({ eligible: true }),
      onSettled: async () => void settled.push(name),
    })
  await watchBy(ahead, 'ahead', 600).hint('1.5')
  // Ten minutes have not passed, whatever the clocks say; and no quiet time begins anew.
  const { changedAt } = (await createWatchStore(db, realClock).get('1.5'))!
  for (const clock of [ahead, behind]) await watchBy(clock, 'early', 600).check()
  expect(settled).toEqual([])
  expect((await createWatchStore(db, realClock).get('1.5'))!.changedAt).toBe(changedAt)
  await watchBy(behind, 'behind', 0).check()
  expect(settled).toEqual(['behind'])
  await db.close()
})
