// BT-RADS: each path of the published flowchart (btrads.com) is a row, with what the record and the measurement must say for it.
import { describe, expect, it } from 'vitest'
import { type BtRadsInput, btRads } from '../../src/domain/bt-rads.ts'
import type { VolumeChange } from '../../src/domain/comparison.ts'
import type { TreatmentFact, TreatmentHistory } from '../../src/domain/treatment.ts'

const EARLIER = '2026-01-02'
const NOW = '2026-03-01'

function volume(region: string, percent: number | undefined, deviation: number | undefined = 4): VolumeChange {
  const now = percent === undefined ? 2 : 20 * (1 + percent / 100)
  const earlier = percent === undefined ? 0 : 20
  return {
    region,
    name: region,
    earlier,
    now,
    change: now - earlier,
    ...(percent !== undefined && { percent }),
    ...(percent !== undefined &&
      deviation !== undefined && { percentDeviation: deviation, standardDeviation: 0.2 * deviation }),
  }
}
const fact = (from: string, to?: string, more: Partial<TreatmentFact> = {}): TreatmentFact => ({
  words: 'x',
  reference: `Procedure/${from}`,
  from,
  ...(to && { to }),
  ...more,
})
const goesOn = { isOngoing: true as const }
const NONE: TreatmentHistory = { radiotherapy: [], bevacizumab: [], steroids: [] }

function of(et: number | undefined, wt: number, treatment: TreatmentHistory = NONE, more: Partial<BtRadsInput> = {}) {
  const comparison = { volumes: [volume('ET', et), volume('WT', wt)], lesions: [] }
  return btRads({ comparison, earlier: EARLIER, now: NOW, treatment, ...more })
}

const bev = (...bevacizumab: TreatmentFact[]): TreatmentHistory => ({ ...NONE, bevacizumab })
const steroids = (...list: TreatmentFact[]): TreatmentHistory => ({ ...NONE, steroids: list })
const radiation = (...radiotherapy: TreatmentFact[]): TreatmentHistory => ({ ...NONE, radiotherapy })
const LONG_AGO = radiation(fact('2025-03-01', '2025-04-15'))

describe('a row of the flowchart', () => {
  it.each<[string, string, ReturnType<typeof btRads>]>([
    ['0: no suitable prior', '0', btRads({ earlier: EARLIER, now: NOW, treatment: NONE })],
    ['2: nothing changed', '2', of(3, -4)],
    ['2: a change within its own error', '2', of(7.5, 0)],
    ['1a: better, neither bevacizumab nor steroids', '1a', of(-30, -20)],
    [
      '1a: better on bevacizumab that was given at the earlier study too',
      '1a',
      of(-30, 0, bev(fact('2025-12-01', undefined, goesOn))),
    ],
    ['1b: better on the first study on bevacizumab', '1b', of(-30, 0, bev(fact('2026-01-20', undefined, goesOn)))],
    [
      '1b: better within six weeks of single doses',
      '1b',
      of(-30, 0, bev(fact('2026-01-20', '2026-01-20'), fact('2026-02-03', '2026-02-03'))),
    ],
    ['1a: better long after bevacizumab ended', '1a', of(-30, 0, bev(fact('2025-06-01', '2025-09-01')))],
    ['1b: better with steroids begun', '1b', of(-30, 0, steroids(fact('2026-02-01', undefined, goesOn)))],
    [
      '1b: better with more steroids',
      '1b',
      of(
        -30,
        0,
        steroids(
          fact('2025-12-01', '2026-01-31', { dailyMg: 4 }),
          fact('2026-02-01', undefined, { ...goesOn, dailyMg: 8 }),
        ),
      ),
    ],
    [
      '1a: better with less steroids',
      '1a',
      of(
        -30,
        0,
        steroids(
          fact('2025-12-01', '2026-01-31', { dailyMg: 8 }),
          fact('2026-02-01', undefined, { ...goesOn, dailyMg: 2 }),
        ),
      ),
    ],
    ['1a: better with steroids ended', '1a', of(-30, 0, steroids(fact('2025-12-01', '2026-01-31')))],
    ['3a: worse 89 days after radiotherapy', '3a', of(60, 60, radiation(fact('2025-10-20', '2025-12-02')))],
    ['3a: worse during radiotherapy', '3a', of(60, 60, radiation(fact('2026-02-20', undefined, goesOn)))],
    [
      '3b: worse 90 days after radiotherapy, enhancing tumour alone',
      '3b',
      of(60, 2, radiation(fact('2025-10-20', '2025-12-01'))),
    ],
    ['3b: worse later, FLAIR alone', '3b', of(2, 60, LONG_AGO)],
    ['3b: worse without any radiotherapy, one alone', '3b', of(60, 2)],
    ['3c: both worse, little, for the first time', '3c', of(20, 15, LONG_AGO, { wasWorseBefore: false })],
    ['4: both worse, little, on the study before too', '4', of(20, 15, LONG_AGO, { wasWorseBefore: true })],
    ['4: both worse, much', '4', of(70, 15, LONG_AGO)],
    ['4: both worse, much by FLAIR', '4', of(15, 70, LONG_AGO)],
    ['4: enhancing where there was nothing, and FLAIR worse', '4', of(undefined, 20, LONG_AGO)],
  ])('%s', (_row, category, sheet) => {
    expect(sheet.category).toBe(category)
    expect(sheet.missing).toBeUndefined()
  })

  it('a new lesion is worse, whatever the sums say', () => {
    const tracking = { identifier: 'n', uid: '2.25.1' }
    const lesion = (now: number) => [{ tracking, fate: 'new' as const, now, from: [] }]
    const volumes = [volume('ET', 2), volume('WT', 2)]
    const sheet = (now: number) =>
      btRads({ comparison: { volumes, lesions: lesion(now) }, earlier: EARLIER, now: NOW, treatment: LONG_AGO })
    expect(sheet(0.6).category).toBe('3b')
    expect(sheet(0.4).category).toBe('2')
  })
})

describe('abstains where an input is missing, and says which categories that leaves open', () => {
  it.each<[string, string, string[] | undefined, ReturnType<typeof btRads>]>([
    [
      'volumes',
      'volumes',
      undefined,
      btRads({ comparison: { volumes: [volume('WT', 5)], lesions: [] }, earlier: EARLIER, now: NOW, treatment: NONE }),
    ],
    [
      'the error of a change',
      'error',
      undefined,
      btRads({
        comparison: {
          volumes: [volume('ET', 50, undefined as never), { ...volume('WT', 5), percentDeviation: undefined as never }],
          lesions: [],
        },
        earlier: EARLIER,
        now: NOW,
        treatment: NONE,
      }),
    ],
    ['better and worse at once', 'mixed', undefined, of(-40, 40)],
    ['radiotherapy that was not read', 'radiotherapy', ['3a', '4'], of(70, 70, { bevacizumab: [], steroids: [] })],
    ['the end of radiotherapy', 'end-of-radiotherapy', ['3a', '3b'], of(70, 0, radiation(fact('2025-12-01')))],
    ['bevacizumab that was not read', 'bevacizumab', ['1a', '1b'], of(-30, 0, { radiotherapy: [], steroids: [] })],
    ['the end of bevacizumab', 'bevacizumab', ['1a', '1b'], of(-30, 0, bev(fact('2026-01-20')))],
    ['steroids that were not read', 'steroids', ['1a', '1b'], of(-30, 0, { radiotherapy: [], bevacizumab: [] })],
    ['a dose of steroids', 'steroids', ['1a', '1b'], of(-30, 0, steroids(fact('2025-12-01', undefined, goesOn)))],
    ['the study before the earlier one', 'study-before', ['3c', '4'], of(20, 15, LONG_AGO)],
  ])('%s', (_what, missing, possible, sheet) => {
    expect(sheet.category).toBeUndefined()
    expect(sheet.missing).toBe(missing)
    expect(sheet.possible).toEqual(possible)
  })

  it('proposes with what the error leaves possible where the limit lies within it', () => {
    expect(of(45, 15, LONG_AGO, { wasWorseBefore: false })).toMatchObject({ category: '4', possible: ['4', '3c'] })
    expect(of(35, 15, LONG_AGO, { wasWorseBefore: false })).toMatchObject({ category: '3c', possible: ['3c', '4'] })
  })

  it('shows each limit and what it rests upon', () => {
    const { steps } = of(60, 2, LONG_AGO)
    expect(steps.find(({ question }) => question === 'radiotherapy')).toMatchObject({
      answer: 'later',
      days: 320,
      limit: 'radiationDays',
      facts: LONG_AGO.radiotherapy,
    })
  })
})
