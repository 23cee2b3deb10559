// The volumes of a patient's tumour over their studies: what earlier comparisons knew, the earlier study, and the present one. Pure.

import { type Comparison, type CoursePoint, MAX_COURSE } from './comparison.ts'
import { dayOf } from './dicom-date.ts'
import { DAY_MS } from './durations.ts'
import { HALF_95, type Measurement } from './finding.ts'
import type { StudyIdentity } from './study.ts'

/** One region over time. */
export interface CourseLine {
  region: string
  name: string
  points: {
    studyDate: string
    /** Since the first study of the course. */
    days: number
    value: number
    /** 95 % interval; absent where the error is not known. */
    interval?: readonly [number, number]
  }[]
}

interface Told {
  study: Pick<StudyIdentity, 'studyInstanceUid' | 'studyDate'>
  measurements: readonly Pick<Measurement, 'region' | 'name' | 'value' | 'standardDeviation'>[]
  comparison?: Pick<Comparison, 'prior' | 'volumes' | 'course'>
}

/** The volumes of a study as a later one remembers them. */
export function pointOf(
  { studyInstanceUid, studyDate }: Told['study'],
  measurements: readonly CoursePoint['volumes'][number][],
): CoursePoint {
  const volumes = measurements.map(({ region, value, standardDeviation }) => ({
    region,
    value,
    ...(standardDeviation !== undefined && { standardDeviation }),
  }))
  return { studyInstanceUid, studyDate, volumes }
}

/** What a study that follows `earlier` is to remember: its course, and itself. */
export function courseAfter(
  earlier: Pick<Told, 'study'> & {
    measurements: readonly CoursePoint['volumes'][number][]
    comparison?: { course?: CoursePoint[] }
  },
): CoursePoint[] {
  return [...(earlier.comparison?.course ?? []), pointOf(earlier.study, earlier.measurements)].slice(-MAX_COURSE)
}

/** Regions that a board follows, the largest first. */
const FOLLOWED = ['WT', 'TC', 'ET'] as const

/** Empty without an earlier study whose date is known. */
export function courseLines(result: Told): CourseLine[] {
  const points = [...earlierPoints(result), pointOf(result.study, result.measurements)].flatMap((point) => {
    const day = dayOf(point.studyDate)
    return day === undefined ? [] : [{ ...point, day }]
  })
  const first = points[0]
  if (!first || points.length < 2) return []
  return FOLLOWED.flatMap((region) => {
    const measured = points.flatMap(({ studyDate, day, volumes }) => {
      const volume = volumes.find((one) => one.region === region)
      return volume ? [{ studyDate, day, volume }] : []
    })
    if (measured.length < 2) return []
    return [
      {
        region,
        name: result.measurements.find((one) => one.region === region)?.name ?? region,
        points: measured.map(({ studyDate, day, volume: { value, standardDeviation } }) => ({
          studyDate,
          days: Math.round((day - first.day) / DAY_MS),
          value,
          ...(standardDeviation !== undefined && {
            interval: [Math.max(0, value - HALF_95 * standardDeviation), value + HALF_95 * standardDeviation] as const,
          }),
        })),
      },
    ]
  })
}

/** What each line was at the last study on or before the day (ISO 8601), and what it is now; a line without both is left out. */
export function linesSince(lines: readonly CourseLine[], day: string): CourseLine[] {
  const until = day.replaceAll('-', '')
  return lines.flatMap((line) => {
    const before = line.points.findLast(({ studyDate }) => studyDate <= until)
    const now = line.points.at(-1)
    return before && now && now !== before ? [{ ...line, points: [before, now] }] : []
  })
}

/** Comparisons of an earlier version knew the earlier study alone, without its errors. */
function earlierPoints({ comparison }: Told): CoursePoint[] {
  if (!comparison) return []
  if (comparison.course) return comparison.course
  const { prior, volumes } = comparison
  const { studyInstanceUid, studyDate } = prior
  return [{ studyInstanceUid, studyDate, volumes: volumes.map(({ region, earlier }) => ({ region, value: earlier })) }]
}

/** Ticks from nought to what holds every interval, at most five. */
export function volumeTicks(lines: readonly CourseLine[]): number[] {
  const most = Math.max(
    1,
    ...lines.flatMap(({ points }) => points.flatMap(({ value, interval }) => [value, interval?.[1] ?? 0])),
  )
  const power = 10 ** Math.floor(Math.log10(most))
  const step = [0.25, 0.5, 1, 2.5, 5].map((part) => part * power).find((one) => most / one <= 4)!
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, n) => n * step)
}
