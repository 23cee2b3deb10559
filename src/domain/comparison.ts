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
  /** mL; absent where the lesion was not there yet, or is no longer there. */
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

/** The volumes of one study, in mL. */
export interface CoursePoint {
  studyInstanceUid: Uid
  /** DICOM DA */
  studyDate: string
  volumes: { region: string; value: number; standardDeviation?: number }[]
}

/** Studies that a course remembers, the latest ones. */
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
    /** Mean distance in mm between a point of the head and itself after registration there and back. */
    residualMm: number
  }
  volumes: VolumeChange[]
  /** Earlier studies of which volumes are known, the oldest first and `prior` last; absent in records from before it was kept. */
  course?: CoursePoint[]
  /** Largest first. */
  lesions: LesionChange[]
  response: SizeResponse
  /** Tracking of segments, regions and enhancing lesions ("ET", "ET lesion 1") that continue those of the prior. */
  tracking: Record<string, Tracking>
}
