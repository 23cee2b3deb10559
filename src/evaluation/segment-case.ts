// One case through the service's own path: preparation, inference, labels on the reference series' grid.
import { AppError } from '../domain/errors.ts'
import type { ModelRunner, SegmentResponse } from '../domain/ports/model-runner.ts'
import { SEQUENCES, type Sequence } from '../domain/study.ts'
import type { LabelVolume } from '../domain/volume.ts'
import type { Bundle } from '../inference/bundle/manifest.ts'
import { labelsOnGrid } from '../inference/segmentation/postprocess.ts'
import { type Prepared, prepareInputs, type Volumes } from '../inference/segmentation/prepare.ts'
import type { Registrar } from '../inference/volumes/rigid.ts'

export interface SegmentCaseInput {
  volumes: Volumes
  bundle: Bundle
  runner: Pick<ModelRunner, 'segment'>
  registrar: Registrar
  /** Runs one step and may take its time. */
  time: <T>(step: 'prepare' | 'segment' | 'label', work: () => T | Promise<T>) => Promise<T>
}

export interface SegmentedCase {
  reference: Sequence
  prepared: Prepared
  response: SegmentResponse
  labels: LabelVolume
  noFinding: boolean
}

/** Tried in this order, as in an analysis. */
const REFERENCES: readonly Sequence[] = ['T1c', 'FLAIR', 'T2', 'T1']

/** SERIES_MISSING for a case that lacks what the bundle cannot do without. */
export async function segmentCase(input: SegmentCaseInput): Promise<SegmentedCase> {
  const { volumes, bundle, runner, registrar, time } = input
  const reference = REFERENCES.find((sequence) => volumes[sequence])
  const lacking = SEQUENCES.filter((sequence) => bundle.sequences[sequence]?.required && !volumes[sequence])
  const any = bundle.require_any ?? []
  if (lacking.length > 0) throw new AppError('SERIES_MISSING', `the case has no ${lacking.join(', ')} volume`)
  if (!reference || (any.length > 0 && !any.some((sequence) => volumes[sequence])))
    throw new AppError('SERIES_MISSING', `the case has no volume of ${any.join(', ') || REFERENCES.join(', ')}`)
  const target = volumes[reference]!
  const prepared = await time('prepare', () => prepareInputs({ volumes, reference, bundle, registrar }))
  const response = await time('segment', () => runner.segment(prepared))
  const found = await time('label', () => labelsOnGrid(response.probabilities, response.grid, target.grid, bundle))
  return { reference, prepared, response, ...found }
}
