// The slices of an instance: one for a classic image (PS3.3 C.7.6.2), one per frame for an enhanced one (C.7.6.16).

import { AppError } from '../domain/errors.ts'
import type { DicomJson, Instance, Uid } from '../domain/study.ts'
import type { Vec3 } from '../domain/volume.ts'
import { items, number, numbers, text, texts } from './dataset.ts'
import { instanceName } from './uid.ts'

/** One slice as its headers describe it; millimetres, LPS. */
export interface Slice {
  sopInstanceUid: Uid
  sopClassUid: Uid
  /** 1-based; absent for a single-frame image. */
  frameNumber?: number
  /** ImagePositionPatient: centre of the first pixel. */
  position: Vec3
  /** Direction in which the column index grows: first three values of ImageOrientationPatient. */
  rowCosine: Vec3
  /** Direction in which the row index grows. */
  columnCosine: Vec3
  /** PixelSpacing: between rows, between columns. */
  pixelSpacing: readonly [number, number]
  rows: number
  columns: number
  /** '' if the headers lack it: enough for a volume, but not for a segmentation that references it. */
  frameOfReferenceUid: Uid
  /** SliceThickness; 0 if not given. */
  thickness: number
  imageType: string[]
  echoTime?: number
  stackId: string
  temporalPosition: string
}

/** A functional group of one frame: its own, otherwise the shared one (PS3.3 C.7.6.16.1). */
export function functionalGroup(ds: DicomJson, frameIndex: number, keyword: string): DicomJson | undefined {
  const own = items(ds, 'PerFrameFunctionalGroupsSequence')[frameIndex]
  const shared = items(ds, 'SharedFunctionalGroupsSequence')[0]
  return (own && items(own, keyword)[0]) ?? (shared && items(shared, keyword)[0])
}

/** Whether the instance describes its frames in functional groups. */
export function isEnhanced(ds: DicomJson): boolean {
  return items(ds, 'PerFrameFunctionalGroupsSequence').length > 0
}

/** All slices of an instance. Throws SERIES_UNSUPPORTED, naming the missing attribute. */
export function slicesOf({ metadata: ds, sopInstanceUid, sopClassUid }: Instance): Slice[] {
  const refuse = (why: string) => new AppError('SERIES_UNSUPPORTED', `${instanceName(sopInstanceUid)}: ${why}`)
  const frames = number(ds, 'NumberOfFrames') ?? 1
  if (!isEnhanced(ds)) {
    if (frames !== 1) throw refuse(`it has ${frames} frames but no PerFrameFunctionalGroupsSequence`)
    const where = { position: ds, orientation: ds, measures: ds }
    return [{ sopInstanceUid, sopClassUid, ...describe(ds, where, refuse), ...classicDetails(ds) }]
  }
  const described = items(ds, 'PerFrameFunctionalGroupsSequence').length
  if (described !== frames) throw refuse(`it has ${frames} frames but functional groups for ${described}`)
  return Array.from({ length: frames }, (_, index) => {
    const group = (keyword: string): DicomJson => {
      const macro = functionalGroup(ds, index, keyword)
      if (macro === undefined) throw refuse(`${keyword} is missing for frame ${index + 1}`)
      return macro
    }
    const where = {
      position: group('PlanePositionSequence'),
      orientation: group('PlaneOrientationSequence'),
      measures: group('PixelMeasuresSequence'),
    }
    return {
      sopInstanceUid,
      sopClassUid,
      frameNumber: index + 1,
      ...describe(ds, where, refuse),
      ...enhancedDetails(ds, index),
    }
  })
}

type Common = Pick<
  Slice,
  'position' | 'rowCosine' | 'columnCosine' | 'pixelSpacing' | 'rows' | 'columns' | 'frameOfReferenceUid' | 'thickness'
>

function describe(
  ds: DicomJson,
  where: { position: DicomJson; orientation: DicomJson; measures: DicomJson },
  refuse: (why: string) => AppError,
): Common {
  const exactly = (from: DicomJson, keyword: string, count: number): number[] => {
    const values = numbers(from, keyword)
    if (values.length !== count || !values.every(Number.isFinite)) throw refuse(`${keyword} is missing or invalid`)
    return values
  }
  const position = exactly(where.position, 'ImagePositionPatient', 3)
  const cosines = exactly(where.orientation, 'ImageOrientationPatient', 6)
  const [between, along] = exactly(where.measures, 'PixelSpacing', 2) as [number, number]
  const [rows] = exactly(ds, 'Rows', 1) as [number]
  const [columns] = exactly(ds, 'Columns', 1) as [number]
  if (!(between > 0 && along > 0)) throw refuse('PixelSpacing is not above zero')
  return {
    position: position as unknown as Vec3,
    rowCosine: cosines.slice(0, 3) as unknown as Vec3,
    columnCosine: cosines.slice(3) as unknown as Vec3,
    pixelSpacing: [between, along],
    rows,
    columns,
    frameOfReferenceUid: text(ds, 'FrameOfReferenceUID'),
    thickness: number(where.measures, 'SliceThickness') ?? 0,
  }
}

type Details = Pick<Slice, 'imageType' | 'echoTime' | 'stackId' | 'temporalPosition'>

function classicDetails(ds: DicomJson): Details {
  const echoTime = number(ds, 'EchoTime')
  return {
    imageType: texts(ds, 'ImageType'),
    ...(echoTime === undefined ? {} : { echoTime }),
    stackId: text(ds, 'StackID'),
    temporalPosition: text(ds, 'TemporalPositionIdentifier'),
  }
}

function enhancedDetails(ds: DicomJson, index: number): Details {
  const content = functionalGroup(ds, index, 'FrameContentSequence') ?? {}
  const echo = functionalGroup(ds, index, 'MREchoSequence') ?? {}
  const echoTime = number(echo, 'EffectiveEchoTime')
  return {
    imageType: texts(ds, 'ImageType'),
    ...(echoTime === undefined ? {} : { echoTime }),
    stackId: text(content, 'StackID'),
    temporalPosition: text(content, 'TemporalPositionIndex'),
  }
}
