// An earlier stage's segmentation as channels of a later one, as in nnU-Net's cascade.
import { type Grid, voxelCount } from '../../domain/volume.ts'
import { outputNames, type Stage } from '../bundle/graph.ts'
import type { Answers } from './graph-state.ts'
import { onGrid } from './stage-grid.ts'

/**
 * One channel per class that the stage requires, 1 where that class is the most probable in the earlier stage (the first of
 * equals), with its probabilities resampled to this grid beforehand; all 0 if the earlier stage did not run.
 */
export function previousClasses({ previous_stage: source }: Stage, grid: Grid, answers: Answers): Float32Array[] {
  if (!source) return []
  const channels = source.classes.map(() => new Float32Array(voxelCount(grid)))
  const answer = answers.get(source.stage)
  if (!answer) return channels
  const names = outputNames(answer.stage.output)
  const indices = names.map((name) => source.classes.indexOf(name))
  const there = answer.probabilities.map((data) => onGrid({ grid: answer.grid, data }, grid))
  for (let v = 0; v < channels[0]!.length; v++) {
    let best = 0
    for (let c = 1; c < there.length; c++) if (there[c]![v]! > there[best]![v]!) best = c
    if (indices[best]! >= 0) channels[indices[best]!]![v] = 1
  }
  return channels
}
