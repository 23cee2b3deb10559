// Frames of a BINARY segmentation (PS3.3 A.51, C.8.20): which slices each segment touches, their bits and their functional groups.
import { AppError } from '../domain/errors.ts'
import type { Segment } from '../domain/finding.ts'
import type { DicomJson, Uid } from '../domain/study.ts'
import { type LabelVolume, type Vec3, voxelCount } from '../domain/volume.ts'
import { SEGMENTATION_DERIVATION, SOURCE_IMAGE } from './codes.ts'
import { dataset } from './dataset.ts'

/** The image behind a slice. */
export interface SourceFrame {
  sopInstanceUid: Uid
  sopClassUid: Uid
  /** 1-based, for multi-frame sources. */
  frameNumber?: number
}

/** One frame of the SEG: one segment on one slice. */
export interface MaskFrame {
  /** 1-based. */
  segmentNumber: number
  label: number
  slice: number
}

/** The slices that each segment touches, ordered by segment, then along the normal. Labels that no segment declares are an error. */
export function maskFrames({ grid, data }: LabelVolume, segments: readonly Segment[]): MaskFrame[] {
  const [columns, rows, depth] = grid.size
  const inSlice = columns * rows
  if (data.length !== voxelCount(grid)) throw fault('the label volume does not fill its grid')
  const numberOf = new Map(segments.map(({ label }, index) => [label, index + 1]))
  const touched: MaskFrame[] = []
  for (let slice = 0; slice < depth; slice++) {
    const seen = new Uint8Array(256)
    for (let at = slice * inSlice; at < (slice + 1) * inSlice; at++) seen[data[at]!] = 1
    for (const [label, isSeen] of seen.entries()) {
      if (label === 0 || isSeen === 0) continue
      const segmentNumber = numberOf.get(label)
      if (segmentNumber === undefined) throw fault(`label ${label} is in the volume but no segment declares it`)
      touched.push({ segmentNumber, label, slice })
    }
  }
  return touched.sort((a, b) => a.segmentNumber - b.segmentNumber || a.slice - b.slice)
}

/** One continuous stream of bits, least significant first, with frames not aligned to bytes (PS3.5 Section 8.1.1); the writer pads. */
export function packBits({ grid, data }: LabelVolume, frames: readonly MaskFrame[]): Uint8Array {
  const inSlice = grid.size[0] * grid.size[1]
  const bits = new Uint8Array(Math.ceil((inSlice * frames.length) / 8))
  for (const [index, { label, slice }] of frames.entries()) {
    const from = slice * inSlice
    const first = index * inSlice
    for (let pixel = 0; pixel < inSlice; pixel++) {
      if (data[from + pixel] !== label) continue
      const bit = first + pixel
      bits[bit >>> 3] = bits[bit >>> 3]! | (1 << (bit & 7))
    }
  }
  return bits
}

/** A frame of any object on the grid of its sources; those of a single segment say which. */
export interface ShownFrame {
  slice: number
  /** 1-based. */
  segmentNumber?: number
}

/** Per-frame Functional Groups (A.51.5.1): derivation, dimension index (segment, rank of the position in use), position, segment. */
export function perFrameGroups(
  frames: readonly ShownFrame[],
  positions: readonly Vec3[],
  sources: readonly SourceFrame[],
): DicomJson[] {
  const used = [...new Set(frames.map(({ slice }) => slice))].sort((a, b) => a - b)
  const rank = new Map(used.map((slice, index) => [slice, index + 1]))
  return frames.map(({ segmentNumber, slice }) => {
    const { sopClassUid, sopInstanceUid, frameNumber } = sources[slice]!
    const source = dataset({
      ReferencedSOPClassUID: sopClassUid,
      ReferencedSOPInstanceUID: sopInstanceUid,
      ReferencedFrameNumber: frameNumber,
      PurposeOfReferenceCodeSequence: [SOURCE_IMAGE],
      SpatialLocationsPreserved: 'YES',
    })
    const index = segmentNumber === undefined ? [rank.get(slice)!] : [segmentNumber, rank.get(slice)!]
    return dataset({
      DerivationImageSequence: [
        dataset({ SourceImageSequence: [source], DerivationCodeSequence: [SEGMENTATION_DERIVATION] }),
      ],
      FrameContentSequence: [dataset({ DimensionIndexValues: index })],
      PlanePositionSequence: [dataset({ ImagePositionPatient: [...positions[slice]!] })],
      ...(segmentNumber === undefined
        ? {}
        : { SegmentIdentificationSequence: [dataset({ ReferencedSegmentNumber: segmentNumber })] }),
    })
  })
}

/** An error of the caller, not of the study. */
export function fault(why: string): AppError {
  return new AppError('INTERNAL', `cannot build the segmentation: ${why}`)
}
