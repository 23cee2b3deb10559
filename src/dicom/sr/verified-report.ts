// The measurement report once a person has verified it (PS3.3 C.17.2.4): a new instance, VERIFIED, that names the one it comes from.

import type { Head } from '../../domain/finding.ts'
import type { Edit, Review } from '../../domain/review.ts'
import type { DicomJson } from '../../domain/study.ts'
import { editSentence, reviewSentence } from '../../wording/reviews.ts'
import { dataset, items, tagOf, text } from '../dataset.ts'
import { readPart10, writePart10 } from '../part10.ts'
import { clip, momentOf, trackedKey } from '../result-modules.ts'
import type { DicomObject } from '../result-object.ts'
import { deterministicUid } from '../uid.ts'
import {
  COMMENT,
  classCode,
  INDETERMINATE,
  MILLILITRE,
  PROBABILITY,
  predictionCode,
  QUALITATIVE_EVALUATIONS,
  TRACKING_IDENTIFIER,
  VOLUME,
} from './codes.ts'
import { codeItem, conceptOf, nameOf, numItem, textItem } from './content-item.ts'
import { evidence, type StoredObject } from './evidence.ts'

const SERIES_NUMBER = 9010
const NOT_REVIEWED = 'Made by software and not reviewed by a person.'

export interface VerifiedReportInput {
  /** The report as the software wrote it, Part 10. */
  report: Uint8Array
  /** What the archive has: that report, or the one that an earlier review verified. */
  predecessor?: StoredObject
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
export function buildVerifiedReport({ report, predecessor, review, organization }: VerifiedReportInput): DicomObject {
  const { dataset: source } = readPart10(report)
  const analysed = text(source, 'ContentDate') + text(source, 'ContentTime')
  const moment = momentOf(review.at, source, { imagesUntil: analysed })
  const uids = verifiedReportUids(review)
  const sopClassUid = text(source, 'SOPClassUID')
  const remark = textItem('CONTAINS', COMMENT, `${reviewSentence(review)} First written ${analysed}.`)
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
      Value: items(source, 'ContentSequence').map((item) => withRemark(reviewedItem(item, review), remark)),
    },
  }
  return { ...uids, sopClassUid, bytes: writePart10({ dataset: content }) }
}

/** TID 1500 has comments among the qualitative evaluations. */
function withRemark(item: DicomJson, remark: DicomJson): DicomJson {
  if (conceptOf(item) !== nameOf(QUALITATIVE_EVALUATIONS)) return item
  return { ...item, [tagOf('ContentSequence')]: { vr: 'SQ', Value: [...items(item, 'ContentSequence'), remark] } }
}

/** PN (PS3.5 6.2.1): a name with carets as it is; any other whole as the family name, since which part is which is not known. */
function personName(name: string): string {
  const plain = clip(name.replace(/[\\=]/g, ' '), 63)
  return plain.includes('^') ? plain : `${plain}^`
}

function reviewedItem(item: DicomJson, review: Review): DicomJson {
  const children = items(item, 'ContentSequence')
  if (text(item, 'TextValue').startsWith(NOT_REVIEWED)) {
    const rest = text(item, 'TextValue').slice(NOT_REVIEWED.length)
    return { ...item, ...dataset({ TextValue: `Made by software and reviewed by a person.${rest}` }) }
  }
  if (children.length === 0) return item
  const tracked = children.find((child) => conceptOf(child) === nameOf(TRACKING_IDENTIFIER))
  const edit = tracked && review.edits.find((one) => trackedKey(text(tracked, 'TextValue')) === editedKey(one))
  const next = edit
    ? corrected(children, edit, review)
    : children.filter((child) => !isOvertaken(child, review)).map((child) => reviewedItem(child, review))
  return { ...item, [tagOf('ContentSequence')]: { vr: 'SQ', Value: next } }
}

/** A group that rests on a volume which the reviewer corrected: its change, and of enhancing tumour the diameters and the category. */
function isOvertaken(group: DicomJson, { edits }: Review): boolean {
  const tracked = items(group, 'ContentSequence').find((child) => conceptOf(child) === nameOf(TRACKING_IDENTIFIER))
  if (!tracked) return false
  const key = trackedKey(text(tracked, 'TextValue'))
  const regions = edits.flatMap(({ target }) => target.match(/^measurement\.(.*)$/)?.[1] ?? [])
  const isEnhancing = regions.includes('ET')
  return (
    regions.some((region) => key === `change ${region}`) ||
    (isEnhancing && /^(ET lesion \d+|change category)$/.test(key))
  )
}

function editedKey({ target }: Edit): string {
  return target.replace(/^measurement\./, '').replace(/^prediction\./, 'predicted ')
}

/** The value anew, without method and uncertainty, which were the software's; the reason beside it. */
function corrected(children: readonly DicomJson[], edit: Edit, review: Review): DicomJson[] {
  const reason = textItem('CONTAINS', COMMENT, editSentence(review, edit))
  if (typeof edit.to === 'number') {
    const volume = numItem('CONTAINS', VOLUME, edit.to, MILLILITRE)
    return [...children.map((child) => (conceptOf(child) === nameOf(VOLUME) ? volume : child)), reason]
  }
  const head = edit.target.replace(/^prediction\./, '') as Head
  const concept = predictionCode(head)
  const call = codeItem('CONTAINS', concept, edit.to === 'indeterminate' ? INDETERMINATE : classCode(head, edit.to))
  const kept = children.filter(
    (child) => conceptOf(child) !== nameOf(concept) && conceptOf(child) !== nameOf(PROBABILITY),
  )
  const probabilities = children.filter((child) => conceptOf(child) === nameOf(PROBABILITY))
  return [...kept, ...probabilities, call, reason]
}
