// Reads workitems and event reports as worklists write them (PS3.18 Chapter 11, PS3.4 Annex CC; from memory), leniently; pure.

import { items, text } from '../dicom/dataset.ts'
import { isUidInUse } from '../dicom/uid.ts'
import type { WorklistEvent } from '../domain/ports/worklist.ts'
import type { Priority } from '../domain/priority.ts'
import type { DicomJson, Uid } from '../domain/study.ts'
import type { Workitem, WorkitemState } from '../domain/workitem.ts'
import { parseDataSets } from './dicom-json.ts'

/** "IN PROGRESS", "in_progress", "INPROGRESS"; "CANCELED" and "CANCELLED". */
export function readState(written: string): WorkitemState | undefined {
  const letters = written.toUpperCase().replace(/[^A-Z]/g, '')
  if (letters === 'INPROGRESS') return 'IN PROGRESS'
  if (letters === 'CANCELED' || letters === 'CANCELLED' || letters === 'DISCONTINUED') return 'CANCELED'
  return letters === 'SCHEDULED' || letters === 'COMPLETED' ? letters : undefined
}

/** Undefined for a data set that names no workitem. */
export function readWorkitem(match: DicomJson, statedUid?: Uid): Workitem | undefined {
  const workitemUid = text(match, 'SOPInstanceUID') || text(match, 'AffectedSOPInstanceUID') || (statedUid ?? '')
  if (!isUidInUse(workitemUid)) return undefined
  const readiness = text(match, 'InputReadinessState').toUpperCase()
  const inputs = items(match, 'InputInformationSequence').map((item) => text(item, 'StudyInstanceUID'))
  const state = readState(text(match, 'ProcedureStepState'))
  return {
    workitemUid,
    state,
    isReady: readiness === '' || readiness === 'READY',
    codes: codesOf(match, 'ScheduledWorkitemCodeSequence'),
    stations: codesOf(match, 'ScheduledStationNameCodeSequence'),
    studies: [...new Set(inputs)].filter(isUidInUse),
    priority: readPriority(text(match, 'ScheduledProcedureStepPriority')),
    isToEnd: state === 'CANCELED' || hasCancellation(match),
  }
}

/** Unified Procedure Step Progress Information (PS3.4 Table CC.2.5-3): a worklist may note a cancellation request here that it could not deliver. */
const hasCancellation = (workitem: DicomJson) =>
  items(workitem, 'ProcedureStepProgressInformationSequence').some(
    (item) =>
      text(item, 'ProcedureStepCancellationDateTime') !== '' ||
      text(item, 'ReasonForCancellation') !== '' ||
      items(item, 'ProcedureStepDiscontinuationReasonCodeSequence').length > 0,
  )

/** Some worklists use a word from other standards. */
function readPriority(written: string): Priority {
  const word = written.toUpperCase()
  if (word === 'HIGH' || word === 'STAT') return 'first'
  return word === 'LOW' ? 'backfill' : 'fresh'
}

function codesOf(match: DicomJson, keyword: string): string[] {
  return items(match, keyword).map((item) => `${text(item, 'CodingSchemeDesignator')}|${text(item, 'CodeValue')}`)
}

/** Event Type ID (PS3.4 Table CC.2.4-1): 1 state report, 2 cancel requested, 5 assigned; older texts print other tags. */
const EVENT_TAGS = ['00001002', '00001001', '00001008']

/** The workitem of an event report; undefined if it is not one: a search will tell. */
export function readEvent(message: string): WorklistEvent | undefined {
  const parsed = parseDataSets(message)
  const [element] = parsed.kind === 'list' ? parsed.rows : []
  if (element === undefined) return undefined
  const workitemUid = text(element, 'AffectedSOPInstanceUID') || text(element, 'SOPInstanceUID')
  if (!isUidInUse(workitemUid)) return undefined
  const type = EVENT_TAGS.map((tag) => Number(element[tag]?.Value?.[0])).find(Number.isInteger)
  if (type === 2) return { kind: 'cancel requested', workitemUid }
  const state = readState(text(element, 'ProcedureStepState'))
  const isScheduled = state === 'SCHEDULED' || (type === 5 && state === undefined)
  return { kind: isScheduled ? 'scheduled' : 'other', workitemUid }
}
