// What a reader should know about each sequence after preparation.
import type { AppError } from '../../domain/errors.ts'
import type { QualityNote } from '../../domain/finding.ts'
import type { Sequence } from '../../domain/study.ts'
import { remark } from '../../wording/remarks.ts'
import { PREPARATION_LIMITS } from './input-limits.ts'
import { imagesOf, type Registered, type SequenceVolume } from './sequence-volume.ts'

/** Images that could not be aligned, or that show nothing within the head. */
export interface Failed {
  images: SequenceVolume
  failure: AppError
}

/** About one sequence of the bundle: that it is missing, was left out, is coarse or was moved. */
export function notesOn(
  sequence: Sequence,
  used: readonly Registered<SequenceVolume>[],
  failed: readonly Failed[],
): QualityNote[] {
  const failure = failed.find(({ images }) => images.sequence === sequence)?.failure
  if (failure) {
    const said = remark('sequence-left-out', { sequence, error: failure.message })
    return [{ code: 'sequence-left-out', severity: 'warning', ...said }]
  }
  const images = imagesOf(sequence, used)
  if (!images) {
    return [{ code: 'sequence-missing', severity: 'warning', ...remark('sequence-missing', { sequence }) }]
  }
  const notes: QualityNote[] = []
  const thickest = Math.max(...images.volume.grid.spacing)
  if (thickest > PREPARATION_LIMITS.thickSlices.value) {
    notes.push({ code: 'thick-slices', severity: 'info', ...remark('thick-slices', { sequence, mm: thickest }) })
  }
  const motion = images.registration
  const { moved, turned } = PREPARATION_LIMITS
  if (motion && (motion.translationMm > moved.value || motion.rotationDegrees > turned.value)) {
    const { translationMm, rotationDegrees } = motion
    const said = remark('patient-movement', { sequence, translationMm, rotationDegrees })
    notes.push({ code: 'patient-movement', severity: 'info', ...said })
  }
  return notes
}
