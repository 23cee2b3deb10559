// Where the volumes of an analysis are kept for viewing on its page; none of this is part of the record.
import type { SequenceImage } from '../finding.ts'
import type { ShownImages, ShownSegment } from '../shown-images.ts'
import type { LabelVolume } from '../volume.ts'

/** All images lie on one grid. */
export interface ImagesToKeep {
  images: readonly SequenceImage[]
  labels: LabelVolume
  segments: readonly ShownSegment[]
  prior?: {
    analysisId: string
    /** DICOM DA */
    studyDate: string
    images: readonly SequenceImage[]
    labels?: LabelVolume
  }
}

/** Decoded voxels of one kept volume. */
/** Labels as the software found them, as a reviewer left them, and those of the earlier study; and the images. */
export type KeptVolume = 'labels' | 'redrawn-labels' | 'prior-labels' | ShownImages['images'][number]['name']

export interface ImageSpool {
  /** Replaces what was kept for the analysis before. Throws SPOOL_UNWRITABLE. */
  keep(analysisId: string, images: ImagesToKeep): Promise<void>
  /** Keeps the outlines as a reviewer left them beside the software's; does nothing if no images of the analysis are kept. Throws SPOOL_UNWRITABLE. */
  redraw(analysisId: string, labels: LabelVolume): Promise<void>
  /** Undefined if nothing is kept, or no longer. */
  describe(analysisId: string): Promise<ShownImages | undefined>
  /** Values along one plane of the grid, u fastest, in the order of the grid's own axes. Throws NOT_FOUND. */
  plane(analysisId: string, volume: KeptVolume, axis: 0 | 1 | 2, index: number): Promise<Uint16Array>
  /** All values of one volume, u fastest, in the order of the grid's own axes. Throws NOT_FOUND. */
  volume(analysisId: string, volume: KeptVolume): Promise<Uint16Array>
  /** The kept sequences of the study itself, without those of the earlier study; empty if nothing is kept. */
  sequences(analysisId: string): Promise<SequenceImage[]>
  /** Removes what is kept for the analysis, if anything. */
  remove(analysisId: string): Promise<void>
  /** Removes what was kept before that moment; returns for how many analyses. */
  removeBefore(moment: Date): Promise<number>
}
