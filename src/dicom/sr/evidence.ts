// What a document rests on: evidence, request and predecessor (PS3.3 C.17.2), copied or listed, never made up.
import type { DicomJson, Series, Uid } from '../../domain/study.ts'
import { copied, dataset, has, items, text } from '../dataset.ts'

/** An object of ours, by series. */
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

/**
 * Referenced Request (Table C.17-2) of the order that the images state: from Request Attributes (C.7.3.1.1.9) or, in older
 * headers, from the image itself. Empty when there is no order.
 */
export function referencedRequest(source: DicomJson): DicomJson {
  const [request] = items(source, 'RequestAttributesSequence')
  const from = request ?? source
  const stated = ['AccessionNumber', 'RequestedProcedureID', 'RequestedProcedureDescription']
  if (text(source, 'AccessionNumber') === '' && !stated.some((keyword) => has(from, keyword))) return {}
  const keywords = [
    'RequestedProcedureID',
    'RequestedProcedureDescription',
    'RequestedProcedureCodeSequence',
    'ReasonForTheRequestedProcedure',
  ]
  const order = dataset({
    StudyInstanceUID: text(source, 'StudyInstanceUID'),
    ReferencedStudySequence: [],
    AccessionNumber: text(source, 'AccessionNumber'),
    PlacerOrderNumberImagingServiceRequest: text(source, 'PlacerOrderNumberImagingServiceRequest'),
    FillerOrderNumberImagingServiceRequest: text(source, 'FillerOrderNumberImagingServiceRequest'),
    RequestedProcedureID: '',
    RequestedProcedureDescription: '',
    RequestedProcedureCodeSequence: [],
  })
  const same = copied(source, ['IssuerOfAccessionNumberSequence'])
  return dataset({ ReferencedRequestSequence: [{ ...order, ...same, ...copied(from, keywords) }] })
}
