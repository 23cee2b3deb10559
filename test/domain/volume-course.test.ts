// The volumes of a patient over their studies, as far as comparisons remember them.
import { expect, it } from 'vitest'
import { type CoursePoint, MAX_COURSE } from '../../src/domain/comparison.ts'
import { courseAfter, courseLines, volumeTicks } from '../../src/domain/volume-course.ts'
import { comparisonOf } from '../support/comparison.ts'

const measurements = [
  {
    region: 'WT',
    name: 'Whole tumour',
    quantity: 'volume' as const,
    unit: 'mL' as const,
    value: 60,
    standardDeviation: 2,
  },
  { region: 'ET', name: 'Enhancing tumour', quantity: 'volume' as const, unit: 'mL' as const, value: 1 },
]
const study = { studyInstanceUid: '1.2.3', studyDate: '20260301' }
const point = (studyDate: string, value: number): CoursePoint => ({
  studyInstanceUid: `1.2.${studyDate}`,
  studyDate,
  volumes: [{ region: 'WT', value, standardDeviation: 40 }],
})

it('runs through every study that is known, with 95 % intervals that end at nought', () => {
  const course = [point('20251201', 30), point('20260101', 50)]
  const [whole, ...others] = courseLines({
    study,
    measurements,
    comparison: { ...comparisonOf({ measurements }), course },
  })
  // The enhancing part was measured in one of the studies alone.
  expect(others).toEqual([])
  expect(whole).toMatchObject({ region: 'WT', name: 'Whole tumour' })
  expect(whole!.points.map(({ days, value }) => [days, value])).toEqual([
    [0, 30],
    [31, 50],
    [90, 60],
  ])
  expect(whole!.points[0]!.interval).toEqual([0, 30 + 1.96 * 40])
  expect(whole!.points[2]!.interval![0]).toBeCloseTo(60 - 1.96 * 2, 9)
})

it('has the earlier study alone of a comparison from before courses were kept, and none without a comparison', () => {
  const { course: _course, ...comparison } = comparisonOf({ measurements })
  const lines = courseLines({ study, measurements, comparison })
  expect(lines.map(({ region, points }) => [region, ...points.map(({ value }) => value)])).toEqual([
    ['WT', 48, 60],
    ['ET', 0.8, 1],
  ])
  expect(lines[0]!.points[0]).not.toHaveProperty('interval')
  expect(courseLines({ study, measurements })).toEqual([])
  expect(courseLines({ study: { ...study, studyDate: '' }, measurements, comparison })).toEqual([])
})

it('remembers the latest studies, the one before this as the last', () => {
  const course = Array.from({ length: MAX_COURSE }, (_, n) => point(`201${n % 10}0101`, n))
  const after = courseAfter({ study, measurements, comparison: { course } })
  expect(after).toHaveLength(MAX_COURSE)
  expect(after[0]).toEqual(course[1])
  expect(after.at(-1)).toEqual({
    ...study,
    volumes: [
      { region: 'WT', value: 60, standardDeviation: 2 },
      { region: 'ET', value: 1 },
    ],
  })
})

it('ticks from nought to above the largest interval, in round steps', () => {
  const lines = (value: number) => [
    { region: 'WT', name: 'w', points: [{ studyDate: '', days: 0, value, interval: [0, value * 1.1] as const }] },
  ]
  expect(volumeTicks(lines(60))).toEqual([0, 25, 50, 75])
  expect(volumeTicks(lines(0.4))).toEqual([0, 0.25, 0.5, 0.75, 1])
  expect(volumeTicks(lines(180))).toEqual([0, 50, 100, 150, 200])
})
