// Runs one stage of a graph: its members over its grid, with their probabilities combined.
import type { Sequence } from '../../domain/study.ts'
import { type Grid, voxelCount } from '../../domain/volume.ts'
import {
  type Member,
  memberWeights,
  type Network,
  type NetworkMember,
  outputNames,
  type Stage,
} from '../bundle/graph.ts'
import { type Answers, probabilityOf, type SegmentationRules } from './graph-state.ts'
import { sliceInference } from './slices.ts'
import { slidingWindow, type Watch, type Zyx } from './sliding-window.ts'
import { onGrid } from './stage-grid.ts'

/** Runs a network of the graph once: float32 in, float32 out; `dims` are those of the input. */
export type RunNetwork = (network: string, input: Float32Array, dims: readonly number[]) => Promise<Float32Array>

export interface StageInput {
  stage: Stage
  rules: SegmentationRules
  grid: Grid
  /** The networks' input: the sequences, then the previous stage's classes. */
  channels: readonly Float32Array[]
  /** The bundle's sequences that the study lacks. */
  missing: ReadonlySet<Sequence>
  answers: Answers
  run: RunNetwork
}

/** Probabilities, one array [Z, Y, X] per output of the stage: the weighted mean over its members. */
export async function runStage(input: StageInput, watch: Required<Watch>): Promise<Float32Array[]> {
  const weights = memberWeights(input.stage, input.missing)
  const counted = input.stage.members.flatMap((member, n) => (weights[n]! > 0 ? [{ member, weight: weights[n]! }] : []))
  const total = counted.reduce((sum, { weight }) => sum + weight, 0)
  let fused: Float32Array[] | undefined
  for (const [n, { member, weight }] of counted.entries()) {
    const onProgress = (fraction: number) => watch.onProgress((n + fraction) / counted.length)
    const answer = await runMember(member, input, { ...watch, onProgress })
    // A single member's numbers are kept exactly.
    if (counted.length === 1) return answer
    const share = weight / total
    if (fused) for (const [k, one] of answer.entries()) add(fused[k]!, one, share)
    else fused = answer.map((one) => one.map((value) => value * share))
  }
  return fused!
}

function add(sum: Float32Array, values: Float32Array, share: number): void {
  for (let v = 0; v < sum.length; v++) sum[v]! += values[v]! * share
}

async function runMember(member: Member, input: StageInput, watch: Required<Watch>): Promise<Float32Array[]> {
  if ('network' in member) return runNetwork(member, input, watch)
  const earlier = earlierAnswer(member.stage, input)
  watch.onSample(earlier)
  watch.onProgress(1)
  return earlier
}

function runNetwork(member: NetworkMember, input: StageInput, watch: Required<Watch>): Promise<Float32Array[]> {
  const { stage, rules, grid, channels, run } = input
  const network: Network = rules.graph.networks[member.network]!
  const { tta_flips = [[]], view = 'axial' } = member
  const { activation } = stage.output
  const size: Zyx = [grid.size[2], grid.size[1], grid.size[0]]
  const outputs = outputNames(stage.output).length
  const { inferer } = network
  if (inferer.name === 'SliceInferer')
    return sliceInference({
      channels,
      size,
      outputs,
      rules: { ...inferer, view, activation, tta_flips },
      predict: (slab, dims) => run(member.network, slab, dims),
      ...watch,
    })
  const windows = inferer.name === 'SimpleInferer' ? oneWindow(inferer, size) : inferer
  return slidingWindow({
    channels,
    size,
    classes: outputs,
    members: network.members,
    rules: { ...windows, activation, tta_flips },
    predict: (window) => run(member.network, window, [1, channels.length, ...windows.roi_size]),
    ...watch,
  })
}

/** The whole grid as one window, its sides padded. */
function oneWindow(
  { divisible_pad: multiple, padding }: { divisible_pad: number; padding?: 'minimum' | 'zero' | undefined },
  size: Zyx,
) {
  const side = (axis: 0 | 1 | 2) => Math.ceil(size[axis] / multiple) * multiple
  const roi_size: [number, number, number] = [side(0), side(1), side(2)]
  return { roi_size, overlap: 0, mode: 'constant' as const, sigma_scale: 1, padding }
}

/** An earlier stage's answer for this stage's outputs; background where it has none. */
function earlierAnswer(name: string, { stage, rules, grid, answers }: StageInput): Float32Array[] {
  const answer = answers.get(name)
  const outputs = outputNames(stage.output).map((output) => {
    const data = answer && output !== 'background' ? probabilityOf(answer, output, rules) : undefined
    return data ? onGrid({ grid: answer!.grid, data }, grid) : new Float32Array(voxelCount(grid))
  })
  if (stage.output.activation === 'sigmoid') return outputs
  const [background, ...classes] = outputs as [Float32Array, ...Float32Array[]]
  for (let v = 0; v < background.length; v++) background[v] = 1 - classes.reduce((sum, one) => sum + one[v]!, 0)
  return outputs
}
