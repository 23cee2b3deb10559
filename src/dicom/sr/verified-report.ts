// The measurement report once a person has verified it (PS3.3 C.17.2.4): a new instance, VERIFIED, that references its predecessor.

import { editsDiameters, readPair } from '../../domain/corrected-diameters.ts'
import { AppError } from '../../domain/errors.ts'
import { numberOf, type ReportableResult } from '../../domain/finding.ts'
import { correctedRegions, type Edit, type EditTarget, type Review, targetOf } from '../../domain/review.ts'
import type { DicomJson, Uid } from '../../domain/study.ts'
import { editSentence } from '../../wording/reviews.ts'
import { dataset, items, tagOf, text } from '../dataset.ts'
import { readPart10, writePart10 } from '../part10.ts'
import { clip, momentOf, personName } from '../result-modules.ts'
import type { DicomObject } from '../result-object.ts'
import { CATEGORY_KEY, changeKey, ENHANCING, lesionKey, predictionKey, trackingOf } from '../tracking.ts'
import { deterministicUid } from '../uid.ts'
import {
  COMMENT,
  classCode,
  INDETERMINATE,
  LONG_AXIS,
  MILLILITRE,
  MILLIMETRE,
  PERPENDICULAR_AXIS,
  PROBABILITY,
  predictionCode,
  QUALITATIVE_EVALUATIONS,
  TRACKING_UID,
  VOLUME,
} from './concepts.ts'
import { codeItem, conceptOf, nameOf, numItem, textItem } from './content-item.ts'
import { evidence, type StoredObject } from './evidence.ts'
import { remarkItems } from './remarks.ts'

const SERIES_NUMBER = 9010

/** The parts of a result from which the report's groups and comments are built. */
export type TrackedResult = Pick<
  ReportableResult,
  | 'analysisId'
  | 'comparison'
  | 'diameters'
  | 'noFinding'
  | 'bundle'
  | 'inputs'
  | 'quality'
  | 'segments'
  | 'measurements'
>

export interface VerifiedReportInput {
  /** The report as the software wrote it, Part 10. */
  report: Uint8Array
  /** What the archive has: that report, or the one that an earlier review verified. */
  predecessor?: StoredObject
  /** The result that it was written from. */
  result: TrackedResult
  review: Review
  /** Used if the reviewer's own organization is not known. */
  organization: string
}

/** UIDs of the verified report of a review. */
export function verifiedReportUids({ reviewId }: Pick<Review, 'reviewId'>) {
  return {
    sopInstanceUid: deterministicUid(reviewId, 'verified-report', 'instance'),
    seriesInstanceUid: deterministicUid(reviewId, 'verified-report', 'series'),
  }
}

/**
 * The same content, with the reviewer's corrections in the groups concerned and without anything based on the previous values. The
 * same review gives the same bytes.
 */
export function buildVerifiedReport({
  report,
  predecessor,
  result,
  review,
  organization,
}: VerifiedReportInput): DicomObject {
  const { dataset: source } = readPart10(report)
  const analysed = text(source, 'ContentDate') + text(source, 'ContentTime')
  const moment = momentOf(review.at, source, { imagesUntil: analysed })
  const uids = verifiedReportUids(review)
  const sopClassUid = text(source, 'SOPClassUID')
  const remarks = remarkItems(result, { review, firstWritten: analysed })
  const corrections = correctionsOf(result, review)
  const content: DicomJson = {
    ...source,
    ...dataset({
      SOPInstanceUID: uids.sopInstanceUid,
      SeriesInstanceUID: uids.seriesInstanceUid,
      SeriesNumber: SERIES_NUMBER,
      SeriesDescription: 'AI glioma measurements, reviewed, research use',
      SeriesDate: moment.date,
      SeriesTime: moment.time,
      InstanceCreationDate: moment.date,
      InstanceCreationTime: moment.time,
      ContentDate: moment.date,
      ContentTime: moment.time,
      CompletionFlag: 'COMPLETE',
      VerificationFlag: 'VERIFIED',
      PreliminaryFlag: 'FINAL',
      VerifyingObserverSequence: [
        dataset({
          VerifyingObserverName: personName(review.reviewer.name),
          VerifyingObserverIdentificationCodeSequence: [],
          VerifyingOrganization: clip(review.reviewer.organization || organization || 'not stated', 64),
          VerificationDateTime: moment.dateTime,
        }),
      ],
      ...(predecessor && {
        PredecessorDocumentsSequence: [evidence(text(source, 'StudyInstanceUID'), [], [predecessor])],
      }),
    }),
    [tagOf('ContentSequence')]: {
      vr: 'SQ',
      Value: items(source, 'ContentSequence').map((item) => withRemarks(reviewedItem(item, corrections), remarks)),
    },
  }
  return { ...uids, sopClassUid, bytes: writePart10({ dataset: content }) }
}

/** Rewrites the comments in TID 1500's qualitative evaluations for a reviewed result; coded items there stay. */
function withRemarks(item: DicomJson, remarks: readonly DicomJson[]): DicomJson {
  if (conceptOf(item) !== nameOf(QUALITATIVE_EVALUATIONS)) return item
  const coded = items(item, 'ContentSequence').filter((child) => conceptOf(child) !== nameOf(COMMENT))
  return { ...item, [tagOf('ContentSequence')]: { vr: 'SQ', Value: [...coded, ...remarks] } }
}

/** What a review changes in the groups, by the tracking UIDs of the result's own findings. */
interface Corrections {
  edits: ReadonlyMap<Uid, Edit>
  /** Groups based on corrected values: the change of a volume, and for enhancing tumour the diameters and the category. */
  overtaken: ReadonlySet<Uid>
  review: Review
}

function correctionsOf(result: TrackedResult, review: Review): Corrections {
  const uidOf = (key: string) => trackingOf(result, key).uid
  const edits = review.edits.flatMap((edit): [Uid, Edit][] => {
    const target = targetOf(edit)
    const key = target && groupKey(target)
    return key === undefined ? [] : [[uidOf(key), edit]]
  })
  // If outlines were redrawn, the report was built again, so nothing in it is based on the previous values.
  const regions = review.redrawn ? [] : correctedRegions(review.edits)
  const lesions = regions.includes(ENHANCING)
    ? (result.diameters ?? []).map((lesion, index) => lesionKey(numberOf(lesion, index)))
    : []
  const category = regions.includes(ENHANCING) || editsDiameters(review.edits) ? [CATEGORY_KEY] : []
  const overtaken = new Set([...regions.map(changeKey), ...category, ...lesions].map(uidOf))
  return { edits: new Map(edits), overtaken, review }
}

/** Key of the group that an edit is about; edits of outlines have no group of their own. */
function groupKey(target: EditTarget): string | undefined {
  if ('head' in target) return predictionKey(target.head)
  if ('region' in target) return target.region
  return 'diameters' in target ? lesionKey(target.diameters) : undefined
}

function trackingUidOf(group: DicomJson): Uid | undefined {
  const tracked = items(group, 'ContentSequence').find((child) => conceptOf(child) === nameOf(TRACKING_UID))
  return tracked && text(tracked, 'UID')
}

function reviewedItem(item: DicomJson, corrections: Corrections): DicomJson {
  const children = items(item, 'ContentSequence')
  if (children.length === 0) return item
  const editOf = (group: DicomJson) => corrections.edits.get(trackingUidOf(group) ?? '')
  const edit = editOf(item)
  const isGone = (group: DicomJson) =>
    corrections.overtaken.has(trackingUidOf(group) ?? '') || hasOldLines(group, editOf(group))
  const next = edit
    ? corrected(children, edit, corrections.review)
    : children.filter((child) => !isGone(child)).map((child) => reviewedItem(child, corrections))
  return { ...item, [tagOf('ContentSequence')]: { vr: 'SQ', Value: next } }
}

const isLength = (item: DicomJson) =>
  text(item, 'ValueType') === 'NUM' && [LONG_AXIS, PERPENDICULAR_AXIS].some((axis) => conceptOf(item) === nameOf(axis))

/** Whether the group holds only the two lines, and the reviewer stated other lengths. */
function hasOldLines(group: DicomJson, edit: Edit | undefined): boolean {
  const target = edit && !edit.isDerived && targetOf(edit)
  return Boolean(target && 'diameters' in target && !items(group, 'ContentSequence').some(isLength))
}

/** The children with the corrected value, without the software's method and uncertainty, and with the reason. */
function corrected(children: readonly DicomJson[], edit: Edit, review: Review): DicomJson[] {
  const reason = textItem('CONTAINS', COMMENT, editSentence(review, edit))
  const target = targetOf(edit)
  // Measured again by the software, on the reviewer's outlines.
  if (edit.isDerived && review.redrawn) return [...children, reason]
  if (target && 'diameters' in target) return [...correctedLengths(children, edit), reason]
  if (typeof edit.to === 'number') {
    const volume = numItem('CONTAINS', VOLUME, edit.to, MILLILITRE)
    return [...children.map((child) => (conceptOf(child) === nameOf(VOLUME) ? volume : child)), reason]
  }
  if (!target || !('head' in target)) throw new AppError('INTERNAL', `edit ${edit.target} of a review corrects no call`)
  const { head } = target
  const concept = predictionCode(head)
  const call = codeItem('CONTAINS', concept, edit.to === 'indeterminate' ? INDETERMINATE : classCode(head, edit.to))
  const kept = children.filter(
    (child) => conceptOf(child) !== nameOf(concept) && conceptOf(child) !== nameOf(PROBABILITY),
  )
  const probabilities = children.filter((child) => conceptOf(child) === nameOf(PROBABILITY))
  return [...kept, ...probabilities, call, reason]
}

/** The children with both corrected lengths, without the software's lines. */
function correctedLengths(children: readonly DicomJson[], { to }: Edit): DicomJson[] {
  const pair = readPair(to)
  if (!pair) return [...children]
  const lengths = [LONG_AXIS, PERPENDICULAR_AXIS].map((axis, n) => numItem('CONTAINS', axis, pair[n]!, MILLIMETRE))
  return children.map((child) =>
    isLength(child) ? lengths.find((length) => conceptOf(length) === conceptOf(child))! : child,
  )
}
