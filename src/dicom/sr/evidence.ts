// What a document rests on: evidence, request and predecessor (PS3.3 C.17.2), copied or listed, never made up.
import type { DicomJson, Series, Uid } from '../../domain/study.ts'
import { dataset, has, items, tagOf, text } from '../dataset.ts'
import { copied } from '../source-values.ts'

/** A stored object of ours, with its series. */
export interface StoredObject {
  sopInstanceUid: Uid
  seriesInstanceUid: Uid
  sopClassUid: Uid
}

/** Hierarchical SOP Instance Reference (Table C.17-3): a study with its series and instances. */
export function evidence(
  studyInstanceUid: Uid,
  series: readonly Series[],
  objects: readonly StoredObject[],
): DicomJson {
  const groups = new Map<Uid, DicomJson[]>()
  const list = (seriesInstanceUid: Uid, sopClassUid: Uid, sopInstanceUid: Uid) => {
    const group = groups.get(seriesInstanceUid) ?? []
    groups.set(seriesInstanceUid, group)
    group.push(dataset({ ReferencedSOPClassUID: sopClassUid, ReferencedSOPInstanceUID: sopInstanceUid }))
  }
  for (const { seriesInstanceUid, instances } of series) {
    for (const one of instances) list(seriesInstanceUid, one.sopClassUid, one.sopInstanceUid)
  }
  for (const one of objects) list(one.seriesInstanceUid, one.sopClassUid, one.sopInstanceUid)
  return dataset({
    StudyInstanceUID: studyInstanceUid,
    ReferencedSeriesSequence: [...groups].map(([seriesInstanceUid, members]) =>
      dataset({ SeriesInstanceUID: seriesInstanceUid, ReferencedSOPSequence: members }),
    ),
  })
}

const ORDER = [
  'StudyInstanceUID',
  'AccessionNumber',
  'IssuerOfAccessionNumberSequence',
  'PlacerOrderNumberImagingServiceRequest',
  'FillerOrderNumberImagingServiceRequest',
]
const PROCEDURE = [
  'RequestedProcedureID',
  'RequestedProcedureDescription',
  'RequestedProcedureCodeSequence',
  'ReasonForTheRequestedProcedure',
]

/**
 * Referenced Request (Table C.17-2) of the order that the images state: from Request Attributes (C.7.3.1.1.9) or, in older
 * headers, from the image itself. Empty when there is no order.
 */
export function referencedRequest(image: DicomJson): DicomJson {
  const source = copied(image, [...ORDER, ...PROCEDURE, 'RequestAttributesSequence'])
  const from = items(source, 'RequestAttributesSequence')[0] ?? source
  const pick = (ds: DicomJson, keywords: string[]) =>
    Object.fromEntries(keywords.map(tagOf).flatMap((tag) => (ds[tag] === undefined ? [] : [[tag, ds[tag]]])))
  const stated = ['RequestedProcedureID', 'RequestedProcedureDescription']
  if (text(source, 'AccessionNumber') === '' && !stated.some((keyword) => has(from, keyword))) return {}
  const empty = dataset({
    ReferencedStudySequence: [],
    AccessionNumber: '',
    PlacerOrderNumberImagingServiceRequest: '',
    FillerOrderNumberImagingServiceRequest: '',
    RequestedProcedureID: '',
    RequestedProcedureDescription: '',
    RequestedProcedureCodeSequence: [],
  })
  return dataset({ ReferencedRequestSequence: [{ ...empty, ...pick(source, ORDER), ...pick(from, PROCEDURE) }] })
}
