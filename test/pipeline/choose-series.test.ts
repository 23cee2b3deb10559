// A person's choice of series: checked against the study, audited before anything is done, an analysis of its own, and used by it.
import { decode } from 'fast-png'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { planSeries, readVolumeHere } from '../../src/dicom/series-volume.ts'
import type { AnalysisRecord } from '../../src/domain/analysis.ts'
import { AppError } from '../../src/domain/errors.ts'
import type { AuditEntry } from '../../src/domain/ports/audit-trail.ts'
import type { SeriesChoice } from '../../src/domain/study.ts'
import { analysisIdOf } from '../../src/pipeline/analysis-id.ts'
import { chooseSeries } from '../../src/pipeline/choose-series.ts'
import { registerAnalysis } from '../../src/pipeline/intake.ts'
import { createSeriesPictures } from '../../src/pipeline/series-pictures.ts'
import { createAnalysisStore } from '../../src/store/analyses.ts'
import type { Database } from '../../src/store/database.ts'
import { classicSeries, STUDY_UID } from '../dicom/support.ts'
import { openDatabase } from '../support/database.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { quietLog } from '../support/quiet-log.ts'

const BUNDLE = { id: 'b', digest: 'd', modelDigest: 'm' }
const decision = (uid: string, sequence?: 'T1' | 'T1c', modality = 'MR') => ({
  seriesInstanceUid: uid,
  seriesNumber: uid.slice(-1),
  seriesDescription: '',
  modality,
  selected: sequence !== undefined,
  ...(sequence && { sequence }),
  reasons: [],
})
const DECISIONS = [
  decision('1.2.1', 'T1'),
  decision('1.2.2', 'T1c'),
  decision('1.2.3'),
  decision('1.2.4', undefined, 'SR'),
]

let analyses: ReturnType<typeof createAnalysisStore>
let trail: AuditEntry[]
let woken: number
let first: AnalysisRecord
let db: Database
let study: string
let tests = 0
const clock = createManualClock('2026-03-01T10:00:00.000Z')
beforeAll(async () => {
  db = await openDatabase()
}, 120_000)
afterAll(() => db?.close())
const ports = () => ({
  analyses,
  audit: { record: async (entry: AuditEntry) => void trail.push(entry) },
  register: (_study: string, digest: string, choice: SeriesChoice) => register(digest, choice),
})
const register = (digest: string, choice?: SeriesChoice) =>
  registerAnalysis({ analyses, log: quietLog, wake: async () => void woken++ }, BUNDLE, study, digest, 'first', choice)

beforeEach(async () => {
  study = `1.2.3.${++tests}`
  analyses = createAnalysisStore(db, clock)
  ;[trail, woken] = [[], 0]
  const id = await register('set')
  await analyses.move(id, 'running')
  await analyses.describe(id, { decisions: DECISIONS })
  await analyses.move(id, 'held', { hold: { code: 'SERIES_AMBIGUOUS', message: 'T1c: two fit' } })
  first = (await analyses.get(id))!
  clock.advance(60)
})

it('is an analysis of its own, that later image sets follow, and the held one gives way', async () => {
  const made = await chooseSeries(ports(), first.analysisId, { by: 'Dr Nine', series: { T1c: '1.2.3' } })
  expect(made).toMatchObject({ state: 'queued', seriesChoice: { by: 'Dr Nine', series: { T1c: '1.2.3' } } })
  expect(made.analysisId).toBe(analysisIdOf(study, 'set', 'm', { T1c: '1.2.3' }))
  expect(made.analysisId).not.toBe(first.analysisId)
  expect((await analyses.get(first.analysisId))!.state).toBe('superseded')
  expect(trail).toMatchObject([{ studyInstanceUid: study, user: { identifier: 'Dr Nine' } }])
  expect((await analyses.events(made.analysisId)).map(({ text }) => text)).toContain(
    'asked for by Dr Nine, who chose series 1.2.3 for T1c',
  )
  // A series that comes late does not make the choice undone.
  const later = await register('set with a late series')
  expect((await analyses.get(later))!.seriesChoice).toEqual(made.seriesChoice)
  expect(woken).toBe(3)
})

it.each([
  ['another study’s series', { T1c: '9.9.9' }, /T1c: the study has no series 9\.9\.9/],
  ['what is no image', { T1c: '1.2.4' }, /series 1\.2\.4 is SR, and no MR image/],
  ['one series for two sequences', { T1: '1.2.3', T1c: '1.2.3' }, /one series cannot be two sequences/],
  ['what was used anyway', { T1c: '1.2.2' }, /nothing is chosen otherwise/],
  ['nothing', {}, /nothing is chosen otherwise/],
])('refuses %s, and does and records nothing', async (_what, series, message) => {
  const choosing = chooseSeries(ports(), first.analysisId, { by: 'Dr Nine', series })
  await expect(choosing).rejects.toMatchObject({ code: 'CHOICE_INVALID', message: expect.stringMatching(message) })
  expect(trail).toEqual([])
  expect(await analyses.byStudy(study)).toHaveLength(1)
})

it('is not made of an analysis that runs, and not where it cannot be recorded', async () => {
  const choice = { by: 'Dr Nine', series: { T1c: '1.2.3' } }
  const audit = {
    record: async () => {
      throw new AppError('INTERNAL', 'no trail')
    },
  }
  await expect(chooseSeries({ ...ports(), audit }, first.analysisId, choice)).rejects.toThrow('no trail')
  expect(await analyses.byStudy(study)).toHaveLength(1)
  await analyses.move(first.analysisId, 'queued')
  await expect(chooseSeries(ports(), first.analysisId, choice)).rejects.toMatchObject({ code: 'STATE_CONFLICT' })
})

it('draws one image of a series, asks the archive for no more, and once', async () => {
  const { files, series } = await classicSeries({ seriesKey: 'a' })
  const asked: string[] = []
  const picture = createSeriesPictures({
    archive: {
      retrieveMetadata: async (uid) => ({ studyInstanceUid: uid, series: [series] }),
      retrieveInstance: async (_study, _series, uid) => {
        asked.push(uid)
        return files[series.instances.findIndex(({ sopInstanceUid }) => sopInstanceUid === uid)]!
      },
    },
    readVolume: readVolumeHere,
  })
  const png = await picture(STUDY_UID, series.seriesInstanceUid)
  const { frames, grid } = planSeries(series)
  expect(asked).toEqual([frames[frames.length >> 1]!.sopInstanceUid])
  const { width, height, data } = decode(png)
  expect(Math.max(width, height)).toBe(160)
  expect(width / height).toBeCloseTo((grid.size[0] * grid.spacing[0]) / (grid.size[1] * grid.spacing[1]), 1)
  expect(new Set(data).size).toBeGreaterThan(3)
  expect(await picture(STUDY_UID, series.seriesInstanceUid)).toBe(png)
  expect(asked).toHaveLength(1)
  await expect(picture(STUDY_UID, '1.9')).rejects.toMatchObject({ code: 'NOT_FOUND' })
})
