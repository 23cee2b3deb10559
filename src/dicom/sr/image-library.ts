// The images that were analysed (TID 1600, 1601, 1602, 1604): one group per series, with what its images share.
import type { DicomJson, Series } from '../../domain/study.ts'
import { number, text } from '../dataset.ts'
import { type Slice, slicesOf } from '../slices.ts'
import { copied } from '../source-values.ts'
import {
  FRAME_OF_REFERENCE,
  HEAD_REGION,
  IMAGE_LIBRARY,
  IMAGE_LIBRARY_GROUP,
  MAGNETIC_RESONANCE,
  MILLIMETRE,
  MODALITY,
  ORIENTATION,
  ORIENTATION_UNIT,
  PIXEL_COLUMNS,
  PIXEL_ROWS,
  PIXEL_SPACING,
  PIXELS,
  SLICE_THICKNESS,
  STUDY_DATE,
  STUDY_TIME,
  TARGET_REGION,
} from './codes.ts'
import { codeItem, container, dateItem, imageItem, numItem, timeItem, uidItem } from './content-item.ts'

const ACQUIRED = 'HAS ACQ CONTEXT'

/** Every image of the series, in the order of their instances; what their headers leave empty is left out. */
export function imageLibrary(series: readonly Series[]): DicomJson {
  return container(
    IMAGE_LIBRARY,
    series.map((one) => container(IMAGE_LIBRARY_GROUP, [...sharedDescriptors(one), ...entries(one)])),
    '1600',
  )
}

function sharedDescriptors({ instances }: Series): DicomJson[] {
  const [first] = instances
  if (first === undefined) return []
  const ds = first.metadata
  const stated = copied(ds, ['StudyDate', 'StudyTime', 'FrameOfReferenceUID'])
  const [slice] = slicesOf(first)
  const [studyDate, studyTime, frameOfReference] = ['StudyDate', 'StudyTime', 'FrameOfReferenceUID'].map((keyword) =>
    text(stated, keyword),
  ) as [string, string, string]
  const [rows, columns] = [number(ds, 'Rows'), number(ds, 'Columns')]
  return [
    codeItem(ACQUIRED, MODALITY, MAGNETIC_RESONANCE),
    codeItem(ACQUIRED, TARGET_REGION, HEAD_REGION),
    ...(studyDate === '' ? [] : [dateItem(ACQUIRED, STUDY_DATE, studyDate)]),
    ...(studyTime === '' ? [] : [timeItem(ACQUIRED, STUDY_TIME, studyTime)]),
    ...(frameOfReference === '' ? [] : [uidItem(ACQUIRED, FRAME_OF_REFERENCE, frameOfReference)]),
    ...(rows === undefined ? [] : [numItem(ACQUIRED, PIXEL_ROWS, rows, PIXELS)]),
    ...(columns === undefined ? [] : [numItem(ACQUIRED, PIXEL_COLUMNS, columns, PIXELS)]),
    ...(slice === undefined ? [] : geometry(slice)),
  ]
}

function geometry({ pixelSpacing, thickness, rowCosine, columnCosine }: Slice): DicomJson[] {
  const [betweenRows, betweenColumns] = pixelSpacing
  return [
    numItem(ACQUIRED, PIXEL_SPACING.horizontal, betweenColumns, MILLIMETRE),
    numItem(ACQUIRED, PIXEL_SPACING.vertical, betweenRows, MILLIMETRE),
    ...(thickness > 0 ? [numItem(ACQUIRED, SLICE_THICKNESS, thickness, MILLIMETRE)] : []),
    ...[...rowCosine, ...columnCosine].map((cosine, n) => numItem(ACQUIRED, ORIENTATION[n]!, cosine, ORIENTATION_UNIT)),
  ]
}

/** Images are named only: where each one lies stands in itself. */
function entries({ instances }: Series): DicomJson[] {
  return instances.map((instance) => imageItem('CONTAINS', undefined, instance))
}
