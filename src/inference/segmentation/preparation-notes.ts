// What a reader should know about each sequence after preparation.
import type { AppError } from '../../domain/errors.ts'
import type { QualityNote } from '../../domain/finding.ts'
import type { Sequence } from '../../domain/study.ts'
import { millimetres, movement } from '../../wording/quantities.ts'
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
    const text = `${sequence} was left out, and the model ran without it: ${failure.message}.`
    return [{ code: 'sequence-left-out', severity: 'warning', text }]
  }
  const images = imagesOf(sequence, used)
  if (!images) {
    const text = `The study has no usable ${sequence} series; the model ran without it.`
    return [{ code: 'sequence-missing', severity: 'warning', text }]
  }
  const notes: QualityNote[] = []
  const thickest = Math.max(...images.volume.grid.spacing)
  if (thickest > PREPARATION_LIMITS.thickSlices.value) {
    const text = `${sequence} has slices ${millimetres(thickest)} mm apart; small lesions may be missed.`
    notes.push({ code: 'thick-slices', severity: 'info', text })
  }
  const motion = images.registration
  const { moved, turned } = PREPARATION_LIMITS
  if (motion && (motion.translationMm > moved.value || motion.rotationDegrees > turned.value)) {
    const text = `${sequence} was moved by ${movement(motion)} to match the reference series.`
    notes.push({ code: 'patient-movement', severity: 'info', text })
  }
  return notes
}
