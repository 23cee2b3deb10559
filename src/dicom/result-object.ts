// How each of our objects begins: whose study it is, which object it is, who made it, its series (PS3.3 C.7.1 to C.7.5, C.12.1).
import type { ReportableResult } from '../domain/finding.ts'
import type { DicomJson, Uid } from '../domain/study.ts'
import { dataset } from './dataset.ts'
import {
  contributingEquipment,
  equipment,
  type Moment,
  momentOf,
  patientAndStudy,
  sopCommon,
} from './result-modules.ts'
import { deterministicUid } from './uid.ts'

/** An object ready to be stored. */
export interface DicomObject {
  sopInstanceUid: Uid
  seriesInstanceUid: Uid
  sopClassUid: Uid
  bytes: Uint8Array
}

/** What distinguishes one kind of object from another. */
export interface ObjectKind {
  /** Part of its UIDs. */
  role: string
  sopClassUid: Uid
  modality: string
  /** Above the numbers that scanners use, and fixed: a re-run must not make another series. */
  seriesNumber: number
  seriesDescription: string
  /** Instance number, in a series of several; 1 by default. */
  instanceNumber?: number
}

export interface ResultObject {
  uids: Pick<DicomObject, 'sopInstanceUid' | 'seriesInstanceUid' | 'sopClassUid'>
  moment: Moment
  /** Patient, study, series, equipment and content date; followed by what the object shows. */
  content: DicomJson
}

/** SOP Instance UID of the object made for an analysis or a review, derived from it. */
export function instanceUid(causeId: string, role: string, ...which: string[]): Uid {
  return deterministicUid(causeId, role, ...which, 'instance')
}

/** `cause` is why and when the object was made: the analysis, or a person's review of it. */
export function resultObject(
  result: ReportableResult,
  source: DicomJson,
  kind: ObjectKind,
  cause: { id: string; at: string } = { id: result.analysisId, at: result.analysedAt },
): ResultObject {
  const { role, sopClassUid, instanceNumber } = kind
  const moment = momentOf(cause.at, source, result.clock)
  const which = instanceNumber === undefined ? [] : [String(instanceNumber)]
  const sopInstanceUid = instanceUid(cause.id, role, ...which)
  const seriesInstanceUid = deterministicUid(cause.id, role, 'series')
  const content = {
    ...patientAndStudy(source),
    ...sopCommon(sopClassUid, sopInstanceUid, moment),
    ...equipment(result),
    ...contributingEquipment(result, moment),
    ...dataset({
      TimezoneOffsetFromUTC: moment.offset,
      Modality: kind.modality,
      SeriesInstanceUID: seriesInstanceUid,
      SeriesNumber: kind.seriesNumber,
      SeriesDate: moment.date,
      SeriesTime: moment.time,
      SeriesDescription: kind.seriesDescription,
      InstanceNumber: instanceNumber ?? 1,
      ContentDate: moment.date,
      ContentTime: moment.time,
    }),
  }
  return { uids: { sopInstanceUid, seriesInstanceUid, sopClassUid }, moment, content }
}
