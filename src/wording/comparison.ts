// A study against an earlier one of the same patient, in sentences.
import type { ChangeCategory, Comparison, SizeResponse, VolumeChange } from '../domain/comparison.ts'
import { millimetres, movement, readDate, signed, volume, volumeChange } from './quantities.ts'
import { fullStop } from './sentences.ts'

export const CATEGORY_NAMES: Readonly<Record<ChangeCategory, string>> = {
  CR: 'enhancing tumour disappeared (complete response by size)',
  PR: 'enhancing tumour decreased (partial response by size)',
  SD: 'enhancing tumour stable by size',
  PD: 'enhancing tumour progressed by size',
}

/** Accompanies every category. */
export const CATEGORY_CAVEAT =
  'Imaging change category against the earlier study only, from measurements; clinical state, steroids, treatment and nadir are not considered, and no clinician has confirmed it.'

/** "study of 2026-01-02, 58 days earlier" */
export function priorSentence({ prior, days }: Pick<Comparison, 'prior' | 'days'>): string {
  return `study of ${readDate(prior.studyDate)}, ${days === 1 ? '1 day' : `${days} days`} earlier`
}

/** "aligned by 1.2 mm, 0.4°; residual 0.3 mm": how well the two studies match in space. */
export function registrationWords({ residualMm, ...moved }: Comparison['registration']): string {
  return `aligned by ${movement(moved)}; residual ${millimetres(residualMm)} mm`
}

/** "45.1 mL, was 30.2 mL: +14.9 mL (standard deviation 3.1 mL), +49 %" */
export function changeSentence(of: VolumeChange): string {
  const { change, deviation } = volumeChange(of)
  const uncertainty =
    deviation === undefined ? 'uncertainty of the change unknown' : `standard deviation ${deviation} mL`
  const share = of.percent === undefined ? '' : `, ${signed(of.percent, 0)} %`
  return `${volume(of.now)}, was ${volume(of.earlier)}: ${change} mL (${uncertainty})${share}`
}

/** "PD: enhancing tumour progressed by size; sum of products of diameters +31 % (standard deviation 9 %), also possible: SD." */
export function categorySentence({ category, percent, percentDeviation, possible, reasons }: SizeResponse): string {
  const title =
    category === undefined ? `not evaluable: ${reasons.join(' ')}` : `${category}: ${CATEGORY_NAMES[category]}`
  if (category === undefined || percent === undefined) return fullStop(title)
  const deviation =
    percentDeviation === undefined ? 'uncertainty unknown' : `standard deviation ${percentDeviation.toFixed(0)} %`
  const others = (possible ?? []).filter((one) => one !== category)
  const range = others.length > 0 ? `, also possible: ${others.join(', ')}` : ''
  return `${title}; sum of products of diameters ${signed(percent, 0)} % (${deviation})${range}.`
}

/** One line per lesion, except those that simply continue. */
export function lesionSentences({ lesions }: Pick<Comparison, 'lesions'>): string[] {
  const ml = (value: number | undefined) => (value === undefined ? '' : ` (${volume(value)})`)
  return lesions.flatMap(({ fate, earlier, now }) => {
    if (fate === 'continued') return []
    if (fate === 'new') return [`New lesion${ml(now)}.`]
    if (fate === 'gone') return [`A lesion of the earlier study is no longer found${ml(earlier)}.`]
    if (fate === 'merged') return [`Lesions grew together${ml(now)}.`]
    return [`A piece broke off a lesion${ml(now)}.`]
  })
}
