// What the headers of one series say about how it was made, for classic and enhanced MR alike (PS3.3 C.8.3, C.8.13).
import { items, number, numbers, text, texts } from '../../dicom/dataset.ts'
import { distinctEchoTimes } from '../../dicom/geometry.ts'
import { IMAGE_LIMITS } from '../../dicom/image-limits.ts'
import { type DixonPart, dixonPart, volumeInstances } from '../../dicom/volume-instances.ts'
import type { DicomJson, Series } from '../../domain/study.ts'
import { STACK_LIMITS, TIMING_LIMITS } from './header-limits.ts'

export interface SeriesFacts {
  seriesInstanceUid: string
  seriesNumber: string
  /** SeriesDescription, else ProtocolName, which on some scanners names the whole examination. */
  description: string
  /** The description is ProtocolName. */
  describedByProtocol: boolean
  modality: string
  sopClassUids: string[]
  imageType: string[]
  photometricInterpretation: string
  /** SE, GR, IR, EP (PS3.3 C.8.3.1.1.1), also derived from the enhanced attributes. */
  scanning: Set<string>
  /** SK, SS, SP, MP, MTC … */
  variant: Set<string>
  scanOptions: string[]
  sequenceName: string
  acquisitionContrast: string
  is3d: boolean
  /** ms; undefined where absent or zero */
  repetitionTime: number | undefined
  echoTimes: number[]
  inversionTime: number | undefined
  /** degrees */
  flipAngle: number | undefined
  fieldStrengthTesla: number | undefined
  bValues: number[]
  angio: boolean
  contrastAgents: string[]
  /** mL; 0 only if stated. */
  contrastVolume: number | undefined
  contrastAdministered: string
  bodyParts: string[]
  /** Number of images, of distinct slice positions and of distinct orientations; positions is 0 if none is stated. */
  images: number
  positions: number
  orientations: number
  /** mm; undefined if positions are not stated */
  sliceSpacing: number | undefined
  coverage: number | undefined
  /** mm, the shorter in-plane side */
  fieldOfView: number | undefined
  pixelSpacing: number | undefined
  /** The standard plane closest to that of the slices. */
  plane: 'axial' | 'coronal' | 'sagittal' | undefined
  /** Sortable acquisition start; "" if not stated. */
  acquiredAt: string
  /** Start of the injection according to the headers, sortable like `acquiredAt`; "" if not stated. */
  injectedAt: string
  dixon: DixonPart | undefined
  /** What was skipped within the series, as sentences for a person. */
  passedOver: string[]
}

/** Reads the facts; nothing is assumed about absent values. */
export function seriesFacts(series: Series): SeriesFacts {
  const { series: slices, strays, doubles } = volumeInstances(series)
  const datasets = slices.instances.map((instance) => instance.metadata)
  const first = datasets[0] ?? {}
  const sources = sourcesOf(first)
  const find = (keyword: string) => sources.map((source) => text(source, keyword)).find((value) => value !== '') ?? ''
  const findAll = (keyword: string) =>
    sources.map((source) => texts(source, keyword)).find((values) => values.some(Boolean)) ?? []
  const findNumber = (keyword: string) =>
    sources.map((source) => number(source, keyword)).find((value) => value !== undefined)
  const frames = datasets.flatMap(framesOf)
  const upper = (values: string[]) => values.map((value) => value.toUpperCase())
  const scanning = new Set(upper(findAll('ScanningSequence')))
  const echo = find('EchoPulseSequence').toUpperCase()
  if (echo === 'SPIN' || echo === 'BOTH') scanning.add('SE')
  if (echo === 'GRADIENT' || echo === 'BOTH') scanning.add('GR')
  if (find('InversionRecovery').toUpperCase() === 'YES') scanning.add('IR')
  if (find('EchoPlanarPulseSequence').toUpperCase() === 'YES') scanning.add('EP')
  const pixel = frames.map((frame) => frame.pixelSpacing).find((values) => values !== undefined)
  const sides = pixel
    ? [pixel[0] * (number(first, 'Rows') ?? 0), pixel[1] * (number(first, 'Columns') ?? 0)]
    : undefined
  return {
    seriesInstanceUid: series.seriesInstanceUid,
    seriesNumber: text(first, 'SeriesNumber'),
    description: text(first, 'SeriesDescription') || text(first, 'ProtocolName'),
    describedByProtocol: text(first, 'SeriesDescription') === '' && text(first, 'ProtocolName') !== '',
    modality: series.modality,
    sopClassUids: [...new Set(series.instances.map((instance) => instance.sopClassUid))],
    imageType: upper([...new Set([...texts(first, 'ImageType'), find('ComplexImageComponent')].filter(Boolean))]),
    photometricInterpretation: text(first, 'PhotometricInterpretation').toUpperCase(),
    scanning,
    variant: new Set(upper(findAll('SequenceVariant'))),
    scanOptions: upper(findAll('ScanOptions')),
    sequenceName: find('SequenceName') || find('PulseSequenceName'),
    acquisitionContrast: find('AcquisitionContrast').toUpperCase(),
    is3d: find('MRAcquisitionType').toUpperCase() === '3D',
    repetitionTime: positive(findNumber('RepetitionTime')),
    echoTimes: distinctEchoTimes(frames.flatMap((frame) => frame.echoTime ?? [])),
    inversionTime: positive(findNumber('InversionTime') ?? findNumber('InversionTimes')),
    flipAngle: positive(findNumber('FlipAngle')),
    fieldStrengthTesla: positive(findNumber('MagneticFieldStrength')),
    bValues: distinct(
      frames.flatMap((frame) => frame.bValue ?? []),
      1,
    ),
    angio: find('AngioFlag').toUpperCase() === 'Y',
    contrastAgents: [
      find('ContrastBolusAgent'),
      ...items(first, 'ContrastBolusAgentSequence').map((item) => text(item, 'CodeMeaning') || 'coded agent'),
    ].filter(Boolean),
    contrastVolume: notNegative(findNumber('ContrastBolusVolume') ?? findNumber('ContrastBolusTotalDose')),
    contrastAdministered: find('ContrastBolusAgentAdministered').toUpperCase(),
    bodyParts: upper(
      [
        find('BodyPartExamined'),
        ...sources
          .flatMap((source) => items(source, 'AnatomicRegionSequence'))
          .map((item) => text(item, 'CodeMeaning')),
      ].filter(Boolean),
    ),
    images: frames.length,
    ...geometry(frames),
    fieldOfView: sides && Math.min(...sides) > 0 ? Math.min(...sides) : undefined,
    pixelSpacing: pixel?.[0],
    acquiredAt: acquisitionStart(datasets),
    injectedAt: joined(
      text(first, 'AcquisitionDate') || text(first, 'SeriesDate'),
      text(first, 'ContrastBolusStartTime'),
    ),
    dixon: dixonPart(texts(first, 'ImageType'), text(first, 'SeriesDescription')),
    passedOver: [
      ...(doubles.size > 0 ? [`${doubles.size} instances repeat others`] : []),
      ...(strays.length > 0
        ? [`passed over ${strays.length} of its instances: ${strays[0]!.why} (first ${strays[0]!.sopInstanceUid})`]
        : []),
    ],
  }
}

interface Frame {
  position: number[] | undefined
  orientation: number[] | undefined
  pixelSpacing: [number, number] | undefined
  echoTime: number | undefined
  bValue: number | undefined
}

/** The data set itself, then the macros of its shared and first per-frame functional groups. */
function sourcesOf(ds: DicomJson): DicomJson[] {
  const groups = [
    ...items(ds, 'SharedFunctionalGroupsSequence').slice(0, 1),
    ...items(ds, 'PerFrameFunctionalGroupsSequence').slice(0, 1),
  ]
  return [ds, ...groups.flatMap(macrosOf)]
}

function macrosOf(group: DicomJson): DicomJson[] {
  return Object.values(group).flatMap((element) =>
    element.vr === 'SQ'
      ? ((element.Value ?? []).filter((item) => typeof item === 'object' && item !== null) as DicomJson[])
      : [],
  )
}

/** One entry per image: the instance itself, or each frame, with the shared values where it has none of its own. */
function framesOf(ds: DicomJson): Frame[] {
  const shared = [ds, ...items(ds, 'SharedFunctionalGroupsSequence').flatMap(macrosOf)]
  const perFrame = items(ds, 'PerFrameFunctionalGroupsSequence')
  const groups = perFrame.length > 0 ? perFrame.map((group) => [...macrosOf(group), ...shared]) : [shared]
  return groups.map((sources) => {
    const list = (keyword: string, length: number) =>
      sources
        .map((source) => numbers(source, keyword))
        .find((values) => values.length === length && values.every(Number.isFinite))
    const one = (...keywords: string[]) =>
      keywords.flatMap((keyword) => sources.flatMap((source) => number(source, keyword) ?? []))[0]
    return {
      position: list('ImagePositionPatient', 3),
      orientation: list('ImageOrientationPatient', 6),
      pixelSpacing: list('PixelSpacing', 2) as [number, number] | undefined,
      echoTime: positive(one('EchoTime', 'EffectiveEchoTime')),
      bValue: one('DiffusionBValue'),
    }
  })
}

function geometry(
  frames: Frame[],
): Pick<SeriesFacts, 'positions' | 'orientations' | 'sliceSpacing' | 'coverage' | 'plane'> {
  const normals: number[][] = []
  const along: number[] = []
  for (const { position, orientation } of frames) {
    if (!position || !orientation) continue
    const [ax, ay, az, bx, by, bz] = orientation as [number, number, number, number, number, number]
    const normal = [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx]
    if (!normals.some((other) => dot(other, normal) > IMAGE_LIMITS.sameNormal.value)) normals.push(normal)
    along.push(dot(position, normals[0]!))
  }
  const [normal] = normals
  if (!normal) return { positions: 0, orientations: 0, sliceSpacing: undefined, coverage: undefined, plane: undefined }
  const at = distinct(along, STACK_LIMITS.samePosition.value)
  const span = at.at(-1)! - at[0]!
  const spacing = at.length > 1 ? span / (at.length - 1) : undefined
  const closest = normal.map(Math.abs).indexOf(Math.max(...normal.map(Math.abs)))
  return {
    positions: at.length,
    orientations: normals.length,
    sliceSpacing: spacing,
    coverage: spacing === undefined ? undefined : span + spacing,
    plane: (['sagittal', 'coronal', 'axial'] as const)[closest],
  }
}

function acquisitionStart(datasets: DicomJson[]): string {
  const of = (ds: DicomJson) =>
    text(ds, 'AcquisitionDateTime') ||
    joined(text(ds, 'AcquisitionDate'), text(ds, 'AcquisitionTime')) ||
    joined(text(ds, 'SeriesDate'), text(ds, 'SeriesTime')) ||
    joined(text(ds, 'StudyDate'), afterMidnight(ds, text(ds, 'AcquisitionTime') || text(ds, 'SeriesTime')))
  return datasets.map(of).filter(Boolean).sort()[0] ?? ''
}

/** Keeps times sortable across midnight: hours after the day on which the study began count on from 24. */
function afterMidnight(ds: DicomJson, time: string): string {
  const [begun, hour] = [text(ds, 'StudyTime'), time].map((one) => Number(one.slice(0, 2)))
  const nextDay = text(ds, 'StudyTime') !== '' && time !== '' && begun! - hour! >= TIMING_LIMITS.pastMidnight.value
  return nextDay ? `${hour! + 24}${time.slice(2)}` : time
}

function joined(date: string, time: string): string {
  return date && time ? `${date}${time}` : ''
}

/** Ascending values; values closer than `tolerance` count as one. */
function distinct(values: number[], tolerance: number): number[] {
  const sorted = values.filter(Number.isFinite).toSorted((a, b) => a - b)
  return sorted.filter((value, i) => i === 0 || value - sorted[i - 1]! > tolerance)
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a[0]! * b[0]! + a[1]! * b[1]! + a[2]! * b[2]!
}

function notNegative(value: number | undefined): number | undefined {
  return value !== undefined && value >= 0 ? value : undefined
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined
}
