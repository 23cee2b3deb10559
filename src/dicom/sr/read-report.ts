// Reads back a measurement report of ours (TID 1500): what an analysis measured, on which images, and how its findings are tracked.
import type { Tracking } from '../../domain/comparison.ts'
import { AppError } from '../../domain/errors.ts'
import { HALF_95, type InputSeries, type Measurement } from '../../domain/finding.ts'
import type { DicomJson, Uid } from '../../domain/study.ts'
import { items, number, text } from '../dataset.ts'
import { readPart10 } from '../part10.ts'
import { instanceUid } from '../result-object.ts'
import { isWholeLesionKey, lesionKey, readTracking, wholeLesionKey } from '../tracking.ts'
import {
  ABSENT,
  IMAGE_LIBRARY,
  IMAGE_LIBRARY_GROUP,
  IMAGING_MEASUREMENTS,
  LONG_AXIS,
  PRESENCE,
  QUALITATIVE_EVALUATIONS,
  TRACKING_IDENTIFIER,
  TRACKING_UID,
  UNCERTAINTY,
  VOLUME,
} from './concepts.ts'
import { conceptOf, nameOf } from './content-item.ts'
import { type LibraryEntry, readLibraryGroup } from './image-library.ts'

export interface ReadReport {
  analysisId: string
  inputs: Pick<InputSeries, 'sequence' | 'seriesInstanceUid' | 'sopInstanceUids'>[]
  referenceSeriesUid: Uid
  noFinding: boolean
  measurements: Pick<Measurement, 'region' | 'value' | 'standardDeviation'>[]
  /** Tracking of the volumes and lesions in the report, by key. */
  tracking: Record<string, Tracking>
}

/** Throws INSTANCE_INVALID for anything but a report as one of our analyses wrote it: a reviewer's version has other values and another UID. */
export function readReport(bytes: Uint8Array): ReadReport {
  const { dataset: ds } = readPart10(bytes)
  const uid = text(ds, 'SOPInstanceUID')
  const refuse = (why: string) => new AppError('INSTANCE_INVALID', `report ${uid}: ${why}`)
  const groups = itemsAbout(ds, IMAGING_MEASUREMENTS).flatMap((item) => items(item, 'ContentSequence'))
  const evaluations = itemsAbout(ds, QUALITATIVE_EVALUATIONS).flatMap((item) => items(item, 'ContentSequence'))
  const analysisId = groups.flatMap((group) => readTracking(trackingIn(group))?.analysisId ?? []).find(isWriterOf(uid))
  if (analysisId === undefined) throw refuse('it names no analysis that its UID derives from')
  const inputs = inputsIn(ds)
  const reference = inputs.find((input) => input.reference)
  if (!reference) throw refuse('it does not say on which series it measured')
  return {
    analysisId,
    inputs: inputs.map(({ sequence, seriesInstanceUid, sopInstanceUids }) => ({
      sequence,
      seriesInstanceUid,
      sopInstanceUids,
    })),
    referenceSeriesUid: reference.seriesInstanceUid,
    noFinding: evaluations.some(isAbsence),
    measurements: groups.filter((group) => !isLesion(group)).flatMap(volumeOf),
    tracking: trackingsOf(groups),
  }
}

/** Whether a verified version of the report states another volume or another call than the software did. */
export function isEditedReport(written: Uint8Array, verified: Uint8Array): boolean {
  const before = statedIn(written)
  return [...statedIn(verified)].some(([uid, stated]) => before.has(uid) && before.get(uid) !== stated)
}

/** What each finding's group states, by tracking UID: its volume, or the codes of its call. */
function statedIn(bytes: Uint8Array): Map<Uid, string> {
  const { dataset: ds } = readPart10(bytes)
  const groups = itemsAbout(ds, IMAGING_MEASUREMENTS).flatMap((item) => items(item, 'ContentSequence'))
  return new Map(
    groups.flatMap((group) => {
      const values = itemsAbout(group, VOLUME).map(measuredIn)
      const codes = items(group, 'ContentSequence')
        .flatMap((item) => items(item, 'ConceptCodeSequence'))
        .map(nameOf)
      const { uid } = trackingIn(group)
      return uid === '' ? [] : [[uid, [...values, ...codes.sort()].join('|')]]
    }),
  )
}

const isWriterOf = (uid: Uid) => (analysisId: string) => instanceUid(analysisId, 'report') === uid
const isAbout = (concept: DicomJson) => (item: DicomJson) => conceptOf(item) === nameOf(concept)
const itemsAbout = (item: DicomJson, concept: DicomJson) => items(item, 'ContentSequence').filter(isAbout(concept))

function isAbsence(item: DicomJson): boolean {
  return isAbout(PRESENCE)(item) && items(item, 'ConceptCodeSequence').some((value) => nameOf(value) === nameOf(ABSENT))
}

function trackingIn(group: DicomJson): Tracking {
  const [identifier = {}] = itemsAbout(group, TRACKING_IDENTIFIER)
  const [uid = {}] = itemsAbout(group, TRACKING_UID)
  return { identifier: text(identifier, 'TextValue'), uid: text(uid, 'UID') }
}

const keyIn = (group: DicomJson) => readTracking(trackingIn(group))?.key
const isLesion = (group: DicomJson) => isWholeLesionKey(keyIn(group) ?? '')

/** Empty for a group that measures no volume. */
function volumeOf(group: DicomJson): ReadReport['measurements'] {
  return itemsAbout(group, VOLUME).flatMap((item) => {
    const value = measuredIn(item)
    if (value === undefined) return []
    const half = itemsAbout(item, UNCERTAINTY).map(measuredIn)[0]
    const region = keyIn(group)
    return region === undefined
      ? []
      : [{ region, value, ...(half !== undefined && { standardDeviation: half / HALF_95 }) }]
  })
}

/** The exact double beside the decimal string (C.18.1), or the decimal string itself. */
function measuredIn(item: DicomJson): number | undefined {
  const [measured = {}] = items(item, 'MeasuredValueSequence')
  return number(measured, 'FloatingPointValue') ?? number(measured, 'NumericValue')
}

/** Lesions are renumbered in each study, in the order of its report; one that continues an earlier lesion keeps its identifier. */
function trackingsOf(groups: readonly DicomJson[]): Record<string, Tracking> {
  const volumes = groups.filter((group) => !isLesion(group) && itemsAbout(group, VOLUME).length > 0).map(trackingIn)
  const lesions = groups
    .filter((group) => isLesion(group) && !items(group, 'ContentSequence').some(isAbsence))
    .map(trackingIn)
  const enhancing = groups.filter((group) => itemsAbout(group, LONG_AXIS).some(measuredItem)).map(trackingIn)
  return Object.fromEntries([
    ...volumes.flatMap((tracking) => {
      const key = readTracking(tracking)?.key
      return key === undefined ? [] : [[key, tracking]]
    }),
    ...lesions.map((tracking, index) => [wholeLesionKey(index + 1), tracking]),
    ...enhancing.map((tracking, index) => [lesionKey(index + 1), tracking]),
  ])
}

/** The diameter itself, not the line in the image. */
const measuredItem = (item: DicomJson) => measuredIn(item) !== undefined

/** From the image library, which lists the images, and the evidence, which says to which series each belongs. */
function inputsIn(ds: DicomJson): (LibraryEntry & { seriesInstanceUid: Uid })[] {
  const evidence = items(ds, 'CurrentRequestedProcedureEvidenceSequence').flatMap((study) =>
    items(study, 'ReferencedSeriesSequence'),
  )
  const isOf = (series: DicomJson, uid: Uid | undefined) =>
    items(series, 'ReferencedSOPSequence').some((image) => text(image, 'ReferencedSOPInstanceUID') === uid)
  return itemsAbout(ds, IMAGE_LIBRARY)
    .flatMap((library) => itemsAbout(library, IMAGE_LIBRARY_GROUP))
    .flatMap((group) => {
      const entry = readLibraryGroup(group)
      const series = entry && evidence.find((one) => isOf(one, entry.sopInstanceUids[0]))
      return series ? [{ ...entry, seriesInstanceUid: text(series, 'SeriesInstanceUID') }] : []
    })
}
