// Where in the brain the tumour lies, as coarsely as can be said without an atlas: side, midline, and third from front to back.
import type { TumourPosition } from '../../domain/finding.ts'
import type { LabelVolume, Volume } from '../../domain/volume.ts'
import { locationFeatures, patientBox } from '../features/location.ts'
import { LESION_LIMITS } from './lesion-limits.ts'

/** Undefined without a tumour, or if the outline of the brain is not known. */
export function tumourPosition(labels: LabelVolume, brain: Volume<Uint8Array> | undefined): TumourPosition | undefined {
  const box = patientBox(labels)
  const around = brain && patientBox(brain)
  if (!box || !around) return undefined
  const middle = (around.low[0] + around.high[0]) / 2
  const { midline_crossing: crossing, depth } = locationFeatures(box, around)
  const half = (around.high[0] - around.low[0]) / 2
  return {
    // LPS: x grows towards the patient's left.
    side: box.centre[0] > middle ? 'left' : 'right',
    crossesMidline: crossing * half > LESION_LIMITS.crossing.value,
    part: depth < 1 / 3 ? 'anterior' : depth > 2 / 3 ? 'posterior' : 'middle',
  }
}
