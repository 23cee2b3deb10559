// What a worklist is told about a workitem (PS3.18 Section 11, PS3.4 Table CC.2.5-3; from memory), as DICOM JSON; pure.
import { code } from '../dicom/codes.ts'
import { dataset } from '../dicom/dataset.ts'
import type { DicomJson, Uid } from '../domain/study.ts'
import type { Performed, WorkitemState } from '../domain/workitem.ts'

/** A code defined by the site. */
export interface Code {
  scheme: string
  value: string
  meaning: string
}

export const stateChange = (state: WorkitemState, transactionUid: Uid): DicomJson =>
  dataset({ TransactionUID: transactionUid, ProcedureStepState: state })

/** ST allows at most 1024 characters. */
const shortened = (text: string) => text.slice(0, 1000)

export function progressUpdate({ percent, text }: { percent: number; text: string }): DicomJson {
  const progress = dataset({
    ProcedureStepProgress: String(percent),
    ProcedureStepProgressDescription: shortened(text),
  })
  return dataset({ ProcedureStepProgressInformationSequence: progress })
}

export function cancellationUpdate(reason: string, at: string): DicomJson {
  const progress = dataset({
    ProcedureStepCancellationDateTime: dateTime(at),
    ReasonForCancellation: shortened(reason),
    ProcedureStepDiscontinuationReasonCodeSequence: code('110513', 'DCM', 'Discontinued for unspecified reason'),
  })
  return dataset({ ProcedureStepProgressInformationSequence: progress })
}

/** The five attributes that a final state requires: station, start, end, workitem code, outputs. */
export function performedUpdate(
  performed: Performed,
  { station, work, retrieveUrl }: { station: Code; work: Code; retrieveUrl: string },
): DicomJson {
  const item = dataset({
    PerformedStationNameCodeSequence: code(station.value, station.scheme, station.meaning),
    PerformedProcedureStepStartDateTime: dateTime(performed.startedAt),
    PerformedProcedureStepEndDateTime: dateTime(performed.endedAt),
    PerformedWorkitemCodeSequence: code(work.value, work.scheme, work.meaning),
    OutputInformationSequence: outputs(performed, retrieveUrl),
  })
  return {
    ...dataset({ UnifiedProcedureStepPerformedProcedureSequence: item }),
    ...progressUpdate({ percent: 100, text: 'results are stored' }),
  }
}

/** Series by series, with their location: the archive that the workitem's images come from. */
function outputs({ studyInstanceUid, outputs: stored }: Performed, retrieveUrl: string): DicomJson[] {
  return [...Map.groupBy(stored, ({ seriesInstanceUid }) => seriesInstanceUid)].map(([seriesInstanceUid, objects]) =>
    dataset({
      TypeOfInstances: 'DICOM',
      StudyInstanceUID: studyInstanceUid,
      SeriesInstanceUID: seriesInstanceUid,
      WADORSRetrievalSequence: dataset({
        RetrieveURL: `${retrieveUrl}/studies/${studyInstanceUid}/series/${seriesInstanceUid}`,
      }),
      ReferencedSOPSequence: objects.map(({ sopClassUid, sopInstanceUid }) =>
        dataset({ ReferencedSOPClassUID: sopClassUid, ReferencedSOPInstanceUID: sopInstanceUid }),
      ),
    }),
  )
}

/** DT in UTC. */
const dateTime = (iso: string) => `${iso.slice(0, 19).replace(/[-T:]/g, '')}+0000`
