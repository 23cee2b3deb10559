// A study against an earlier one of the same patient: change of volumes and lesions, and what it would be called by size alone (RANO).
import type { Uid } from './study.ts'

/** What the earlier analysis stored, as it is in the archive. */
export interface PriorObject {
  role: 'report' | 'segmentation'
  sopClassUid: Uid
  seriesInstanceUid: Uid
  sopInstanceUid: Uid
}

export interface PriorStudy {
  analysisId: string
  studyInstanceUid: Uid
  /** DICOM DA and TM. */
  studyDate: string
  studyTime: string
  objects: PriorObject[]
}

/** One region or label at both times, in mL; errors of both times are taken as independent. */
export interface VolumeChange {
  region: string
  name: string
  earlier: number
  now: number
  change: number
  /** One standard deviation of `change`; absent when one of the two volumes has none: then it is unknown. */
  standardDeviation?: number
  /** Change as a share of the earlier volume, in percent; absent when there was none. */
  percent?: number
  /** One standard deviation of `percent`. */
  percentDeviation?: number
}

/** How a finding is followed through studies (PS3.3 C.8.20.4, TID 1419). */
export interface Tracking {
  identifier: string
  uid: Uid
}

export type LesionFate =
  | 'continued'
  | 'new'
  | 'gone'
  /** Grown together from several. */
  | 'merged'
  /** A smaller piece of a lesion that fell apart; the largest piece continues it. */
  | 'split'

/** One connected lesion of the whole tumour. */
export interface LesionChange {
  /** Continued and merged ones keep that of their largest predecessor. */
  tracking: Tracking
  fate: LesionFate
  /** mL; absent where the lesion was not there yet, or is there no more. */
  earlier?: number
  now?: number
  /** Tracking UIDs of other predecessors: those that merged into it, or the one that it broke off. */
  from: Uid[]
}

export type ChangeCategory = 'CR' | 'PR' | 'SD' | 'PD'

/** The enhancing part by the products of its diameters; by the images alone. */
export interface SizeResponse {
  /** Absent when it cannot be said; `reasons` tell why. */
  category?: ChangeCategory
  /** Sums over the lesions that were measurable in the earlier study, mm². */
  productThen: number
  productNow: number
  /** Change of the sum in percent. */
  percent?: number
  /** One standard deviation of `percent`, from that of the enhancing volume; absent when unknown. */
  percentDeviation?: number
  /** Every category that the 95 % range of `percent` reaches; absent when the deviation is unknown. */
  possible?: ChangeCategory[]
  /** Why, in sentences. */
  reasons: string[]
}

/** JSON-serialisable: it is stored, shown and posted with the result. */
export interface Comparison {
  prior: PriorStudy
  /** Whole days between the study dates. */
  days: number
  registration: {
    translationMm: number
    rotationDegrees: number
    /** Normalised mutual information after registration. */
    agreement: number
    /** Mean distance in mm between a point of the head and itself after registration there and back. */
    residualMm: number
  }
  volumes: VolumeChange[]
  /** Largest first. */
  lesions: LesionChange[]
  response: SizeResponse
  /** Tracking of segments, regions and enhancing lesions ("ET", "ET lesion 1") that continue those of the prior. */
  tracking: Record<string, Tracking>
}

export const CATEGORY_NAMES: Readonly<Record<ChangeCategory, string>> = {
  CR: 'enhancing tumour disappeared (complete response by size)',
  PR: 'enhancing tumour decreased (partial response by size)',
  SD: 'enhancing tumour stable by size',
  PD: 'enhancing tumour progressed by size',
}

/** Stands beside every category. */
export const CATEGORY_CAVEAT =
  'Imaging change category against the earlier study only, from measurements; clinical state, steroids, treatment and nadir are not considered, and nobody has confirmed it.'

/** "+12.3", "−0.40": a change is never without its sign. */
export function signed(value: number, decimals: number): string {
  const text = Math.abs(value).toFixed(decimals)
  return Number(text) === 0 ? text : `${value < 0 ? '−' : '+'}${text}`
}

/** "2026-03-01" of a DICOM DA; anything else as it is. */
function dateOf(da: string): string {
  return da.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3')
}

/** "study of 2026-01-02, 58 days earlier" */
export function priorSentence({ prior, days }: Pick<Comparison, 'prior' | 'days'>): string {
  return `study of ${dateOf(prior.studyDate)}, ${days === 1 ? '1 day' : `${days} days`} earlier`
}

/** "45.1 mL, was 30.2 mL: +14.9 mL (standard deviation 3.1 mL), +49 %" */
export function changeSentence({ earlier, now, change, standardDeviation, percent }: VolumeChange): string {
  const decimals = Math.max(earlier, now) < 1 ? 2 : 1
  const deviation =
    standardDeviation === undefined
      ? 'uncertainty of the change unknown'
      : `standard deviation ${standardDeviation.toFixed(decimals)} mL`
  const share = percent === undefined ? '' : `, ${signed(percent, 0)} %`
  return `${now.toFixed(decimals)} mL, was ${earlier.toFixed(decimals)} mL: ${signed(change, decimals)} mL (${deviation})${share}`
}

/** "PD: enhancing tumour progressed by size; sum of products of diameters +31 % (standard deviation 9 %), also possible: SD" */
export function categorySentence({ category, percent, percentDeviation, possible, reasons }: SizeResponse): string {
  const title =
    category === undefined ? `not evaluable: ${reasons.join(' ')}` : `${category}: ${CATEGORY_NAMES[category]}`
  if (category === undefined || percent === undefined) return title
  const deviation =
    percentDeviation === undefined ? 'uncertainty unknown' : `standard deviation ${percentDeviation.toFixed(0)} %`
  const others = (possible ?? []).filter((one) => one !== category)
  const range = others.length > 0 ? `, also possible: ${others.join(', ')}` : ''
  return `${title}; sum of products of diameters ${signed(percent, 0)} % (${deviation})${range}`
}

/** One line a lesion that is not simply continued; empty when all are. */
export function lesionSentences({ lesions }: Pick<Comparison, 'lesions'>): string[] {
  const ml = (value: number | undefined) => (value === undefined ? '' : ` (${value.toFixed(value < 1 ? 2 : 1)} mL)`)
  return lesions.flatMap(({ fate, earlier, now }) => {
    if (fate === 'continued') return []
    if (fate === 'new') return [`New lesion${ml(now)}.`]
    if (fate === 'gone') return [`A lesion of the earlier study is not found any more${ml(earlier)}.`]
    if (fate === 'merged') return [`Lesions grew together${ml(now)}.`]
    return [`A piece broke off a lesion${ml(now)}.`]
  })
}
