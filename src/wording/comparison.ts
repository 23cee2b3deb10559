// A study against an earlier one of the same patient, in sentences.
import type { ChangeCategory, Comparison, SizeResponse, VolumeChange } from '../domain/comparison.ts'
import { ENGLISH, type Wording } from './languages/en.ts'
import { ENGLISH_QUANTITIES, type Quantities, signed, volume, volumeChange } from './quantities.ts'
import { fullStop } from './sentences.ts'

export const CATEGORY_NAMES: Readonly<Record<ChangeCategory, string>> = ENGLISH.categories

/** Accompanies every category. */
export const CATEGORY_CAVEAT = ENGLISH.comparison.caveat

export function comparisonIn(
  { comparison: said, categories, named, quoted }: Pick<Wording, 'comparison' | 'categories' | 'named' | 'quoted'>,
  q: Quantities,
) {
  /** "study of 2026-01-02, 58 days earlier" */
  function priorSentence({ prior, days }: Pick<Comparison, 'prior' | 'days'>): string {
    return said.study(q.readDate(prior.studyDate), days)
  }

  /** "aligned by 1.2 mm, 0.4°; residual 0.3 mm": how well the two studies match in space. */
  function registrationWords({ residualMm, ...moved }: Comparison['registration']): string {
    return said.aligned(q.movement(moved), q.millimetres(residualMm))
  }

  /** "PD: enhancing tumour progressed by size; sum of products of diameters +31 % (standard deviation 9 %), also possible: SD." */
  function categorySentence({ category, percent, percentDeviation, possible, reasons }: SizeResponse): string {
    if (category === undefined) return fullStop(said.notEvaluable(reasons.map(quoted)))
    const title = named(category, categories[category])
    if (percent === undefined) return fullStop(title)
    const change = said.products(q.signed(percent, 0), percentDeviation?.toFixed(0))
    const others = (possible ?? []).filter((one) => one !== category)
    return `${said.withProducts(title, change)}${others.length > 0 ? `, ${said.alsoPossible(others)}` : ''}.`
  }

  /** One line per lesion, except those that simply continue. */
  function lesionSentences({ lesions }: Pick<Comparison, 'lesions'>): string[] {
    const ml = (value: number | undefined) => (value === undefined ? '' : ` (${q.volume(value)})`)
    return lesions.flatMap(({ fate, earlier, now }) =>
      fate === 'continued' ? [] : [said.lesions[fate](ml(fate === 'gone' ? earlier : now))],
    )
  }

  return {
    priorSentence,
    registrationWords,
    categorySentence,
    lesionSentences,
    /** The whole comparison, as the note on it. */
    comparedSentence: (comparison: Omit<Comparison, 'volumes' | 'tracking'>) =>
      said.compared(priorSentence(comparison), registrationWords(comparison.registration), [
        categorySentence(comparison.response),
        ...lesionSentences(comparison),
        said.caveat,
      ]),
  }
}

export const { priorSentence, registrationWords, categorySentence, lesionSentences, comparedSentence } = comparisonIn(
  ENGLISH,
  ENGLISH_QUANTITIES,
)

/** "45.1 mL, was 30.2 mL: +14.9 mL (standard deviation 3.1 mL), +49 %" */
export function changeSentence(of: VolumeChange): string {
  const { change, deviation } = volumeChange(of)
  const uncertainty =
    deviation === undefined ? 'uncertainty of the change unknown' : `standard deviation ${deviation} mL`
  const share = of.percent === undefined ? '' : `, ${signed(of.percent, 0)} %`
  return `${volume(of.now)}, was ${volume(of.earlier)}: ${change} mL (${uncertainty})${share}`
}
