// Why a head does not answer, in words that a clinician can act on.

import type { EvaluatedPrediction, Head } from '../../domain/finding.ts'
import { type Remark, remark } from '../../wording/remarks.ts'
import type { MissingReason } from '../features/tumour-features.ts'

/** The sentence in English, and what it states. */
export type Reason = Required<Pick<EvaluatedPrediction, 'reason' | 'said'>>

const because = ({ text, said }: Remark): Reason => ({ reason: text, said })

export const NO_TUMOUR = because(remark('no-tumour'))
export const BROKEN = because(remark('broken-head'))
export const NOT_ADULT = because(remark('not-adult'))

/** Why a required image feature is missing; a feature that is merely undefined is named instead. */
export const MISSING: Readonly<Record<Exclude<MissingReason, 'undefined'>, Reason>> = {
  'no tumour': NO_TUMOUR,
  'no T1c': because(remark('needs-t1c')),
  'no T2 or FLAIR': because(remark('needs-t2-flair')),
  'no brain mask': because(remark('needs-brain')),
  'no such label': because(remark('needs-label')),
}

export const missingReason = (features: readonly string[]) => because(remark('needs-features', { features }))

export const unlikeLibraryReason = (cosine: number, least: number) =>
  because(remark('unlike-library', { cosine, least }))

/** `measured` is left out when a head is being measured and equal reasons are counted. */
export const outsideReason = (feature: string, measured?: { distance: number; limit: number }) =>
  because(measured ? remark('unlike-training', { feature, ...measured }) : remark('unlike-training-in', { feature }))

export const undecidedReason = (head: Head, labels: readonly string[]) =>
  because(remark('cannot-tell', { head, labels }))

export const unlikelyReason = (of: { head: Head; label: string; probability: number; least: number }) =>
  because(remark('call-unlikely', of))

export const boundReason = (of: { head: Head; label: string; patients: number; most: number; least: number }) =>
  because(remark('call-bounded', of))

/** `label` is a class, or a risk group. */
export const outlineReason = (of: { head: Head; label: string; samples: number; differing: number }) =>
  because(remark('outline-decides', of))
