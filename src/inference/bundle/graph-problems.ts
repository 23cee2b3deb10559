// Problems of a graph of networks as a whole: unknown names, stages that read later ones, answers that do not fit.
import type { Sequence } from '../../domain/study.ts'
import { type Graph, type Inferer, type Mask, masksOf, outputNames, type RegionTransform, type Stage } from './graph.ts'
import { regionChain } from './regions.ts'

/** The parts of a manifest that a graph must fit. */
export interface GraphContext {
  files: Readonly<Record<string, unknown>>
  labels: readonly { index: number; key: string }[]
  anatomy: readonly { key: string }[]
  regions: Readonly<Record<string, readonly number[]>>
  sequences: Readonly<Record<string, unknown>>
  postprocess: { decision?: string | undefined; transforms?: readonly RegionTransform[] | undefined }
}

export function graphProblems(graph: Graph, context: GraphContext): string[] {
  const names = graph.stages.map((stage) => stage.name)
  return [
    ...names.flatMap((name, n) => (names.indexOf(name) < n ? [`stages.${n}: ${name} occurs twice`] : [])),
    ...Object.entries(graph.networks).flatMap(([name, network]) => [
      ...(['file', 'cpu_file'] as const).flatMap((key) => {
        const file = network[key]
        return file === undefined || context.files[file]
          ? []
          : [`networks.${name}.${key}: ${file} is not listed in files`]
      }),
      ...(network.inferer.name === 'SliceInferer' && network.members !== undefined
        ? [`networks.${name}.members: a SliceInferer runs one network`]
        : []),
    ]),
    ...Object.entries(graph.masks).flatMap(([name, mask]) => maskProblems(name, mask, graph, context)),
    ...graph.stages.flatMap((stage, n) => stageProblems(stage, n, graph, context)),
    ...unused(graph),
    ...answerProblems(graph, context),
  ]
}

/** Outputs of a stage, including those that are sums of its classes. */
export function canGive(
  stage: Stage,
  output: string,
  regions: GraphContext['regions'],
  labels: GraphContext['labels'],
) {
  const names = outputNames(stage.output)
  if (names.includes(output)) return true
  const keys = (regions[output] ?? []).map((index) => labels.find((label) => label.index === index)?.key ?? '')
  return stage.output.activation === 'softmax' && keys.length > 0 && keys.every((key) => names.includes(key))
}

function maskProblems(name: string, mask: Mask, graph: Graph, { regions, labels }: GraphContext): string[] {
  const where = `masks.${name}`
  const stage = graph.stages.find((one) => one.name === mask.stage)
  if (!stage) return [`${where}.stage: there is no stage ${mask.stage}`]
  const exclusive =
    stage.output.activation === 'softmax' && mask.outputs.every((one) => outputNames(stage.output).includes(one))
  return [
    ...mask.outputs.flatMap((one) =>
      canGive(stage, one, regions, labels) ? [] : [`${where}.outputs: the stage ${stage.name} does not give ${one}`],
    ),
    ...(mask.outputs.length > 1 && !exclusive ? [`${where}.outputs: only classes of one softmax can be added`] : []),
  ]
}

function stageProblems(stage: Stage, n: number, graph: Graph, context: GraphContext): string[] {
  const where = `stages.${stage.name}`
  const earlier = graph.stages.slice(0, n)
  /** The earlier stage of this name, or a description of why there is none. */
  const lookUp = (name: string, part: string): Stage | string => {
    const stageBefore = earlier.find((one) => one.name === name)
    if (stageBefore) return stageBefore
    const later = graph.stages.some((one) => one.name === name)
    return later
      ? `${where}.${part}: ${name} does not run before ${stage.name}; order the stages so that each reads earlier ones`
      : `${where}.${part}: there is no stage ${name}`
  }
  const problems: string[] = []
  const need = (name: string, part: string) => {
    const stageNamed = lookUp(name, part)
    if (typeof stageNamed !== 'string') return stageNamed
    problems.push(stageNamed)
    return undefined
  }
  const needMask = (name: string, part: string) => {
    const mask = graph.masks[name]
    if (!mask) problems.push(`${where}.${part}: there is no mask ${name}`)
    else if (graph.stages.some((one) => one.name === mask.stage)) need(mask.stage, part)
  }
  const own = 'spacing_mm' in stage.grid
  if ('stage' in stage.grid) need(stage.grid.stage, 'grid.stage')
  if (stage.box) needMask(stage.box.mask, 'box.mask')
  if (stage.within) needMask(stage.within, 'within')
  if (stage.normalisation?.name === 'mask-zscore') needMask(stage.normalisation.mask, 'normalisation.mask')
  if (own && !stage.normalisation) problems.push(`${where}.normalisation: a grid of its own needs one`)
  if (!own && stage.normalisation)
    problems.push(`${where}.normalisation: the channels of another stage are taken as they are; leave it out`)
  if (n === 0 && !own) problems.push(`${where}.grid: the first stage needs spacing_mm`)
  if (n === 0 && stage.box) problems.push(`${where}.box: the first stage sees the whole head; nothing marks a box yet`)
  if (n === 0 && stage.normalisation?.name === 'mask-zscore')
    problems.push(`${where}.normalisation: no mask is there before the first stage`)
  if (stage.previous_stage) {
    const previous = need(stage.previous_stage.stage, 'previous_stage.stage')
    if (previous && previous.output.activation !== 'softmax')
      problems.push(`${where}.previous_stage: ${previous.name} gives no exclusive classes`)
    for (const one of previous ? stage.previous_stage.classes : [])
      if (!outputNames(previous!.output).slice(1).includes(one))
        problems.push(`${where}.previous_stage.classes: ${previous!.name} has no class ${one} after the background`)
  }
  problems.push(...fusionProblems(`${where}.fusion`, stage, context))
  for (const [m, member] of stage.members.entries()) {
    const part = `members.${m}`
    if ('stage' in member) {
      const other = need(member.stage, `${part}.stage`)
      for (const one of other ? outputNames(stage.output) : [])
        if (one !== 'background' && !canGive(other!, one, context.regions, context.labels))
          problems.push(`${where}.${part}: the stage ${other!.name} does not give ${one}`)
      continue
    }
    const network = graph.networks[member.network]
    if (!network) problems.push(`${where}.${part}: there is no network ${member.network}`)
    else problems.push(...viewProblems(`${where}.${part}.view`, network.inferer, member.view))
  }
  if (stage.members.every((member) => 'stage' in member))
    problems.push(`${where}.members: at least one must be a network`)
  return problems
}

/** As many weights as members, and only for sequences that a study may lack. */
function fusionProblems(where: string, { fusion, members }: Stage, { sequences }: GraphContext): string[] {
  const { weights, weights_without: special = [] } = fusion
  const all = [
    ...(weights ? [{ part: 'weights', weights }] : []),
    ...special.map((one, n) => ({ part: `weights_without.${n}.weights`, weights: one.weights })),
  ]
  return [
    ...all.flatMap(({ part, weights: { length } }) =>
      length === members.length ? [] : [`${where}.${part}: has ${length} numbers for ${members.length} members`],
    ),
    ...special.flatMap(({ sequence }, n) =>
      sequences[sequence] ? [] : [`${where}.weights_without.${n}: ${sequence} is not one of the sequences`],
    ),
  ]
}

function viewProblems(where: string, inferer: Inferer, view: string | undefined): string[] {
  if (inferer.name === 'SliceInferer') return view ? [] : [`${where}: a SliceInferer needs a view`]
  return view ? [`${where}: ${inferer.name} takes no view`] : []
}

/** Anything declared but never used would be a mistake that nobody notices. */
function unused(graph: Graph): string[] {
  const run = new Set(
    graph.stages.flatMap(({ members }) => members.flatMap((m) => ('network' in m ? [m.network] : []))),
  )
  const read = new Set(graph.stages.flatMap(masksOf))
  return [
    ...Object.keys(graph.networks).flatMap((name) => (run.has(name) ? [] : [`networks.${name}: no stage runs it`])),
    ...Object.keys(graph.masks).flatMap((name) => (read.has(name) ? [] : [`masks.${name}: no stage uses it`])),
  ]
}

/** Whether the answer agrees with labels, anatomy, regions and postprocessing. */
export function answerProblems(graph: Graph, context: GraphContext): string[] {
  const { result } = graph
  const { labels, anatomy, regions, sequences } = context
  const { decision, transforms = [] } = context.postprocess
  const stageOf = (name: string) => graph.stages.find((one) => one.name === name)
  const last = stageOf(result.stage)
  if (!last) return [`result.stage: there is no stage ${result.stage}`]
  if (!result.regions) {
    const want = ['background', ...labels.map(({ key }) => key), ...anatomy.map(({ key }) => key)]
    const problems = result.anatomy ? ['result.anatomy: goes with result.regions'] : []
    if (last.output.activation !== 'softmax' || want.join() !== last.output.classes.join())
      problems.push(`result.stage: without regions the stage must give by softmax ${want.join(', ')}`)
    if (decision === 'nested-regions') problems.push('postprocess.decision: "nested-regions" goes with result.regions')
    if (transforms.length > 0) problems.push('postprocess.transforms: go with result.regions')
    return problems
  }
  const chain = regionChain(regions, labels)
  if (typeof chain === 'string') return [`regions: ${chain}`]
  const problems: string[] = []
  if (decision !== 'nested-regions')
    problems.push('postprocess.decision: must be "nested-regions" where result.regions are given')
  for (const { region } of chain) if (!result.regions[region]) problems.push(`result.regions: ${region} is missing`)
  const given = [
    ...Object.entries(result.regions).map(([key, stage]) => ({ key, stage, part: 'regions' })),
    ...Object.entries(result.anatomy ?? {}).map(([key, stage]) => ({ key, stage, part: 'anatomy' })),
  ]
  for (const { key, stage, part } of given) {
    const stageNamed = stageOf(stage)
    const isDeclared = part === 'regions' ? regions[key] !== undefined : anatomy.some((one) => one.key === key)
    if (!isDeclared) problems.push(`result.${part}.${key}: is not declared in ${part}`)
    if (!stageNamed) problems.push(`result.${part}.${key}: there is no stage ${stage}`)
    else if (!canGive(stageNamed, key, regions, labels))
      problems.push(`result.${part}.${key}: the stage ${stage} does not give ${key}`)
  }
  for (const { key } of anatomy) if (!result.anatomy?.[key]) problems.push(`result.anatomy: ${key} is missing`)
  for (const one of transforms) {
    for (const key of one.applied_labels)
      if (!result.regions[key]) problems.push(`postprocess.transforms: ${key} is not one of result.regions`)
    for (const key of sequencesOf(one))
      if (!sequences[key]) problems.push(`postprocess.transforms: ${key} is not one of the sequences`)
  }
  return problems
}

/** The images that a transform reads. */
function sequencesOf(transform: RegionTransform): Sequence[] {
  if ('minuend' in transform) return [transform.minuend, transform.subtrahend]
  return 'sequence' in transform ? [transform.sequence] : []
}
