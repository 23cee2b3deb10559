// Change since an earlier study as evaluation groups (TID 1501): volumes, category by size, lesions; the tracking UIDs link both reports.

import type { Comparison, LesionChange, VolumeChange } from '../../domain/comparison.ts'
import { HALF_95, MAX_NAMED_LESIONS, type ReportableResult } from '../../domain/finding.ts'
import type { DicomJson } from '../../domain/study.ts'
import { CATEGORY_CAVEAT, categorySentence, priorSentence } from '../../wording/comparison.ts'
import { BRAIN, SEGMENT_CONCEPTS } from '../codes.ts'
import { CATEGORY_KEY, changeKey } from '../tracking.ts'
import {
  ABSENT,
  CHANGE_CATEGORY,
  COMMENT,
  changeCategoryCode,
  FINDING,
  FINDING_SITE,
  MEASUREMENT_GROUP,
  MEASUREMENT_METHOD,
  MILLILITRE,
  NEOPLASM,
  NOT_EVALUATED,
  PERCENT,
  PERCENT_PRODUCT_CHANGE,
  PERCENT_VOLUME_CHANGE,
  PRESENCE,
  TRACKING_IDENTIFIER,
  TRACKING_UID,
  UNCERTAINTY,
  VOLUME,
  VOLUME_CHANGE,
  VOXEL_SUM,
} from './concepts.ts'
import { codeItem, container, numItem, textItem, uidItem } from './content-item.ts'
import { evidence } from './evidence.ts'
import { groupHeader } from './measurement-groups.ts'

/** Empty if there is no earlier study. */
export function comparisonGroups(result: ReportableResult): DicomJson[] {
  const { comparison } = result
  if (!comparison) return []
  return [
    ...comparison.volumes.map((change) => changeGroup(result, change, comparison)),
    categoryGroup(result, comparison),
    ...comparison.lesions.slice(0, MAX_NAMED_LESIONS).map(lesionGroup),
  ]
}

/** The objects of the earlier study that the comparison rests on (PS3.3 C.17.2: evidence beyond the current procedure). */
export function pertinentEvidence({ comparison }: ReportableResult): DicomJson[] {
  if (!comparison || comparison.prior.objects.length === 0) return []
  return [evidence(comparison.prior.studyInstanceUid, [], comparison.prior.objects)]
}

function changeGroup(result: ReportableResult, change: VolumeChange, comparison: Comparison): DicomJson {
  const finding = SEGMENT_CONCEPTS[change.region]?.propertyType ?? NEOPLASM
  const share =
    change.percent === undefined
      ? []
      : [numItem('CONTAINS', PERCENT_VOLUME_CHANGE, change.percent, PERCENT, range(change.percentDeviation, PERCENT))]
  return container(
    MEASUREMENT_GROUP,
    [
      ...groupHeader(result, changeKey(change.region), finding),
      numItem('CONTAINS', VOLUME_CHANGE, change.change, MILLILITRE, range(change.standardDeviation, MILLILITRE)),
      ...share,
      textItem('CONTAINS', COMMENT, `${change.name} against the ${priorSentence(comparison)}.`),
    ],
    '1501',
  )
}

function range(deviation: number | undefined, unit: DicomJson): DicomJson[] {
  return deviation === undefined ? [] : [numItem('HAS PROPERTIES', UNCERTAINTY, HALF_95 * deviation, unit)]
}

function categoryGroup(result: ReportableResult, { response }: Comparison): DicomJson {
  const { category, percent, percentDeviation } = response
  const value = category === undefined ? NOT_EVALUATED : changeCategoryCode(category)
  const share =
    percent === undefined
      ? []
      : [numItem('CONTAINS', PERCENT_PRODUCT_CHANGE, percent, PERCENT, range(percentDeviation, PERCENT))]
  const comment = [
    categorySentence(response),
    ...(category === undefined ? [] : response.reasons),
    CATEGORY_CAVEAT,
  ].join(' ')
  return container(
    MEASUREMENT_GROUP,
    [
      ...groupHeader(result, CATEGORY_KEY, NEOPLASM),
      ...share,
      codeItem('CONTAINS', CHANGE_CATEGORY, value),
      textItem('CONTAINS', COMMENT, comment),
    ],
    '1501',
  )
}

const FATES: Readonly<Record<LesionChange['fate'], string>> = {
  continued: 'Continues a lesion of the earlier study.',
  new: 'New lesion.',
  gone: 'Lesion of the earlier study, not found any more.',
  merged: 'Grown together from lesions of the earlier study.',
  split: 'Broke off a lesion of the earlier study.',
}

function lesionGroup({ tracking, fate, now, from }: LesionChange): DicomJson {
  const others = from.length === 0 ? '' : ` Tracked there: ${from.join(', ')}.`
  const method = codeItem('HAS CONCEPT MOD', MEASUREMENT_METHOD, VOXEL_SUM)
  return container(
    MEASUREMENT_GROUP,
    [
      textItem('HAS OBS CONTEXT', TRACKING_IDENTIFIER, tracking.identifier),
      uidItem('HAS OBS CONTEXT', TRACKING_UID, tracking.uid),
      codeItem('CONTAINS', FINDING, NEOPLASM),
      codeItem('HAS CONCEPT MOD', FINDING_SITE, BRAIN),
      ...(now === undefined
        ? [codeItem('CONTAINS', PRESENCE, ABSENT)]
        : [numItem('CONTAINS', VOLUME, now, MILLILITRE, [method])]),
      textItem('CONTAINS', COMMENT, `${FATES[fate]}${others}`),
    ],
    '1501',
  )
}
