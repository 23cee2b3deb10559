// Describes a graph of networks in words, one line per thing: what verify-bundle shows of a bundle before anyone trusts it.
import { type Graph, type Inferer, type Mask, type Member, memberWeights, outputNames, type Stage } from './graph.ts'
import type { Bundle } from './manifest.ts'

type Facts = Pick<Bundle, 'graph' | 'files' | 'needs' | 'postprocess'>

/** Networks with size and digest, stages in order, the answer, and which outputs need which sequence. */
export function describeGraph({ graph, files, needs = {}, postprocess }: Facts): string[] {
  return [
    ...Object.entries(graph.networks).map(([name, { file, cpu_file, inferer, members = 1 }]) => {
      const several = members > 1 ? `, ${members} members in it` : ''
      const fact = (one: string) =>
        `${one}, ${(files[one]!.bytes / 1e6).toFixed(1)} MB, sha256 ${files[one]!.sha256.slice(0, 12)}…`
      const onCpu = cpu_file === undefined ? '' : ` (on the CPU ${fact(cpu_file)})`
      return `network ${name}: ${fact(file)}${onCpu}, ${inferenceWords(inferer)}${several}`
    }),
    ...Object.entries(graph.masks).map(([name, mask]) => `mask ${name}: ${maskWords(mask)}`),
    ...graph.stages.map((stage, n) => `stage ${n + 1}, ${stage.name}: ${stageWords(stage)}`),
    `answer: ${answerWords(graph)}`,
    ...(postprocess.transforms ?? []).map((one) => `then: ${transformWords(one)} of ${one.applied_labels.join(', ')}`),
    ...Object.entries(needs).map(([key, sequences]) => `${key} is not evaluable without ${sequences.join(' and ')}`),
  ]
}

function inferenceWords(inferer: Inferer): string {
  switch (inferer.name) {
    case 'SlidingWindowInferer':
      return `in windows of ${inferer.roi_size.join(' x ')} voxels (Z, Y, X), overlap ${inferer.overlap}`
    case 'SimpleInferer':
      return `the whole grid at once, sides padded to multiples of ${inferer.divisible_pad}`
    case 'SliceInferer':
      return `slice by slice with ${inferer.context} neighbours on either side, at most ${inferer.slab_voxels} voxels at a time`
  }
}

function stageWords(stage: Stage): string {
  const mm = 'spacing_mm' in stage.grid ? stage.grid.spacing_mm.join(' x ') : ''
  const voxels = 'stage' in stage.grid ? `on the voxels and images of ${stage.grid.stage}` : `at ${mm} mm`
  const empty = stage.box?.if_empty === 'skip' ? 'skipped' : 'the study is refused'
  const where = stage.box
    ? `in the box of the mask ${stage.box.mask} and ${stage.box.margin_mm} mm around it (if that is empty: ${empty})`
    : 'stage' in stage.grid
      ? 'all of it'
      : 'over the whole head'
  const intensities = stage.normalisation && `intensities by ${normalisationWords(stage)}`
  const before =
    stage.previous_stage &&
    `sees the classes ${stage.previous_stage.classes.join(', ')} of ${stage.previous_stage.stage}`
  const within = stage.within && `background outside the mask ${stage.within}`
  const shares = sharesOf(memberWeights(stage))
  const members = stage.members.map((member, n) => {
    const share = shares.length > 1 ? ` (${shares[n]} %)` : ''
    return `${memberWords(member)}${share}`
  })
  const otherwise = (stage.fusion.weights_without ?? []).map(
    ({ sequence, weights }) => `, without ${sequence}: ${sharesOf(weights).join(', ')} %`,
  )
  const names = outputNames(stage.output)
  const gives = `gives ${names.filter((name) => name !== 'background').join(', ')} by ${stage.output.activation}`
  return [
    `${voxels}, ${where}`,
    intensities,
    before,
    gives,
    within,
    `mean of ${members.join(', ')}${otherwise.join('')}`,
  ]
    .filter(Boolean)
    .join('; ')
}

/** In percent. */
function sharesOf(weights: readonly number[]): number[] {
  const total = weights.reduce((a, b) => a + b)
  return weights.map((weight) => Math.round((100 * weight) / total))
}

function normalisationWords({ normalisation }: Stage): string {
  if (normalisation?.name !== 'mask-zscore') return normalisation?.name ?? ''
  return `z-score inside the mask ${normalisation.mask}, ${normalisation.outside} outside`
}

function memberWords(member: Member): string {
  if ('stage' in member) return `the stage ${member.stage}`
  const flips = (member.tta_flips ?? []).filter((axes) => axes.length > 0).map((axes) => axes.join(''))
  const flipped = flips.length > 0 ? `, also flipped along ${flips.join(', ')}` : ''
  return `${member.network}${member.view ? ` ${member.view}` : ''}${flipped}`
}

function maskWords({ stage, outputs, threshold, transforms }: Mask): string {
  const after = transforms.length > 0 ? ` after ${transforms.map(transformWords).join(', ')}` : ''
  return `${outputs.join(' + ')} of ${stage} above ${threshold}${after}`
}

function transformWords(transform: { name: string }): string {
  const { name, applied_labels: _labels, ...rest } = transform as Record<string, unknown>
  const settings = Object.entries(rest).map(([key, value]) => `${key} ${String(value)}`)
  return settings.length > 0 ? `${String(name)} (${settings.join(', ')})` : String(name)
}

function answerWords({ result }: Graph): string {
  if (!result.regions) return `the classes of ${result.stage}`
  const given = { ...result.regions, ...result.anatomy }
  return `on the grid of ${result.stage}: ${Object.entries(given)
    .map(([key, stage]) => `${key} from ${stage}`)
    .join(', ')}`
}
