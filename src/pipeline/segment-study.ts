// From the study's headers to a measured outline: selects, retrieves and aligns series, checks them against their pixels, then runs the networks.
import type { AnalysisResult } from '../domain/finding.ts'
import type { SegmentResponse } from '../domain/ports/model-runner.ts'
import type { DoubtPicture, Study } from '../domain/study.ts'
import type { LabelVolume } from '../domain/volume.ts'
import type { Stage } from '../inference/bundle/graph.ts'
import { type MeasuredLesion, measureLesions } from '../inference/lesions/diameters.ts'
import { type Evaluable, evaluableOf } from '../inference/lesions/evaluable.ts'
import { measure } from '../inference/lesions/measure.ts'
import { tumourPosition } from '../inference/lesions/position.ts'
import { brainMask } from '../inference/segmentation/brain-mask.ts'
import { labelsOnGrid } from '../inference/segmentation/postprocess.ts'
import { type Prepared, prepareInputs } from '../inference/segmentation/prepare.ts'
import { withDeviations } from '../inference/segmentation/sample-spread.ts'
import { sequencesOf } from '../inference/segmentation/sequence-volume.ts'
import type { Selection } from '../inference/series/select-series.ts'
import type { Run } from './analysis-run.ts'
import { hearPixels } from './second-witness.ts'
import type { SequenceImages } from './sequence-images.ts'
import { type Taken, takeSeries } from './take-series.ts'

export interface StudyImages {
  selected: Taken
  prepared: Prepared<SequenceImages>
}

/** Throws whatever holds the study: a sequence that is missing, doubtful or unusable. */
export function takeImages({ ports, options, record, time }: Run, study: Study): Promise<Taken> {
  const { analyses } = ports
  const onSelection = ({ decisions }: Pick<Selection, 'decisions'>) =>
    analyses.describe(record.analysisId, { decisions })
  const choice = record.seriesChoice && { choice: record.seriesChoice }
  return takeSeries({ ...ports, time, onSelection, show: showing(ports, record) }, study, { ...options, ...choice })
}

/** Throws whatever holds the study: images that cannot be aligned. */
export async function prepareImages({ ports, options, time }: Run, selected: Taken): Promise<StudyImages> {
  const { registrar } = ports
  const { images, reference } = selected
  const { bundle } = options
  return { selected, prepared: await time('prepare', () => prepareInputs({ images, reference, bundle, registrar })) }
}

/** Throws what holds the study: pixels that contradict their headers. */
export function hearImages({ ports, record, time }: Run, { selected, prepared }: StudyImages): Promise<void> {
  return time('check', () => hearPixels(prepared, selected.decisions, showing(ports, record)))
}

const showing =
  ({ analyses }: Run['ports'], { analysisId }: Run['record']) =>
  (pictures: DoubtPicture[]) =>
    analyses.describe(analysisId, { pictures })

/** The stage after the last one that asks for images: those on an earlier stage's voxels are small. Where there is none, the last one itself. */
function firstAlone(stages: readonly Stage[]): number {
  const last = stages.findLastIndex(({ grid }) => 'spacing_mm' in grid)
  return Math.min(last + 1, stages.length - 1)
}

/** What the networks outlined, on the grid of the reference series. */
export interface SegmentedStudy extends Pick<AnalysisResult, 'segments' | 'measurements' | 'noFinding' | 'position'> {
  response: SegmentResponse
  /** As the networks return them. */
  labels: LabelVolume
  /** Which measurements are possible with the sequences that were available. */
  stated: Evaluable
  /** Measured once, for both the diameters and the comparison. */
  enhancing: MeasuredLesion[]
}

/** `onAlone` is called once the networks run on without this process: they have all the images that they ask for, and need no more than a core. */
export async function segmentStudy(
  { ports, options, time }: Run,
  { prepared }: StudyImages,
  onAlone: () => void,
): Promise<SegmentedStudy> {
  const { bundle } = options
  const from = firstAlone(bundle.graph.stages)
  const onProgress = (fraction: number) => {
    if (fraction * bundle.graph.stages.length > from) onAlone()
  }
  const response = await time('segment', () => ports.runner.segment(prepared, onProgress))
  const { probabilities, grid, samples } = response
  const { labels, noFinding } = labelsOnGrid(probabilities, grid, prepared.reference.plan.grid, bundle)
  const stated = evaluableOf(labels, bundle, sequencesOf(prepared.images))
  const { segments, measurements, enhancing } = await time('measure', () => {
    const measured = measure(stated.labels, stated.bundle)
    return {
      segments: measured.segments,
      measurements: withDeviations(measured.measurements, samples, grid, bundle),
      enhancing: measureLesions(stated.labels, stated.bundle.regions.ET ?? []),
    }
  })
  const position = noFinding ? undefined : tumourPosition(labels, brainMask(probabilities, grid, bundle))
  return { response, labels, noFinding, stated, segments, measurements, enhancing, ...(position && { position }) }
}
