// One case through the service's own path: preparation, inference, labels on the reference series' grid.
import { AppError } from '../domain/errors.ts'
import type { ModelRunner, SegmentResponse } from '../domain/ports.ts'
import type { Sequence } from '../domain/study.ts'
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

/** The reference is T1c, else FLAIR; SERIES_MISSING with neither. */
export async function segmentCase(input: SegmentCaseInput): Promise<SegmentedCase> {
  const { volumes, bundle, runner, registrar, time } = input
  const reference = volumes.T1c ? 'T1c' : 'FLAIR'
  const target = volumes[reference]
  if (!target) throw new AppError('SERIES_MISSING', 'the case has neither a t1ce nor a flair volume')
  const prepared = await time('prepare', () => prepareInputs({ volumes, reference, bundle, registrar }))
  const response = await time('segment', () => runner.segment(prepared))
  const found = await time('label', () => labelsOnGrid(response.probabilities, response.grid, target.grid, bundle))
  return { reference, prepared, response, ...found }
}
