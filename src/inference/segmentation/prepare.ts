// From volumes as scanned to the first stage's channels: working grid, registration to the reference series, resampling, normalisation.

import { AppError } from '../../domain/errors.ts'
import type { QualityNote, SequenceImage } from '../../domain/finding.ts'
import { SEQUENCES, type Sequence } from '../../domain/study.ts'
import type { Grid, Vec3, Volume } from '../../domain/volume.ts'
import { type BundleManifest, channelOrder } from '../bundle/manifest.ts'
import type { ForegroundNormalisation } from '../bundle/normalisation.ts'
import { alignedGrid, coarseGrid, foregroundBox, isSameGrid } from '../volumes/grids.ts'
import { cut, interpolate, prefilter, resample } from '../volumes/resample.ts'
import { IDENTITY, REGISTRATION_SPACING_MM, type Registrar } from '../volumes/rigid.ts'
import { PREPARATION_LIMITS } from './input-limits.ts'
import { foregroundThreshold, normalise } from './normalise.ts'
import { type Failed, notesOn } from './preparation-notes.ts'
import { refuseSameImage } from './same-image.ts'
import { imagesOf, type Registered, type SequenceVolume } from './sequence-volume.ts'
import { ownGrid } from './stage-grid.ts'

/** What preparation needs of a bundle. */
type Rules = Pick<BundleManifest, 'sequences' | 'require_any' | 'graph'>

export interface PrepareInput<Images extends SequenceVolume> {
  /** At most one of each sequence. */
  images: readonly Images[]
  /** The sequence that the others are aligned with, and whose grid will carry the segmentation. */
  reference: Sequence
  bundle: Rules
  registrar: Registrar
}

export interface Prepared<Images extends SequenceVolume = SequenceVolume> {
  /** LPS-aligned, with the voxel size of the bundle's first stage: the head in the reference series, plus a margin. */
  grid: Grid
  /** The sequences in use, in the order of the domain: those that the bundle takes and that could be aligned. */
  images: Registered<Images>[]
  /** The one among them that the others are aligned with. */
  reference: Images
  /** In the bundle's channel order, normalised for its first stage; null for a sequence that is not in use. */
  channels: (Volume<Float32Array> | null)[]
  /** The same resampled to another grid, not normalised. */
  imagesOn: (grid: Grid) => (Volume<Float32Array> | null)[]
  /** Every sequence on the reference series' own grid; each image is made on first use, and kept. */
  onReference: SequenceImage[]
  quality: QualityNote[]
}

/**
 * Prepares the networks' input. The working grid covers the head in the reference series; a moving series contributes where it
 * covers that box and is 0 elsewhere. Every other series is registered once, even if its headers claim the same frame of
 * reference, since patients move. A series that the bundle can do without is left out, with a note, if it cannot be aligned or
 * shows nothing within the head. Throws INPUT_IMPLAUSIBLE for empty or constant images and failed registrations of those it
 * cannot do without, and for two sequences that show the same image.
 */
export async function prepareInputs<Images extends SequenceVolume>(
  input: PrepareInput<Images>,
): Promise<Prepared<Images>> {
  const { reference, bundle } = input
  const fixed = imagesOf(reference, input.images)
  if (!fixed) throw new AppError('INPUT_IMPLAUSIBLE', `there is no ${reference} volume to refer to`)
  const { spacing, rules } = firstStage(bundle)
  const work = cropForeground(fixed.volume, spacing, rules)
  const target: Target = {
    grid: work.grid,
    later: laterGrids(bundle, work.grid),
    rules,
    still: isRegistrationSpacing(spacing)
      ? work
      : resample(fixed.volume, coarseGrid(fixed.volume.grid, REGISTRATION_SPACING_MM)),
  }
  const still = {
    channel: normalise(work, rules, reference),
    later: target.later.map((grid) => resample(fixed.volume, grid)),
  }
  const usable = SEQUENCES.flatMap((sequence) => (bundle.sequences[sequence] && imagesOf(sequence, input.images)) || [])
  const attempts = await Promise.all(
    usable.map((images) => (images === fixed ? { images, ...still } : align(images, target, input.registrar))),
  )
  const aligned = attempts.filter((one) => 'channel' in one)
  const failed = attempts.filter((one) => 'failure' in one)
  const images: Registered<Images>[] = aligned.map((one) => one.images)
  refuseWithout(images, failed, bundle)

  const order = channelOrder(bundle)
  const channels = order.map((sequence) => aligned.find((one) => one.images.sequence === sequence)?.channel ?? null)
  refuseSameImage(channels, order)
  return {
    grid: work.grid,
    images,
    reference: fixed,
    channels,
    imagesOn: (grid) => {
      const nth = target.later.findIndex((one) => isSameGrid(one, grid))
      return order.map((sequence) => {
        const there = aligned.find((one) => one.images.sequence === sequence)
        return there ? (there.later[nth] ?? volumeOn(grid, there.images)) : null
      })
    },
    onReference: images.map((one) =>
      sequenceImage(one.sequence, () => (one.sequence === reference ? fixed.volume : volumeOn(fixed.volume.grid, one))),
    ),
    quality: order.flatMap((sequence) => notesOn(sequence, images, failed)),
  }
}

/** The reference series at the voxel size of the first stage, cut to the head and a margin. */
function cropForeground(
  volume: Volume<Float32Array>,
  spacing: Vec3,
  rules: ForegroundNormalisation,
): Volume<Float32Array> {
  const whole = resample(volume, alignedGrid(volume.grid, spacing))
  const box = foregroundBox(
    whole,
    foregroundThreshold(whole, rules),
    Math.ceil(PREPARATION_LIMITS.foregroundMargin.value / Math.min(...spacing)),
  )
  return cut(whole, box.from, box.to)
}

function volumeOn(grid: Grid, { volume, registration }: Registered<SequenceVolume>): Volume<Float32Array> {
  return resample(volume, grid, registration?.transform ?? IDENTITY)
}

/** The target for the other series. */
interface Target {
  grid: Grid
  /** The grids of later stages that are known beforehand. */
  later: readonly Grid[]
  rules: ForegroundNormalisation
  /** The reference at the voxel size used for registration. */
  still: Volume<Float32Array>
}

interface Aligned<Images extends SequenceVolume> {
  images: Registered<Images>
  channel: Volume<Float32Array>
  /** On the target's later grids, not normalised. */
  later: readonly Volume<Float32Array>[]
}

/** Registers, resamples and normalises one series; an implausible image is reported as a result, since the bundle may do without it. */
async function align<Images extends SequenceVolume>(
  images: Images,
  { grid, later, rules, still }: Target,
  registrar: Registrar,
): Promise<Aligned<Images> | Failed> {
  const { sequence, volume } = images
  try {
    const coarse = coarseGrid(volume.grid, REGISTRATION_SPACING_MM)
    const smooth = prefilter(volume, coarse)
    const registration = await registrar.register(still, interpolate(smooth, coarse), sequence)
    // The filter depends only on the voxel size, so one filtered copy serves all grids that agree in it.
    const on = (one: Grid) =>
      isRegistrationSpacing(one.spacing)
        ? interpolate(smooth, one, registration.transform)
        : resample(volume, one, registration.transform)
    return {
      images: { ...images, registration },
      channel: normalise(on(grid), rules, sequence),
      later: later.map(on),
    }
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'INPUT_IMPLAUSIBLE') throw error
    return { images, failure: error }
  }
}

/** Voxel size (X, Y, Z in mm) and normalisation of the stage that sees the whole head. */
function firstStage({ graph }: Pick<Rules, 'graph'>): { spacing: Vec3; rules: ForegroundNormalisation } {
  const [first] = graph.stages
  const rules = first?.normalisation
  if (!first || !('spacing_mm' in first.grid) || !rules || rules.name === 'mask-zscore')
    throw new AppError('BUNDLE_INVALID', 'the first stage of the bundle has no grid and normalisation of its own')
  return { spacing: first.grid.spacing_mm, rules }
}

/** The grids of later stages that are known beforehand, since they have no box, and that have the voxel size used for registration. */
function laterGrids({ graph }: Pick<Rules, 'graph'>, work: Grid): Grid[] {
  return graph.stages.slice(1).flatMap(({ grid, box }) => {
    if (box || !('spacing_mm' in grid) || !isRegistrationSpacing(grid.spacing_mm)) return []
    return [ownGrid(work, grid.spacing_mm)]
  })
}

/** Throws the first failure if the bundle cannot work with the remaining images. */
function refuseWithout(
  images: readonly SequenceVolume[],
  failed: readonly Failed[],
  { sequences, require_any: any }: Pick<Rules, 'sequences' | 'require_any'>,
): void {
  const enough = !any || any.some((sequence) => imagesOf(sequence, images))
  for (const { images: lost, failure } of failed)
    if (sequences[lost.sequence]?.required || (!enough && any?.includes(lost.sequence))) throw failure
}

function isRegistrationSpacing(spacing: Vec3): boolean {
  return spacing.every((mm) => mm === REGISTRATION_SPACING_MM)
}

/** Key images are large and only the report needs them. */
function sequenceImage(sequence: Sequence, make: () => Volume<Float32Array>): SequenceImage {
  let made: Volume<Float32Array> | undefined
  return {
    sequence,
    get image() {
      made ??= make()
      return made
    },
  }
}
