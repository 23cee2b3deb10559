// All that the PDF report says, in one language: its sentences, and how that language writes numbers and dates.
import type { Language } from '../domain/languages.ts'
import { courseIn } from './course.ts'
import { featuresIn } from './feature-names.ts'
import { impressionIn } from './impression.ts'
import { GERMAN } from './languages/de.ts'
import { ENGLISH, type Wording } from './languages/en.ts'
import { SPANISH } from './languages/es.ts'
import { FRENCH } from './languages/fr.ts'
import { predictionsIn } from './predictions.ts'
import { quantitiesIn } from './quantities.ts'
import { remarksIn, speechIn } from './remarks.ts'
import { reviewsIn } from './reviews.ts'
import { worksheetsIn } from './worksheet.ts'

type PlaneName = 'axial' | 'coronal' | 'sagittal'

/** On which side of the origin of the coordinates (LPS) a plane lies: below nought, and from nought on. */
const SIDES = { axial: ['I', 'S'], coronal: ['A', 'P'], sagittal: ['R', 'L'] } as const satisfies Record<
  PlaneName,
  readonly [string, string]
>
/** The letters of DICOM and of every viewer, in every language, so that a picture reads the same in both. */
const EDGES: Readonly<Record<PlaneName, readonly [west: string, east: string, up: string, down: string]>> = {
  axial: ['R', 'L', 'A', 'P'],
  coronal: ['R', 'L', 'S', 'I'],
  sagittal: ['A', 'P', 'S', 'I'],
}

function wordsIn(wording: Wording) {
  const quantities = quantitiesIn(wording.locale)
  const { millimetres, diameterPair } = quantities
  const positionOf = (at: number, plane: PlaneName = 'axial') =>
    wording.position(plane, SIDES[plane][at < 0 ? 0 : 1], millimetres(Math.abs(at)))
  return {
    ...wording,
    ...quantities,
    ...speechIn(wording, quantities),
    ...featuresIn(wording, quantities),
    ...predictionsIn(wording, quantities),
    ...remarksIn(wording, quantities),
    ...reviewsIn(wording, quantities),
    ...worksheetsIn(wording, quantities),
    courseSentence: courseIn(wording, quantities),
    impressionLines: impressionIn(wording, quantities),
    /** A region or label by itself, by its key or else by the bundle's own name of it. */
    labelName: (key: string, name: string) => wording.regions[key] ?? name,
    /** The same in a narrow table. */
    shortLabelName: (key: string, name: string) => wording.shortRegions[key] ?? wording.regions[key] ?? name,
    positionOf,
    figureAlternative: (
      sequence: string,
      { z, plane = 'axial' }: { z: number; plane?: PlaneName },
      outlines: readonly string[],
    ) => `${wording.figure(sequence, positionOf(z, plane), outlines)} ${wording.directions[plane]}`,
    edges: EDGES,
    diametersSentence: (lesions: readonly { longestMm: number; perpendicularMm: number; measurable: boolean }[]) => {
      const sizes = lesions.map(({ longestMm, perpendicularMm, measurable }) => {
        const size = diameterPair(longestMm, perpendicularMm)
        return measurable ? size : wording.tooSmall(size)
      })
      return sizes.length === 0 ? '' : wording.diameters(sizes)
    },
  }
}

export type Words = ReturnType<typeof wordsIn>

export const WORDS: Readonly<Record<Language, Words>> = {
  en: wordsIn(ENGLISH),
  de: wordsIn(GERMAN),
  fr: wordsIn(FRENCH),
  es: wordsIn(SPANISH),
}
