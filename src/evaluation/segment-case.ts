// Runs one case through the service's own path: preparation, inference, labels on the reference series' grid.
import { AppError } from '../domain/errors.ts'
import type { ModelRunner, SegmentResponse } from '../domain/ports/model-runner.ts'
import { SEQUENCES, type Sequence } from '../domain/study.ts'
import type { LabelVolume } from '../domain/volume.ts'
import type { Bundle } from '../inference/bundle/manifest.ts'
import { labelsOnGrid } from '../inference/segmentation/postprocess.ts'
import { type Prepared, prepareInputs } from '../inference/segmentation/prepare.ts'
import {
  chooseReference,
  imagesOf,
  REFERENCES,
  type SequenceVolume,
  sequencesOf,
} from '../inference/segmentation/sequence-volume.ts'
import type { Registrar } from '../inference/volumes/rigid.ts'

export interface SegmentCaseInput {
  images: readonly SequenceVolume[]
  bundle: Bundle
  runner: Pick<ModelRunner, 'segment'>
  registrar: Registrar
  /** Runs one step and may time it. */
  time: <T>(step: 'prepare' | 'segment' | 'label', work: () => T | Promise<T>) => Promise<T>
}

export interface SegmentedCase {
  reference: Sequence
  prepared: Prepared
  response: SegmentResponse
  labels: LabelVolume
  noFinding: boolean
}

/** Throws SERIES_MISSING for a case that lacks a sequence the bundle needs. */
export async function segmentCase(input: SegmentCaseInput): Promise<SegmentedCase> {
  const { images, bundle, runner, registrar, time } = input
  const available = sequencesOf(images)
  const reference = chooseReference(available)
  const lacking = SEQUENCES.filter((sequence) => bundle.sequences[sequence]?.required && !available.includes(sequence))
  const any = bundle.require_any ?? []
  if (lacking.length > 0) throw new AppError('SERIES_MISSING', `the case has no ${lacking.join(', ')} volume`)
  const target = reference && imagesOf(reference, images)
  if (!target || (any.length > 0 && !any.some((sequence) => available.includes(sequence))))
    throw new AppError('SERIES_MISSING', `the case has no volume of ${any.join(', ') || REFERENCES.join(', ')}`)
  const prepared = await time('prepare', () => prepareInputs({ images, reference, bundle, registrar }))
  const response = await time('segment', () => runner.segment(prepared))
  const labelled = await time('label', () =>
    labelsOnGrid(response.probabilities, response.grid, target.volume.grid, bundle),
  )
  return { reference, prepared, response, ...labelled }
}
