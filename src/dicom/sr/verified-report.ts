// The measurement report once a person has verified it (PS3.3 C.17.2.4): a new instance, VERIFIED, that names the one it comes from.

import { AppError } from '../../domain/errors.ts'
import type { ReportableResult } from '../../domain/finding.ts'
import { correctedRegions, type Edit, type Review, targetOf } from '../../domain/review.ts'
import type { DicomJson, Uid } from '../../domain/study.ts'
import { editSentence } from '../../wording/reviews.ts'
import { dataset, items, tagOf, text } from '../dataset.ts'
import { readPart10, writePart10 } from '../part10.ts'
import { clip, momentOf } from '../result-modules.ts'
import type { DicomObject } from '../result-object.ts'
import { CATEGORY_KEY, changeKey, ENHANCING, lesionKey, predictionKey, trackingOf } from '../tracking.ts'
import { deterministicUid } from '../uid.ts'
import {
  COMMENT,
  classCode,
  INDETERMINATE,
  MILLILITRE,
  PROBABILITY,
  predictionCode,
  QUALITATIVE_EVALUATIONS,
  TRACKING_UID,
  VOLUME,
} from './codes.ts'
import { codeItem, conceptOf, nameOf, numItem, textItem } from './content-item.ts'
import { evidence, type StoredObject } from './evidence.ts'
import { remarkItems } from './remarks.ts'

const SERIES_NUMBER = 9010

/** What of a result the report's groups and comments are made from. */
export type TrackedResult = Pick<
  ReportableResult,
  'analysisId' | 'comparison' | 'diameters' | 'noFinding' | 'bundle' | 'inputs' | 'quality'
>

export interface VerifiedReportInput {
  /** The report as the software wrote it, Part 10. */
  report: Uint8Array
  /** What the archive has: that report, or the one that an earlier review verified. */
  predecessor?: StoredObject
  /** The result that it was written from. */
  result: TrackedResult
  review: Review
  /** Where the reviewer's own organization is not known. */
  organization: string
}

/** UIDs of the report that a review verifies. */
export function verifiedReportUids({ reviewId }: Pick<Review, 'reviewId'>) {
  return {
    sopInstanceUid: deterministicUid(reviewId, 'verified-report', 'instance'),
    seriesInstanceUid: deterministicUid(reviewId, 'verified-report', 'series'),
  }
}

/**
 * Same content, with the reviewer's corrections in the groups that they are about, and without what rests on the values before; the same review gives the same bytes.
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

/** The comments of TID 1500's qualitative evaluations anew, as one writes them of a reviewed result; what is coded there stays. */
function withRemarks(item: DicomJson, remarks: readonly DicomJson[]): DicomJson {
  if (conceptOf(item) !== nameOf(QUALITATIVE_EVALUATIONS)) return item
  const coded = items(item, 'ContentSequence').filter((child) => conceptOf(child) !== nameOf(COMMENT))
  return { ...item, [tagOf('ContentSequence')]: { vr: 'SQ', Value: [...coded, ...remarks] } }
}

/** PN (PS3.5 6.2.1): a name with carets as it is; any other whole as the family name, since which part is which is not known. */
function personName(name: string): string {
  const plain = clip(name.replace(/[\\=]/g, ' '), 63)
  return plain.includes('^') ? plain : `${plain}^`
}

/** What a review makes of the groups, by the tracking UIDs that the result's own findings have. */
interface Corrections {
  edits: ReadonlyMap<Uid, Edit>
  /** Groups that rest on a corrected volume: its change, and of enhancing tumour the diameters and the category. */
  overtaken: ReadonlySet<Uid>
  review: Review
}

function correctionsOf(result: TrackedResult, review: Review): Corrections {
  const uidOf = (key: string) => trackingOf(result, key).uid
  const edits = review.edits.flatMap((edit): [Uid, Edit][] => {
    const target = targetOf(edit)
    return target ? [[uidOf('head' in target ? predictionKey(target.head) : target.region), edit]] : []
  })
  const regions = correctedRegions(review.edits)
  const enhancing = regions.includes(ENHANCING)
    ? [CATEGORY_KEY, ...(result.diameters ?? []).map((_, index) => lesionKey(index))]
    : []
  const overtaken = new Set([...regions.map(changeKey), ...enhancing].map(uidOf))
  return { edits: new Map(edits), overtaken, review }
}

function trackingUidOf(group: DicomJson): Uid | undefined {
  const tracked = items(group, 'ContentSequence').find((child) => conceptOf(child) === nameOf(TRACKING_UID))
  return tracked && text(tracked, 'UID')
}

function reviewedItem(item: DicomJson, corrections: Corrections): DicomJson {
  const children = items(item, 'ContentSequence')
  if (children.length === 0) return item
  const edit = corrections.edits.get(trackingUidOf(item) ?? '')
  const isOvertaken = (group: DicomJson) => corrections.overtaken.has(trackingUidOf(group) ?? '')
  const next = edit
    ? corrected(children, edit, corrections.review)
    : children.filter((child) => !isOvertaken(child)).map((child) => reviewedItem(child, corrections))
  return { ...item, [tagOf('ContentSequence')]: { vr: 'SQ', Value: next } }
}

/** The value anew, without method and uncertainty, which were the software's; the reason beside it. */
function corrected(children: readonly DicomJson[], edit: Edit, review: Review): DicomJson[] {
  const reason = textItem('CONTAINS', COMMENT, editSentence(review, edit))
  if (typeof edit.to === 'number') {
    const volume = numItem('CONTAINS', VOLUME, edit.to, MILLILITRE)
    return [...children.map((child) => (conceptOf(child) === nameOf(VOLUME) ? volume : child)), reason]
  }
  const target = targetOf(edit)
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
