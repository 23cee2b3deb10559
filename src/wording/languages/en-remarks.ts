// Sentences that a result keeps, in English: notes on its quality, and why a head does not answer. A result names the sentence and what it states
// (domain/said.ts), so one whose values change needs another name.
import type { Head } from '../../domain/finding.ts'
import type { Sequence } from '../../domain/study.ts'
import type { Speech } from './speech.ts'

const NEEDED: Partial<Record<Sequence, string>> = { T1c: 'post-contrast T1', T1: 'pre-contrast T1' }
const TISSUE = 'Tissue decides.'
const CONTRADICTION = 'The predictions contradict each other: in WHO 2021'

const listed = (names: readonly string[]) =>
  names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`

export const REMARKS = {
  'sequence-left-out': ({ sequence, error }: { sequence: string; error: string }) =>
    `${sequence} was left out, and the model ran without it: ${error}.`,
  'sequence-missing': ({ sequence }: { sequence: string }) =>
    `The study has no usable ${sequence} series; the model ran without it.`,
  'thick-slices': ({ sequence, mm }: { sequence: string; mm: number }, { millimetres }: Speech) =>
    `${sequence} has slices ${millimetres(mm)} mm apart; small lesions may be missed.`,
  'patient-movement': (
    { sequence, ...moved }: { sequence: string; translationMm: number; rotationDegrees: number },
    { movement }: Speech,
  ) => `${sequence} was moved by ${movement(moved)} to match the reference series.`,

  'region-not-evaluable': (
    { name, missing }: { key: string; name: string; missing: readonly Sequence[] },
    _speech: Speech,
  ) => `${name}: not evaluable: no ${missing.map((one) => NEEDED[one] ?? one).join(', no ')}.`,
  'who-codeleted-wildtype': () =>
    `${CONTRADICTION} a 1p/19q codeletion belongs to IDH-mutant oligodendroglioma, but IDH is predicted wildtype. At least one of the two is wrong. ${TISSUE}`,
  'who-codeleted-grade-4': () =>
    `${CONTRADICTION} a 1p/19q-codeleted oligodendroglioma is grade 2 or 3, but grade 4 is predicted. At least one of the two is wrong. ${TISSUE}`,
  'who-low-grade-wildtype': () =>
    `Unusual combination: a diffuse glioma of an adult that looks like grade 2 or 3 but is predicted IDH-wildtype. WHO 2021 grades an IDH-wildtype diffuse astrocytic tumour as 4 when a TERT promoter mutation, EGFR amplification or +7/-10 is present; none of these can be seen here. ${TISSUE}`,
  'who-pattern-oligodendroglioma': () =>
    `The predicted IDH mutation with 1p/19q codeletion is a pattern consistent with oligodendroglioma (WHO 2021). ${TISSUE}`,
  'who-pattern-astrocytoma': () =>
    `The predicted IDH mutation without 1p/19q codeletion is a pattern consistent with IDH-mutant astrocytoma (WHO 2021). ${TISSUE}`,
  'who-pattern-glioblastoma': () =>
    `The predicted IDH wildtype with grade 4 is a pattern consistent with glioblastoma (WHO 2021). ${TISSUE}`,

  'age-contradiction': () =>
    'The patient’s age in the images does not fit the birth date; predictions that need the age are not made.',
  'age-unknown': ({ bundle, years }: { bundle: string; years: number }) =>
    `${bundle} is meant for patients of at least ${years} years; the age of this patient cannot be told from the images, so a person must check it.`,
  'outside-intended-use': ({ bundle, years }: { bundle: string; years: number }) =>
    `Outside the intended use: ${bundle} is meant for patients of at least ${years} years, and this patient is younger. No volume or prediction here was ever measured in such patients.`,
  'similar-patients': (
    { head, of, cosines }: { head: Head; of: number; cosines: readonly number[] },
    { heads, fixed }: Speech,
  ) =>
    `${heads[head]}: leans on the most alike of ${of} past patients (cosine, nearest first: ${cosines.map((cosine, n) => `${n + 1}. ${fixed(cosine, 2)}`).join(', ')}).`,
  'earlier-analysis-accepted': ({ on }: { on: string }, { isoDate }: Speech) =>
    `A reviewer accepted an earlier analysis of this study on ${isoDate(on)}; this one does not replace it.`,
  'images-later-than-analysis': (of: { images: string; analysis: string; offset: string }) =>
    `The latest time that the images state (${of.images}) is after the analysis (${of.analysis}, offset ${of.offset}): the clock or the time zone of the scanner or of this service is wrong. The DICOM results are dated as the latest image.`,

  'patient-match-delayed': () =>
    'The EHR did not answer before the analysis; the patient is matched before the report is posted.',
  'patient-confirmed': ({ reference, by, on }: { reference: string; by: string; on: string }, { isoDate }: Speech) =>
    `The patient of the EHR (${reference}) was confirmed by ${by} on ${isoDate(on)}; identifier, birth date, sex or name do not all agree.`,
  'consent-not-read': () =>
    "The patient's consent could not be read from the EHR before the analysis; it is read before the report is posted.",
  'clinical-facts-missing': () =>
    'Treatment and performance status could not be read from the EHR; the predictions were made without them.',
  'treatment-missing': () =>
    'Radiotherapy, bevacizumab and steroids could not be read from the EHR; the worksheet of the follow-up leaves open what rests on them.',
  'board-record-missing': () =>
    'The question and the last decision of the tumour board could not be read from the EHR; the page for the board does not state them.',
  'tissue-results-missing': () =>
    'Results of tissue tests could not be read from the EHR; there may be some, and they would take precedence.',
  'tissue-result': ({ test, value, date }: { test: string; value: string; date: string }, { isoDate }: Speech) =>
    `Tissue test on record: ${test}: ${value}${date === '' ? '' : ` (${isoDate(date)})`}. It takes precedence over the prediction from the images.`,

  'priors-not-searched': ({ error }: { error: string }) => `Earlier studies could not be looked for: ${error}`,
  'prior-not-compared': ({ date, error }: { date: string; error: string }, { readDate }: Speech) =>
    `The earlier study of ${readDate(date)} was not compared: ${error}`,
  'prior-edited': () =>
    'A reviewer edited values of the earlier study; what the software measured both times is compared.',
  'prior-other-sequences': ({ earlier }: { earlier: readonly string[] }) =>
    `The two studies were not read from the same sequences (earlier: ${earlier.join(', ')}); part of the change may come from that.`,
  'prior-other-slices': ({ now, earlier }: { now: number; earlier: number }, { millimetres }: Speech) =>
    `Slices are ${millimetres(now)} mm apart, ${millimetres(earlier)} mm in the earlier study; part of the change may come from that.`,
  'corrected-on-review': ({ diametersLeftOut }: { diametersLeftOut: boolean }) =>
    `Volumes were corrected on review; the outlines are the software's and were not redrawn.${diametersLeftOut ? ' The diameters of the enhancing tumour, measured on them, are left out.' : ''}`,

  'no-tumour': () => 'No tumour was segmented, so there is nothing to predict from.',
  'broken-head': () => 'The model gave values that are no probabilities; this is a fault of the bundle.',
  'not-adult': () => 'The patient is under 18; the model was made for adult-type glioma.',
  'needs-t1c': () => 'Needs a T1 post-contrast series, which the study does not have or which could not be used.',
  'needs-t2-flair': () => 'Needs T2 and FLAIR, one of which the study does not have or which could not be used.',
  'needs-brain': () => 'Needs the outline of the brain, which this bundle does not segment.',
  'needs-label': () => 'Needs a part of the tumour that this bundle does not segment.',
  'needs-features': ({ features }: { features: readonly string[] }, { featureName }: Speech) =>
    `Needs ${listed(features.map(featureName))}, which ${features.length === 1 ? 'is' : 'are'} not known for this study.`,
  'unlike-library': ({ cosine, least }: { cosine: number; least: number }, { fixed }: Speech) =>
    `Unlike every past patient of the model's library: the nearest has a cosine of ${fixed(cosine, 2)}, below ${fixed(least, 2)}.`,
  'unlike-training': (of: { feature: string; distance: number; limit: number }, { featureName, fixed }: Speech) =>
    `Unlike the patients that the model was made from, most of all in ${featureName(of.feature)} (distance ${fixed(of.distance, 1)}, limit ${fixed(of.limit, 1)}).`,
  'unlike-training-in': ({ feature }: { feature: string }, { featureName }: Speech) =>
    `Unlike the patients that the model was made from, most of all in ${featureName(feature)}.`,
  'call-unlikely': (
    of: { head: Head; label: string; probability: number; least: number },
    { className, percentBelow }: Speech,
  ) =>
    `${className(of.head, of.label)} is the likeliest with ${percentBelow(of.probability)}, but a call needs ${percentBelow(of.least)}.`,
  'call-bounded': (
    of: { head: Head; label: string; patients: number; most: number; least: number },
    { className, percentBelow }: Speech,
  ) =>
    `${className(of.head, of.label)} is the likeliest, but from ${of.patients} such patients the model can show at most ${percentBelow(of.most)}, and a call needs ${percentBelow(of.least)}.`,
  'outline-decides': (
    of: { head: Head; label: string; samples: number; differing: number },
    { className, riskGroupName }: Speech,
  ) =>
    `The outline decides: ${of.head === 'survival' ? `risk group ${riskGroupName(of.label)}` : className(of.head, of.label)} by the outline that is shown, but ${
      of.differing === 0
        ? `too unlikely over the ${of.samples} samples of the segmentation`
        : `another answer or none in ${of.differing} of ${of.samples} samples of the segmentation`
    }.`,
  'cannot-tell': ({ head, labels }: { head: Head; labels: readonly string[] }, { className }: Speech) =>
    labels.length === 0
      ? 'No class is likely enough.'
      : `Cannot be told apart: ${labels.map((label) => className(head, label)).join(', ')}.`,
}
