// The label volume of a result, read from its DICOM SEG.
import { readLabels } from '../dicom/segmentation-labels.ts'
import type { ReportableResult } from '../domain/finding.ts'
import { type Grid, type LabelVolume, voxelCount } from '../domain/volume.ts'

/** All zero without a segmentation, that is, without a tumour. */
export function resultLabels(
  { segments }: Pick<ReportableResult, 'segments'>,
  grid: Grid,
  segmentation: Uint8Array | undefined,
): LabelVolume {
  if (!segmentation) return { grid, data: new Uint8Array(voxelCount(grid)) }
  return readLabels(segmentation, grid, (number) => segments[number - 1]?.label).labels
}
