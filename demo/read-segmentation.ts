// Reads a BINARY SEG back from its bytes, to compare it with a truth in patient space (PS3.3 C.8.20).
import { items, number, numbers, text } from '../src/dicom/dataset.ts'
import { readPart10 } from '../src/dicom/part10.ts'
import type { DicomJson } from '../src/domain/study.ts'
import { type LabelVolume, toIndex, type Vec3 } from '../src/domain/volume.ts'

interface SegFrame {
  segment: number
  /** LPS mm of the first pixel */
  position: Vec3
  /** Row-major, one byte per pixel. */
  mask: Uint8Array
}

export interface ReadSegmentation {
  sopInstanceUid: string
  /** Segment number → key, from SegmentLabel. */
  segments: { number: number; label: string }[]
  rows: number
  columns: number
  /** mm: between rows, between columns, between slices */
  spacing: Vec3
  rowCosine: Vec3
  columnCosine: Vec3
  frames: SegFrame[]
}

export function readSegmentation(bytes: Uint8Array): ReadSegmentation {
  const file = readPart10(bytes)
  const { dataset } = file
  const rows = number(dataset, 'Rows') ?? 0
  const columns = number(dataset, 'Columns') ?? 0
  const shared = items(dataset, 'SharedFunctionalGroupsSequence')[0] ?? {}
  const measures = items(shared, 'PixelMeasuresSequence')[0] ?? {}
  const orientation = numbers(items(shared, 'PlaneOrientationSequence')[0] ?? {}, 'ImageOrientationPatient')
  const spacing = numbers(measures, 'PixelSpacing')
  const bits = file.pixelData ?? new Uint8Array(0)
  const perFrame = items(dataset, 'PerFrameFunctionalGroupsSequence')
  return {
    sopInstanceUid: text(dataset, 'SOPInstanceUID'),
    segments: items(dataset, 'SegmentSequence').map((item) => ({
      number: number(item, 'SegmentNumber') ?? 0,
      label: text(item, 'SegmentLabel'),
    })),
    rows,
    columns,
    spacing: [
      spacing[0] ?? 0,
      spacing[1] ?? 0,
      number(measures, 'SpacingBetweenSlices') ?? number(measures, 'SliceThickness') ?? 0,
    ],
    rowCosine: orientation.slice(0, 3) as unknown as Vec3,
    columnCosine: orientation.slice(3, 6) as unknown as Vec3,
    frames: perFrame.map((groups, index) => readFrame(groups, bits, index, rows * columns)),
  }
}

function readFrame(groups: DicomJson, bits: Uint8Array, index: number, pixels: number): SegFrame {
  const mask = new Uint8Array(pixels)
  for (let p = 0; p < pixels; p++) {
    const bit = index * pixels + p
    mask[p] = ((bits[bit >> 3] ?? 0) >> (bit & 7)) & 1
  }
  const identification = items(groups, 'SegmentIdentificationSequence')[0] ?? {}
  const position = numbers(items(groups, 'PlanePositionSequence')[0] ?? {}, 'ImagePositionPatient')
  return {
    segment: number(identification, 'ReferencedSegmentNumber') ?? 0,
    position: position as unknown as Vec3,
    mask,
  }
}

/** Voxels of the segments `wanted` of a SEG against those of the labels `wantedLabels` of a truth, by patient position. */
function diceInPatientSpace(
  seg: ReadSegmentation,
  segments: number[],
  truth: LabelVolume,
  wantedLabels: number[],
): number {
  const { size } = truth.grid
  const voxelMm3 = seg.spacing[0] * seg.spacing[1] * seg.spacing[2]
  const truthMm3 = truth.grid.spacing[0] * truth.grid.spacing[1] * truth.grid.spacing[2]
  let segmented = 0
  let common = 0
  for (const frame of seg.frames.filter((f) => segments.includes(f.segment))) {
    frame.mask.forEach((on, p) => {
      if (!on) return
      segmented += voxelMm3
      const column = (p % seg.columns) * seg.spacing[1]
      const row = Math.floor(p / seg.columns) * seg.spacing[0]
      const at = [0, 1, 2].map((a) => frame.position[a]! + column * seg.rowCosine[a]! + row * seg.columnCosine[a]!)
      const [i, j, k] = toIndex(truth.grid, at as unknown as Vec3).map(Math.round) as [number, number, number]
      if (i < 0 || j < 0 || k < 0 || i >= size[0] || j >= size[1] || k >= size[2]) return
      if (wantedLabels.includes(truth.data[i + size[0] * (j + size[1] * k)]!)) common += voxelMm3
    })
  }
  let real = 0
  for (const label of truth.data) if (wantedLabels.includes(label)) real += truthMm3
  return segmented + real === 0 ? 1 : (2 * common) / (segmented + real)
}

/** Dice of whole tumour, core and enhancing tumour; labels 1 NCR, 2 ED, 3 ET on both sides. */
export function regionDice(seg: ReadSegmentation, truth: LabelVolume): { WT: number; TC: number; ET: number } {
  const dice = (labels: number[]) => diceInPatientSpace(seg, labels, truth, labels)
  return { WT: dice([1, 2, 3]), TC: dice([1, 3]), ET: dice([3]) }
}
