// The analysed images (TID 1600, 1601, 1602, 1604): one group per series, with what its images share and the sequence it was analysed as.
import type { InputSeries } from '../../domain/finding.ts'
import { type DicomJson, SEQUENCES, type Sequence, type Series, type Uid } from '../../domain/study.ts'
import { items, number, text } from '../dataset.ts'
import { type Slice, slicesOf } from '../slices.ts'
import { copied } from '../source-values.ts'
import {
  ANALYSED_AS,
  FRAME_OF_REFERENCE,
  HEAD_REGION,
  IMAGE_LIBRARY,
  IMAGE_LIBRARY_GROUP,
  MAGNETIC_RESONANCE,
  MEASUREMENT_GRID,
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
  sequenceCode,
  TARGET_REGION,
  YES,
} from './concepts.ts'
import {
  codeItem,
  conceptOf,
  container,
  dateItem,
  imageItem,
  nameOf,
  numItem,
  timeItem,
  uidItem,
} from './content-item.ts'

const ACQUIRED = 'HAS ACQ CONTEXT'

type Analysed = Pick<InputSeries, 'sequence' | 'seriesInstanceUid'> & { registration: { reference: boolean } }

/** Every image of the series, in the order of the instances; attributes that are empty in the headers are left out. */
export function imageLibrary(series: readonly Series[], inputs: readonly Analysed[]): DicomJson {
  return container(
    IMAGE_LIBRARY,
    series.map((one) =>
      container(IMAGE_LIBRARY_GROUP, [...sharedDescriptors(one), ...analysedAs(one, inputs), ...entries(one)]),
    ),
    '1600',
  )
}

/** TID 1602 is extensible (from memory); readers that do not know our scheme find the same information in the comments. */
function analysedAs({ seriesInstanceUid }: Series, inputs: readonly Analysed[]): DicomJson[] {
  const input = inputs.find((one) => one.seriesInstanceUid === seriesInstanceUid)
  if (!input) return []
  return [
    codeItem(ACQUIRED, ANALYSED_AS, sequenceCode(input.sequence)),
    ...(input.registration.reference ? [codeItem(ACQUIRED, MEASUREMENT_GRID, YES)] : []),
  ]
}

export interface LibraryEntry {
  sequence: Sequence
  sopInstanceUids: Uid[]
  reference: boolean
}

/** Reads one group of a library that we wrote; undefined if it does not say as which sequence it was analysed. */
export function readLibraryGroup(group: DicomJson): LibraryEntry | undefined {
  const content = items(group, 'ContentSequence')
  const valuesOf = (concept: DicomJson) =>
    content.filter((item) => conceptOf(item) === nameOf(concept)).flatMap((item) => items(item, 'ConceptCodeSequence'))
  const stated = valuesOf(ANALYSED_AS).map(nameOf)
  const sequence = SEQUENCES.find((one) => stated.includes(nameOf(sequenceCode(one))))
  if (!sequence) return undefined
  return {
    sequence,
    sopInstanceUids: content
      .flatMap((item) => items(item, 'ReferencedSOPSequence'))
      .map((image) => text(image, 'ReferencedSOPInstanceUID')),
    reference: valuesOf(MEASUREMENT_GRID).some((value) => nameOf(value) === nameOf(YES)),
  }
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

/** Images are only referenced; each one states its own position. */
function entries({ instances }: Series): DicomJson[] {
  return instances.map((instance) => imageItem('CONTAINS', undefined, instance))
}
