// The earlier study that a new one is compared with, among analyses in memory: the latest that still stands, and why a nearer one does not serve.
import { describe, expect, it } from 'vitest'
import type { AnalysisRecord } from '../../../src/domain/analysis.ts'
import type { PatientIdentity, StudyIdentity } from '../../../src/domain/study.ts'
import { contradicts, daysBefore, findPrior, momentOf } from '../../../src/pipeline/prior/find.ts'

const patient: PatientIdentity = {
  patientId: 'P-1',
  issuerOfPatientId: 'HOSPITAL',
  patientName: 'X',
  patientBirthDate: '19640901',
  patientSex: 'F',
}
const studyOf = (studyInstanceUid: string, studyDate: string, studyTime = '101500') =>
  ({ studyInstanceUid, studyDate, studyTime }) as StudyIdentity
const present = studyOf('1.9', '20260301')
const query = { studyInstanceUid: '1.9', patient, study: present, bundleDigest: 'bundle', modelDigest: 'model' }
const settings = { maxAgeDays: 730 }

interface Given {
  uid: string
  date: string
  time?: string
  record?: Partial<AnalysisRecord>
  patient?: Partial<PatientIdentity>
}

let sequence = 0
const analysed = ({ uid, date, time, record, patient: stated }: Given) =>
  ({
    analysisId: `a${++sequence}`,
    sequence,
    studyInstanceUid: uid,
    state: 'delivered',
    bundleId: 'glioma',
    bundleDigest: 'bundle',
    modelDigest: 'model',
    summary: { patient: { ...patient, ...stated }, study: studyOf(uid, date, time) },
    ...record,
  }) as AnalysisRecord

/** As the store answers: delivered analyses of the patient, and every analysis of a study. */
function find(...all: AnalysisRecord[]) {
  const analyses = {
    byPatient: async () => all.filter(({ state }) => state === 'delivered'),
    byStudy: async (uid: string) => all.filter(({ studyInstanceUid }) => studyInstanceUid === uid),
  }
  return findPrior(analyses, query, settings)
}

describe('the prior', () => {
  it('is the latest earlier study, by day and time, and never the study itself or a later one', async () => {
    const { prior, passedOver } = await find(
      analysed({ uid: '1.1', date: '20250110' }),
      analysed({ uid: '1.3', date: '20251203', time: '090000' }),
      analysed({ uid: '1.2', date: '20251203', time: '081500.5' }),
      analysed({ uid: '1.9', date: '20251231' }),
      analysed({ uid: '1.4', date: '20260302' }),
    )
    expect([prior?.record.studyInstanceUid, prior?.days, passedOver]).toEqual(['1.3', 88, undefined])
  })

  it('is none without a delivered analysis, and none of a study without a date', async () => {
    expect(await find()).toEqual({})
    expect(await find(analysed({ uid: '1.1', date: '' }))).toEqual({})
  })

  it.each<[string, Partial<Given>]>([
    [
      'a reviewer rejected its analysis',
      { record: { review: { decision: 'reject' } as AnalysisRecord['review'] } as never },
    ],
    ['it was analysed by another model bundle (glioma)', { record: { modelDigest: 'other' } }],
    ['it states another birth date or sex under the same patient identifier', { patient: { patientSex: 'M' } }],
    [
      'it states another birth date or sex under the same patient identifier',
      { patient: { patientBirthDate: '19640902' } },
    ],
    ['it is 790 days older, more than 730', { date: '20240101' }],
  ])(
    'passes over the nearest study because %s, and says so beside an older one that serves',
    async (reason, change) => {
      const nearest = { uid: '1.3', date: '20251203', ...change }
      const { prior, passedOver } = await find(analysed(nearest))
      expect([prior, passedOver?.reason]).toEqual([undefined, reason])
      if (change.date !== undefined) return
      const both = await find(analysed(nearest), analysed({ uid: '1.1', date: '20250110' }))
      expect([both.prior?.record.studyInstanceUid, both.passedOver?.reason]).toEqual(['1.1', reason])
    },
  )

  it('counts a study by its last analysis alone, but for one that was superseded', async () => {
    const first = analysed({ uid: '1.3', date: '20251203' })
    const held = analysed({ uid: '1.3', date: '20251203', record: { state: 'held' } })
    expect((await find(first, held)).passedOver?.reason).toBe('its last analysis is not delivered (held)')
    const superseded = analysed({ uid: '1.3', date: '20251203', record: { state: 'superseded' } })
    expect((await find(first, superseded)).prior?.record).toBe(first)
    const again = analysed({ uid: '1.3', date: '20251203' })
    expect((await find(first, again)).prior?.record).toBe(again)
  })

  it('knows a record from before the digest of the model was kept by its whole manifest', async () => {
    const { modelDigest: _, ...old } = analysed({ uid: '1.3', date: '20251203' })
    expect((await find(old)).prior?.record).toBe(old)
    const other = { ...old, bundleDigest: 'another' }
    expect((await find(other)).passedOver?.reason).toBe('it was analysed by another model bundle (glioma)')
  })
})

describe('the days between two studies', () => {
  it('are whole, and undefined unless both are dated and one is earlier', () => {
    expect(daysBefore(studyOf('1', '20240229'), studyOf('2', '20250301'))).toBe(366)
    expect(daysBefore(studyOf('1', '20260301', '101459'), present)).toBe(0)
    expect(daysBefore(studyOf('1', '20260301', '101500'), present)).toBeUndefined()
    expect(daysBefore(studyOf('1', '20260302'), present)).toBeUndefined()
    expect(daysBefore(studyOf('1', ''), present)).toBeUndefined()
  })

  it('count a study without a time as the last of its day', () => {
    expect(momentOf(studyOf('1', '20260301', ''))).toBe('20260301999999')
    expect(daysBefore(studyOf('1', '20260301', ''), present)).toBeUndefined()
  })
})

it('contradicts only where both state something', () => {
  const nobody = { ...patient, patientBirthDate: '', patientSex: '' }
  expect([contradicts(nobody, patient), contradicts(patient, nobody), contradicts(patient, patient)]).toEqual([
    false,
    false,
    false,
  ])
  expect(contradicts({ ...nobody, patientSex: 'M' }, patient)).toBe(true)
})
