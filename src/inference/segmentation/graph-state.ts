// What the stages of a graph have answered so far, and what later ones read of it: outputs, regions made of them, masks.
import type { Grid, Volume } from '../../domain/volume.ts'
import { type Graph, outputNames, type Stage } from '../bundle/graph.ts'
import type { BundleManifest } from '../bundle/manifest.ts'
import { maskAbove, transformMask } from './mask-transforms.ts'
import type { Spread } from './sample-spread.ts'

/** The parts of a bundle that determine how a study is segmented. */
export type SegmentationRules = Pick<
  BundleManifest,
  'graph' | 'labels' | 'anatomy' | 'regions' | 'postprocess' | 'sequences' | 'needs'
>

/** A stage that has run. */
export interface StageAnswer {
  stage: Stage
  grid: Grid
  /** As its networks saw them, in the bundle's order, zero for a missing sequence; released once no later stage needs them. */
  channels: readonly Float32Array[]
  /** One array per output. */
  probabilities: readonly Float32Array[]
  /** Samples of its own outputs, if the answer is made of them. */
  spread?: Spread
}

/** Answers by stage name; a skipped stage is missing, and reads as 0 everywhere. */
export type Answers = ReadonlyMap<string, StageAnswer>

/** The probability of one output, or of a region as the sum of its classes; undefined if the stage cannot provide it. */
export function probabilityOf(
  { stage, probabilities }: Pick<StageAnswer, 'stage' | 'probabilities'>,
  name: string,
  rules: Pick<SegmentationRules, 'labels' | 'regions'>,
): Float32Array | undefined {
  return sumOf(outputsOf(stage, name, rules).map((n) => probabilities[n]!))
}

/** Which outputs of a stage make up an output or a region; none if it cannot provide it. */
export function outputsOf(
  stage: Stage,
  name: string,
  { labels, regions }: Pick<SegmentationRules, 'labels' | 'regions'>,
): number[] {
  const names = outputNames(stage.output)
  if (names.includes(name)) return [names.indexOf(name)]
  if (stage.output.activation !== 'softmax') return []
  const channels = (regions[name] ?? []).map((index) => names.indexOf(labels.find((one) => one.index === index)!.key))
  return channels.every((n) => n >= 0) ? channels : []
}

function sumOf([first, ...rest]: readonly Float32Array[]): Float32Array | undefined {
  if (!first || rest.length === 0) return first
  const sum = first.slice()
  for (const one of rest) for (let v = 0; v < sum.length; v++) sum[v]! += one[v]!
  return sum
}

/** The masks of a graph, each made on first use; undefined if its stage was skipped. */
export function createMasks(
  graph: Graph,
  answers: Answers,
  rules: Pick<SegmentationRules, 'labels' | 'regions'>,
): (name: string) => Volume<Uint8Array> | undefined {
  const made = new Map<string, Volume<Uint8Array>>()
  return (name) => {
    const rule = graph.masks[name]!
    const answer = answers.get(rule.stage)
    if (!answer) return undefined
    const cached = made.get(name)
    if (cached) return cached
    const { grid } = answer
    const inside = sumOf(rule.outputs.map((output) => probabilityOf(answer, output, rules)!))!
    let data = maskAbove(inside, rule.threshold)
    for (const transform of rule.transforms) data = transformMask(data, grid, transform)
    made.set(name, { grid, data })
    return { grid, data }
  }
}
