// The answer of a graph: class probabilities, the labels of each sample, and how well the samples agree.
import type { Grid } from '../../domain/volume.ts'
import type { Stage } from '../bundle/graph.ts'
import { channelOrder } from '../bundle/manifest.ts'
import { evaluableRegions } from '../bundle/needs.ts'
import { type RegionChain, regionChain } from '../bundle/regions.ts'
import { decisionRule } from './decision.ts'
import { type Answers, outputsOf, probabilityOf, type SegmentationRules, type StageAnswer } from './graph-state.ts'
import { maskAbove } from './mask-transforms.ts'
import { classesOf, labelsOf, nest, overturn, transformRegions } from './nested-regions.ts'
import { type Coding, labelCoding, type Sample, type Spread } from './sample-spread.ts'
import { bytesOnGrid, onGrid } from './stage-grid.ts'

/** All on `grid`; probabilities of background, the bundle's labels, its anatomy. */
export interface GraphAnswer extends Spread {
  grid: Grid
  probabilities: Float32Array[]
}

/** The bundle's regions, widest first, as provided by stages; none if a stage provides the classes themselves. */
function chainOf({ graph, regions, labels }: SegmentationRules): RegionChain {
  const chain = graph.result.regions ? regionChain(regions, labels) : []
  return typeof chain === 'string' ? [] : chain
}

/** Which stage provides each region that the available sequences allow; a region inside one that is not evaluable is not evaluable either. */
export function servedRegions(
  rules: SegmentationRules,
  present: readonly boolean[],
): { region: string; stage: string }[] {
  const there = channelOrder(rules).filter((_, c) => present[c])
  const { evaluable } = evaluableRegions(rules, there)
  const chain = chainOf(rules)
  const end = chain.findIndex(({ region }) => !evaluable.includes(region))
  return chain
    .slice(0, end < 0 ? chain.length : end)
    .map(({ region }) => ({ region, stage: rules.graph.result.regions![region]! }))
}

/** What is kept of each sample of a stage; nothing for a stage that is not part of the answer. */
export function codingOf(stage: Stage, rules: SegmentationRules): Coding | undefined {
  const { result } = rules.graph
  if (!result.regions) return stage.name === result.stage ? labelCoding(decisionRule(rules)) : undefined
  // One bit per region of the chain.
  const given = chainOf(rules).flatMap(({ region }, n) =>
    result.regions![region] === stage.name ? [{ bit: 1 << n, outputs: outputsOf(stage, region, rules) }] : [],
  )
  if (given.length === 0) return undefined
  const code = (voxel: Float64Array) =>
    given.reduce((all, { bit, outputs }) => (outputs.reduce((sum, c) => sum + voxel[c]!, 0) > 0.5 ? all | bit : all), 0)
  return { code, tumour: given.find(({ bit }) => bit === 1)?.outputs ?? [] }
}

/** `first` is the whole head's grid, which carries the answer if the result's stage did not run. */
export function answerOf(
  rules: SegmentationRules,
  answers: Answers,
  first: Grid,
  present: readonly boolean[],
): GraphAnswer {
  const { result } = rules.graph
  const last = answers.get(result.stage)
  const grid = last?.grid ?? first
  if (!result.regions) return { grid, probabilities: [...last!.probabilities], ...last!.spread! }
  const chain = chainOf(rules)
  const served = servedRegions(rules, present)
  const nothing = () => new Float32Array(grid.size[0] * grid.size[1] * grid.size[2])
  const stageFor = (region: string) => answers.get(served.find((one) => one.region === region)?.stage ?? '')
  const imageOf = (sequence: string) => {
    const c = channelOrder(rules).indexOf(sequence as never)
    return present[c] ? last?.channels[c] : undefined
  }
  const finish = (masks: Uint8Array[]) =>
    transformRegions(masks, chain, rules.postprocess.transforms ?? [], grid, imageOf)

  const regions = chain.map(({ region }) => there(stageFor(region), region, rules, grid) ?? nothing())
  nest(regions)
  overturn(regions, finish(regions.map((p) => maskAbove(p, 0.5))))
  const anatomy = (rules.anatomy ?? []).map(
    ({ key }) => there(answers.get(result.anatomy?.[key] ?? ''), key, rules, grid) ?? nothing(),
  )
  const samples = samplesOf(chain, (region) => stageFor(region), grid, finish)
  const outline = stageFor(chain[0]!.region)
  const deviation = outline?.spread?.deviation
  return {
    grid,
    probabilities: classesOf(regions, chain, anatomy, grid),
    samples,
    ...(deviation && { deviation: onGrid({ grid: outline.grid, data: deviation }, grid) }),
  }
}

function there(answer: StageAnswer | undefined, name: string, rules: SegmentationRules, grid: Grid) {
  const data = answer && probabilityOf(answer, name, rules)
  return data && onGrid({ grid: answer.grid, data }, grid)
}

/**
 * Sample n of the answer is made of the nth sample of every stage (the first view of the outline with the first view of the
 * core); a stage with fewer starts over. Boxes are those of the mean.
 */
function samplesOf(
  chain: RegionChain,
  stageFor: (region: string) => StageAnswer | undefined,
  grid: Grid,
  finish: (masks: Uint8Array[]) => Uint8Array[],
): Sample[] {
  const givers = chain.map(({ region }) => stageFor(region))
  const count = Math.max(0, ...givers.map((giver) => giver?.spread?.samples.length ?? 0))
  const empty = new Uint8Array(grid.size[0] * grid.size[1] * grid.size[2])
  return Array.from({ length: count }, (_, n) => {
    const codes = new Map<StageAnswer, Uint8Array>()
    for (const giver of givers) {
      const samples = giver?.spread?.samples ?? []
      if (!giver || samples.length === 0 || codes.has(giver)) continue
      codes.set(giver, bytesOnGrid({ grid: giver.grid, data: samples[n % samples.length]!.labels }, grid))
    }
    const masks = givers.map((giver, bit) => bitOf(giver ? codes.get(giver) : undefined, bit) ?? empty.slice())
    nest(masks)
    return { labels: labelsOf(finish(masks), chain) }
  })
}

function bitOf(codes: Uint8Array | undefined, bit: number): Uint8Array | undefined {
  const out = codes?.slice()
  if (out) for (let v = 0; v < out.length; v++) out[v] = (out[v]! >> bit) & 1
  return out
}
