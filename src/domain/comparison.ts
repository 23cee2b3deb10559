// A study compared with an earlier one of the same patient: changes in volumes and lesions, and the category by size alone (RANO).
import type { Uid } from './study.ts'

/** An object that the earlier analysis stored in the archive. */
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

/** One region or label at both times, in mL; the errors of the two are assumed independent. */
export interface VolumeChange {
  region: string
  name: string
  earlier: number
  now: number
  change: number
  /** One standard deviation of `change`; absent (unknown) if either volume has none. */
  standardDeviation?: number
  /** Change in percent of the earlier volume; absent if that was zero. */
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
  /** Several lesions that grew together. */
  | 'merged'
  /** A smaller piece of a lesion that fell apart; the largest piece continues it. */
  | 'split'

/** One connected lesion of the whole tumour. */
export interface LesionChange {
  /** Continued and merged lesions keep that of their largest predecessor. */
  tracking: Tracking
  fate: LesionFate
  /** mL; absent if the lesion was not there yet, or is gone. */
  earlier?: number
  now?: number
  /** Tracking UIDs of other predecessors: those that merged into it, or the one that it broke off. */
  from: Uid[]
}

export type ChangeCategory = 'CR' | 'PR' | 'SD' | 'PD'

/** Response of the enhancing part, by the products of its diameters and the images alone. */
export interface SizeResponse {
  /** Absent if it cannot be determined; `reasons` say why. */
  category?: ChangeCategory
  /** Sums over the lesions that were measurable in the earlier study, mm². */
  productThen: number
  productNow: number
  /** Change of the sum in percent. */
  percent?: number
  /** One standard deviation of `percent`, derived from that of the enhancing volume; absent if unknown. */
  percentDeviation?: number
  /** Every category within the 95 % range of `percent`; absent if the deviation is unknown. */
  possible?: ChangeCategory[]
  /** Why, in sentences. */
  reasons: string[]
}

/** The volumes of one study, in mL. */
export interface CoursePoint {
  studyInstanceUid: Uid
  /** DICOM DA */
  studyDate: string
  volumes: { region: string; value: number; standardDeviation?: number }[]
}

/** How many studies a course holds, the latest ones. */
export const MAX_COURSE = 12

/** JSON-serialisable: it is stored, shown and posted with the result. */
export interface Comparison {
  prior: PriorStudy
  /** Whole days between the study dates. */
  days: number
  registration: {
    translationMm: number
    rotationDegrees: number
    /** Normalised mutual information after registration. */
    mutualInformation: number
    /** Mean distance in mm between a point of the head and its image after registration there and back. */
    residualMm: number
  }
  volumes: VolumeChange[]
  /** Earlier studies with known volumes, oldest first, `prior` last; absent in older records. */
  course?: CoursePoint[]
  /** Largest first. */
  lesions: LesionChange[]
  response: SizeResponse
  /** Tracking of segments, regions and enhancing lesions ("ET", "ET lesion 1") that continue those of the prior study. */
  tracking: Record<string, Tracking>
}
