// Wording of the chart of tumour volumes over a patient's studies.
import type { CourseLine } from '../domain/volume-course.ts'
import { ENGLISH, type Wording } from './languages/en.ts'
import { ENGLISH_QUANTITIES, type Quantities } from './quantities.ts'

export const COURSE = ENGLISH.course

/** The chart as a sentence: "Whole tumour: 49.0 mL on 2026-01-02, 61.2 mL on 2026-03-01." */
export const courseIn =
  ({ course, regions }: Pick<Wording, 'course' | 'regions'>, q: Pick<Quantities, 'volume' | 'readDate'>) =>
  (lines: readonly CourseLine[]): string =>
    lines
      .map(({ region, name, points }) => {
        const said = points.map(({ value, studyDate }) => ({ volume: q.volume(value), date: q.readDate(studyDate) }))
        return course.line(regions[region] ?? name, said)
      })
      .join(' ')

export const courseSentence = courseIn(ENGLISH, ENGLISH_QUANTITIES)
