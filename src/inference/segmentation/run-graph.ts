// Runs a bundle's graph on one study: stages in order, each on its own grid, then the answer and its samples.
import { AppError } from '../../domain/errors.ts'
import { type Grid, voxelCount } from '../../domain/volume.ts'
import { masksOf, type Stage } from '../bundle/graph.ts'
import { channelOrder } from '../bundle/manifest.ts'
import { answerOf, codingOf, type GraphAnswer, servedRegions } from './graph-answer.ts'
import { type Answers, createMasks, type SegmentationRules, type StageAnswer } from './graph-state.ts'
import { normalise, normaliseInMask } from './normalise.ts'
import { previousClasses } from './previous-stage.ts'
import { type RunNetwork, runStage } from './run-stage.ts'
import { SpreadGatherer } from './sample-spread.ts'
import { boxOf, cutGrid, maskOnGrid, onGrid, ownGrid } from './stage-grid.ts'

/** One entry per sequence of the bundle, in its order; null if the study lacks it. */
export type Images = readonly (Float32Array | null)[]

export interface GraphWorld {
  run: RunNetwork
  /** The sequences resampled to another grid, not normalised. */
  imagesOn: (grid: Grid) => Promise<Images>
  /** Clock in milliseconds, for timing the stages. */
  now: () => number
  onProgress: (fraction: number) => void
}

/** The outcome of a stage. */
export interface StageRecord {
  stage: string
  seconds: number
  /** Size in voxels (X, Y, Z) of its grid; absent if it was skipped. */
  size?: Grid['size']
  /** Why it did not run, in words. */
  skipped?: string
}

/** `first` is the first stage's grid and its channels, already normalised as it declares. */
export async function runGraph(
  rules: SegmentationRules,
  first: { grid: Grid; channels: Images },
  world: GraphWorld,
): Promise<GraphAnswer & { stages: StageRecord[] }> {
  const { graph } = rules
  const present = first.channels.map((channel) => channel !== null)
  const missing = new Set(channelOrder(rules).filter((_, c) => !present[c]))
  const answers = new Map<string, StageAnswer>()
  const maskOf = createMasks(graph, answers, rules)
  const keptStages = stagesToKeep(rules, present)
  const records: StageRecord[] = []
  for (const [n, stage] of graph.stages.entries()) {
    const started = world.now()
    const ready = keptStages.has(stage.name)
      ? n === 0
        ? first
        : await gridAndImages(stage)
      : 'none of its regions is evaluable without the missing sequences'
    if (typeof ready === 'string') records.push({ stage: stage.name, seconds: 0, skipped: ready })
    else {
      answers.set(stage.name, await answerStage(stage, n, ready))
      records.push({ stage: stage.name, seconds: (world.now() - started) / 1000, size: ready.grid.size })
    }
    world.onProgress((n + 1) / graph.stages.length)
    letGo(answers, graph.stages.slice(n + 1), graph.result.stage)
  }
  return { ...answerOf(rules, answers, first.grid, present), stages: records }

  /** Where a later stage runs and what it sees, or why it is skipped, in words. */
  async function gridAndImages(stage: Stage): Promise<{ grid: Grid; channels: Images } | string> {
    const base = 'stage' in stage.grid ? answers.get(stage.grid.stage) : undefined
    if ('stage' in stage.grid && !base) return `the stage ${stage.grid.stage} was skipped`
    const mask = stage.box && maskOf(stage.box.mask)
    const box = stage.box && mask && boxOf(mask, stage.box.margin_mm)
    if (stage.box && !box) {
      const reason = `nothing is inside the mask ${stage.box.mask}`
      if (stage.box.if_empty === 'skip') return reason
      throw new AppError('INPUT_IMPLAUSIBLE', `the stage ${stage.name} of the bundle cannot run: ${reason}`)
    }
    if (base) {
      const grid = box ? cutGrid(base.grid, mask!.grid, box) : base.grid
      const channels = base.channels.map((data, c) => (present[c] ? onGrid({ grid: base.grid, data }, grid) : null))
      return { grid, channels }
    }
    const spacing = 'spacing_mm' in stage.grid ? stage.grid.spacing_mm : first.grid.spacing
    const grid = ownGrid(mask?.grid ?? first.grid, spacing, box || undefined)
    return { grid, channels: normalised(stage, grid, await world.imagesOn(grid)) }
  }

  function normalised(stage: Stage, grid: Grid, images: Images): Images {
    const rule = stage.normalisation!
    const mask = rule.name === 'mask-zscore' ? maskFor(rule.mask, grid) : undefined
    const names = channelOrder(rules)
    return images.map((data, c) => {
      if (data === null) return null
      if (rule.name !== 'mask-zscore') return normalise({ grid, data }, rule, names[c]!).data
      return normaliseInMask(data, mask!, names[c]!)
    })
  }

  /** A mask whose stage was skipped is empty. */
  function maskFor(name: string, grid: Grid): Uint8Array {
    const mask = maskOf(name)
    return mask ? maskOnGrid(mask, grid) : new Uint8Array(voxelCount(grid))
  }

  async function answerStage(stage: Stage, n: number, { grid, channels: images }: { grid: Grid; channels: Images }) {
    const nothing = images.includes(null) ? new Float32Array(voxelCount(grid)) : undefined
    const channels = images.map((data) => data ?? nothing!)
    const within = stage.within === undefined ? undefined : maskFor(stage.within, grid)
    const coding = codingOf(stage, rules)
    const gatherer = coding && new SpreadGatherer(coding)
    const probabilities = await runStage(
      {
        stage,
        rules,
        grid,
        channels: [...channels, ...previousClasses(stage, grid, answers)],
        missing,
        answers,
        run: world.run,
      },
      {
        onProgress: (fraction) => world.onProgress((n + fraction) / graph.stages.length),
        onSample: (sample) => {
          if (within) keepWithin(sample, within, stage)
          gatherer?.add(sample)
        },
      },
    )
    return { stage, grid, channels, probabilities, ...(gatherer && { spread: gatherer.finish() }) }
  }
}

/** Sets background where the mask is 0, in place, before a sample is added to the mean. */
function keepWithin(sample: readonly Float32Array[], mask: Uint8Array, { output }: Stage): void {
  for (const [n, one] of sample.entries()) {
    const outside = output.activation === 'softmax' && n === 0 ? 1 : 0
    for (let v = 0; v < one.length; v++) if (mask[v] === 0) one[v] = outside
  }
}

/** The stages that are needed: those that provide an evaluable region or the answer's grid, and all that these read. */
function stagesToKeep(rules: SegmentationRules, present: readonly boolean[]): Set<string> {
  const { graph } = rules
  const { result } = graph
  const keptStages = new Set([result.stage, ...Object.values(result.anatomy ?? {})])
  for (const { stage } of servedRegions(rules, present)) keptStages.add(stage)
  for (const stage of graph.stages.toReversed()) {
    if (!keptStages.has(stage.name)) continue
    for (const mask of masksOf(stage)) keptStages.add(graph.masks[mask]!.stage)
    if ('stage' in stage.grid) keptStages.add(stage.grid.stage)
    if (stage.previous_stage) keptStages.add(stage.previous_stage.stage)
    for (const member of stage.members) if ('stage' in member) keptStages.add(member.stage)
  }
  return keptStages
}

/** Releases the channels that no later stage and no rule of the answer needs. */
function letGo(answers: Map<string, StageAnswer>, later: readonly Stage[], result: string): void {
  for (const [name, answer] of answers) {
    const read = name === result || later.some(({ grid }) => 'stage' in grid && grid.stage === name)
    if (!read) answers.set(name, { ...answer, channels: [] })
  }
}

export type { Answers }
