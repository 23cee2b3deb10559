// Why a head does not answer, in words that a clinician can act on.
import { featureName } from '../../domain/feature-names.ts'
import type { Sequence } from '../../domain/study.ts'

export const NO_TUMOUR = 'No tumour was segmented, so there is nothing to predict from.'
export const BROKEN = 'The model gave values that are no probabilities; this is a fault of the bundle.'
export const NOT_ADULT = 'The patient is under 18; the model was made for adult-type glioma.'

const SEQUENCE_NAMES: Readonly<Record<Sequence, string>> = {
  T1: 'T1',
  T1c: 'T1 post-contrast',
  T2: 'T2',
  FLAIR: 'FLAIR',
}

export function missingReason(features: readonly string[]): string {
  return `Needs ${listed(features.map(featureName))}, which ${features.length === 1 ? 'is' : 'are'} not known for this study.`
}

export function missingSequenceReason(sequences: readonly Sequence[]): string {
  return `Needs ${listed(sequences.map((s) => SEQUENCE_NAMES[s]))}, which the study does not have or which could not be used.`
}

export function outsideReason(distance: number, limit: number, farthest: string): string {
  return `Unlike the patients that the model was made from, most of all in ${featureName(farthest)} (distance ${distance.toFixed(1)}, limit ${limit.toFixed(1)}).`
}

function listed(names: readonly string[]): string {
  if (names.length <= 4) return names.join(', ')
  return `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
}
