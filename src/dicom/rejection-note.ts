// A note that withdraws the objects of an earlier analysis (Key Object Selection, PS3.3 A.35.4, TID 2010; IHE IOCM, RAD TF-2 4.66).

import type { ReportableResult } from '../domain/finding.ts'
import type { Review } from '../domain/review.ts'
import type { DicomJson } from '../domain/study.ts'
import { reviewSentence } from '../wording/reviews.ts'
import { code } from './codes.ts'
import { dataset, text } from './dataset.ts'
import { writePart10 } from './part10.ts'
import { type DicomObject, resultObject } from './result-object.ts'
import { ENGLISH, LANGUAGE, OWN_SCHEME, OWN_SCHEME_IDENTIFICATION } from './sr/concepts.ts'
import { codeItem, compositeItem, imageItem, rootContainer, textItem } from './sr/content-item.ts'
import { evidence, referencedRequest, type StoredObject } from './sr/evidence.ts'
import { deviceObserver } from './sr/observation-context.ts'

const KEY_OBJECT_SELECTION_STORAGE = '1.2.840.10008.5.1.4.1.1.88.59'

/**
 * CID 7010. Not (113037, DCM, "Rejected for Patient Safety Reasons"): receivers must then hide the objects, and an analysis
 * that was superseded was correct for the images it had.
 */
const REJECTED_FOR_QUALITY = code('113001', 'DCM', 'Rejected for Quality Reasons')
const DOCUMENT_TITLE_MODIFIER = code('113011', 'DCM', 'Document Title Modifier')
const KEY_OBJECT_DESCRIPTION = code('113012', 'DCM', 'Key Object Description')
const SUPERSEDED = code('superseded', OWN_SCHEME, 'Superseded by a later analysis')
const SUPERSEDED_BY_REVIEW = code('superseded-by-review', OWN_SCHEME, 'Superseded by the reviewed document')
const REJECTED_ON_REVIEW = code('rejected-on-review', OWN_SCHEME, 'Rejected by the reviewer')

/** Stored as images; the others are documents. */
const IMAGE_CLASSES = [
  '1.2.840.10008.5.1.4.1.1.66.4',
  '1.2.840.10008.5.1.4.1.1.66.7',
  '1.2.840.10008.5.1.4.1.1.30',
  '1.2.840.10008.5.1.4.1.1.7',
]

export interface RejectionNoteInput {
  /** The later analysis, or the one that was reviewed. */
  result: ReportableResult
  /** An instance of its reference series: patient and study are copied from it. */
  referenceInstance: DicomJson
  /** What the earlier analysis stored, or this one before the review. */
  rejected: readonly StoredObject[]
  /** A person's decision on `result`: rejects all of it, or else the documents that reviewed ones replace. */
  review?: Pick<Review, 'reviewId' | 'at' | 'reviewer' | 'reason' | 'decision' | 'number' | 'edits'>
}

/** Builds the note; `rejected` contains at least one object. */
export function buildRejectionNote({ result, referenceInstance, rejected, review }: RejectionNoteInput): DicomObject {
  const why = reasonFor(result, review)
  const kind = {
    role: 'rejection-note',
    sopClassUid: KEY_OBJECT_SELECTION_STORAGE,
    modality: 'KO',
    seriesNumber: 9009,
    seriesDescription: `AI glioma results that ${why.series}`,
  }
  const cause = review && { id: review.reviewId, at: review.at }
  const { uids, content: opening } = resultObject(result, referenceInstance, kind, cause)
  const items = rejected.map((object) =>
    IMAGE_CLASSES.includes(object.sopClassUid)
      ? imageItem('CONTAINS', undefined, object)
      : compositeItem('CONTAINS', object),
  )
  const content: DicomJson = {
    ...opening,
    ...dataset({
      CodingSchemeIdentificationSequence: [OWN_SCHEME_IDENTIFICATION],
      ReferencedPerformedProcedureStepSequence: [],
      CurrentRequestedProcedureEvidenceSequence: [evidence(text(referenceInstance, 'StudyInstanceUID'), [], rejected)],
    }),
    ...referencedRequest(referenceInstance),
    ...rootContainer(
      REJECTED_FOR_QUALITY,
      [
        codeItem('HAS CONCEPT MOD', DOCUMENT_TITLE_MODIFIER, why.modifier),
        codeItem('HAS CONCEPT MOD', LANGUAGE, ENGLISH),
        ...deviceObserver(result),
        textItem('CONTAINS', KEY_OBJECT_DESCRIPTION, why.text),
        ...items,
      ],
      '2010',
    ),
  }
  return { ...uids, bytes: writePart10({ dataset: content }) }
}

function reasonFor({ analysisId }: ReportableResult, review: RejectionNoteInput['review']) {
  if (!review)
    return {
      series: 'a later analysis supersedes',
      modifier: SUPERSEDED,
      text: `Superseded by analysis ${analysisId} of the same study.`,
    }
  if (review.decision === 'reject')
    return { series: 'a reviewer rejected', modifier: REJECTED_ON_REVIEW, text: reviewSentence(review) }
  return {
    series: 'reviewed ones supersede',
    modifier: SUPERSEDED_BY_REVIEW,
    text: `Superseded by the reviewed documents. ${reviewSentence(review)}`,
  }
}
