// Why a head does not answer, in words that a clinician can act on.

import { featureName } from '../../wording/feature-names.ts'
import { percentBelow } from '../../wording/predictions.ts'
import type { MissingReason } from '../features/tumour-features.ts'

export const NO_TUMOUR = 'No tumour was segmented, so there is nothing to predict from.'
export const BROKEN = 'The model gave values that are no probabilities; this is a fault of the bundle.'
export const NOT_ADULT = 'The patient is under 18; the model was made for adult-type glioma.'

/** Why a required image feature is missing; a feature that is merely undefined is named instead. */
export const MISSING: Readonly<Record<Exclude<MissingReason, 'undefined'>, string>> = {
  'no tumour': NO_TUMOUR,
  'no T1c': 'Needs a T1 post-contrast series, which the study does not have or which could not be used.',
  'no T2 or FLAIR': 'Needs T2 and FLAIR, one of which the study does not have or which could not be used.',
  'no brain mask': 'Needs the outline of the brain, which this bundle does not segment.',
  'no such label': 'Needs a part of the tumour that this bundle does not segment.',
}

export function missingReason(features: readonly string[]): string {
  return `Needs ${listed(features.map(featureName))}, which ${features.length === 1 ? 'is' : 'are'} not known for this study.`
}

export function unlikeLibraryReason(cosine: number, least: number): string {
  return `Unlike every past patient of the model's library: the nearest has a cosine of ${cosine.toFixed(2)}, below ${least.toFixed(2)}.`
}

/** `measured` is left out when a head is being measured and equal reasons are counted. */
export function outsideReason(farthest: string, measured?: { distance: number; limit: number }): string {
  const numbers = measured ? ` (distance ${measured.distance.toFixed(1)}, limit ${measured.limit.toFixed(1)})` : ''
  return `Unlike the patients that the model was made from, most of all in ${featureName(farthest)}${numbers}.`
}

export const unlikelyReason = (label: string, probability: number, least: number) =>
  `${label} is the likeliest with ${percentBelow(probability)}, but a call needs ${percentBelow(least)}.`

export const boundReason = (label: string, patients: number, most: number, least: number) =>
  `${label} is the likeliest, but from ${patients} such patients the model can show at most ${percentBelow(most)}, and a call needs ${percentBelow(least)}.`

/** `call` is a class, or a risk group. */
export const outlineReason = (call: string, samples: number, differing: number) =>
  `The outline decides: ${call} by the outline that is shown, but ${
    differing === 0
      ? `too unlikely over the ${samples} samples of the segmentation`
      : `another answer or none in ${differing} of ${samples} samples of the segmentation`
  }.`

function listed(names: readonly string[]): string {
  if (names.length <= 4) return names.join(', ')
  return `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
}
