// Wording of the chart of tumour volumes over a patient's studies.
import type { CourseLine } from '../domain/volume-course.ts'
import { readDate, volume } from './quantities.ts'

export const COURSE = {
  title: 'Volumes over time',
  unit: 'mL',
  intervals: 'Lines through the points: 95 % intervals, where the error is known. All measured by this software.',
} as const

/** The chart as a sentence: "Whole tumour: 49.0 mL on 2026-01-02, 61.2 mL on 2026-03-01." */
export function courseSentence(lines: readonly CourseLine[]): string {
  return lines
    .map(({ name, points }) => {
      const values = points.map(({ value, studyDate }) => `${volume(value)} on ${readDate(studyDate)}`)
      return `${name}: ${values.join(', ')}.`
    })
    .join(' ')
}
