// The report as an Encapsulated PDF (PS3.3 A.45.1, C.24): in the same study and for the same patient, marked as unverified, with the same bytes each
// time.
import type { ReportableResult } from '../domain/finding.ts'
import type { Review } from '../domain/review.ts'
import type { DicomJson, Series, Uid } from '../domain/study.ts'
import { IMAGING_STUDY_REPORT } from './codes.ts'
import { dataset, text } from './dataset.ts'
import { readPart10, writePart10 } from './part10.ts'
import { momentOf } from './result-modules.ts'
import { type DicomObject, resultObject } from './result-object.ts'
import { deterministicUid } from './uid.ts'

const ENCAPSULATED_PDF_STORAGE = '1.2.840.10008.5.1.4.1.1.104.1'

export interface EncapsulatedPdfInput {
  result: ReportableResult
  pdf: Uint8Array
  /** An instance of the reference series: patient and study are copied from it. */
  referenceInstance: DicomJson
  /** All series that the analysis used; SourceInstanceSequence lists their instances, otherwise only the reference instance. */
  sources?: readonly Series[]
}

/** Builds the object; EncapsulatedDocumentLength holds the length before padding (C.24.2). */
export function buildEncapsulatedPdf({ result, pdf, referenceInstance, sources }: EncapsulatedPdfInput): DicomObject {
  const { uids, content: opening } = resultObject(result, referenceInstance, {
    role: 'pdf',
    sopClassUid: ENCAPSULATED_PDF_STORAGE,
    modality: 'DOC',
    seriesNumber: 9002,
    seriesDescription: 'AI glioma report, not reviewed, research use',
  })
  const content: DicomJson = {
    ...opening,
    ...dataset({
      ConversionType: 'WSD',
      AcquisitionDateTime: '',
      // The page shows the patient's name.
      BurnedInAnnotation: 'YES',
      RecognizableVisualFeatures: 'NO',
      DocumentTitle: 'AI glioma analysis, not reviewed, research use only',
      ConceptNameCodeSequence: [IMAGING_STUDY_REPORT],
      VerificationFlag: 'UNVERIFIED',
      SourceInstanceSequence: sourceInstances(referenceInstance, sources),
      ...encapsulated(pdf),
    }),
  }
  return { ...uids, bytes: writePart10({ dataset: content }) }
}

function encapsulated(pdf: Uint8Array) {
  const padded = new Uint8Array(pdf.length + (pdf.length % 2))
  padded.set(pdf)
  return {
    MIMETypeOfEncapsulatedDocument: 'application/pdf',
    EncapsulatedDocumentLength: pdf.length,
    EncapsulatedDocument: padded,
  }
}

export interface ReviewedPdfInput {
  /** The report as the software wrote it, as Part 10: study, patient and sources are copied from it. */
  document: Uint8Array
  /** The report as the reviewer left it. */
  pdf: Uint8Array
  review: Pick<Review, 'reviewId' | 'at'>
}

const REVIEWED_SERIES_NUMBER = 9017

/** UIDs of a review's document. */
export function reviewedPdfUids({ reviewId }: Pick<Review, 'reviewId'>) {
  return {
    sopInstanceUid: deterministicUid(reviewId, 'reviewed-pdf', 'instance'),
    seriesInstanceUid: deterministicUid(reviewId, 'reviewed-pdf', 'series'),
  }
}

/** The report after a person's review: a new instance in its own series, VERIFIED; the same review gives the same bytes. */
export function buildReviewedPdf({ document, pdf, review }: ReviewedPdfInput): DicomObject {
  const { dataset: source } = readPart10(document)
  const uids = reviewedPdfUids(review)
  const { date, time } = momentOf(review.at, source)
  const content: DicomJson = {
    ...source,
    ...dataset({
      SOPInstanceUID: uids.sopInstanceUid,
      SeriesInstanceUID: uids.seriesInstanceUid,
      SeriesNumber: REVIEWED_SERIES_NUMBER,
      SeriesDescription: 'AI glioma report, reviewed, research use',
      SeriesDate: date,
      SeriesTime: time,
      InstanceCreationDate: date,
      InstanceCreationTime: time,
      ContentDate: date,
      ContentTime: time,
      DocumentTitle: 'AI glioma analysis, reviewed, research use only',
      VerificationFlag: 'VERIFIED',
      ...encapsulated(pdf),
    }),
  }
  return { ...uids, sopClassUid: ENCAPSULATED_PDF_STORAGE, bytes: writePart10({ dataset: content }) }
}

function sourceInstances(reference: DicomJson, sources: readonly Series[] | undefined): DicomJson[] {
  const item = (sopClassUid: Uid, sopInstanceUid: Uid) =>
    dataset({ ReferencedSOPClassUID: sopClassUid, ReferencedSOPInstanceUID: sopInstanceUid })
  if (sources === undefined) return [item(text(reference, 'SOPClassUID'), text(reference, 'SOPInstanceUID'))]
  return sources.flatMap(({ instances }) =>
    instances.map(({ sopClassUid, sopInstanceUid }) => item(sopClassUid, sopInstanceUid)),
  )
}
