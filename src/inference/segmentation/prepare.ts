// From volumes as scanned to the first stage's channels: working grid, registration to the reference series, resampling, normalisation.

import { AppError } from '../../domain/errors.ts'
import type { QualityNote, SequenceImage } from '../../domain/finding.ts'
import { SEQUENCES, type Sequence } from '../../domain/study.ts'
import type { Grid, Vec3, Volume } from '../../domain/volume.ts'
import { millimetres, movement } from '../../wording/quantities.ts'
import { type BundleManifest, channelOrder } from '../bundle/manifest.ts'
import type { HeadNormalisation } from '../bundle/normalisation.ts'
import { alignedGrid, coarseGrid, headBox, subGrid } from '../volumes/grids.ts'
import { interpolate, prefilter, resample } from '../volumes/resample.ts'
import { IDENTITY, REGISTRATION_SPACING_MM, type Registrar, type Registration } from '../volumes/rigid.ts'
import { headThreshold, normalise } from './normalise.ts'
import { refuseSameImage } from './same-image.ts'

export type Volumes = Partial<Record<Sequence, Volume<Float32Array>>>

/** What preparation reads of a bundle. */
type Rules = Pick<BundleManifest, 'sequences' | 'require_any' | 'graph'>

export interface PrepareInput {
  /** Each sequence on its own grid. */
  volumes: Volumes
  /** The sequence that the others are aligned with, and on whose grid the segmentation will lie. */
  reference: Sequence
  bundle: Rules
  registrar: Registrar
}

export interface Prepared {
  /** LPS-aligned, the spacing of the bundle's first stage: the head as the reference series shows it, with a margin. */
  grid: Grid
  /** The sequences that are used, in the order of the domain: those of the study that the bundle takes and that could be aligned. */
  sequences: Sequence[]
  /** In the bundle's channel order, normalised for its first stage; null for a sequence that is not used. */
  channels: (Volume<Float32Array> | null)[]
  /** The same on another grid, as resampled, not normalised. */
  imagesOn: (grid: Grid) => (Volume<Float32Array> | null)[]
  /** Of every sequence except the reference. */
  registrations: Partial<Record<Sequence, Registration>>
  /** Every sequence on the reference series' own grid; each image is made when it is first asked for, and kept. */
  onReference: SequenceImage[]
  quality: QualityNote[]
}

/** mm around the head that stay in the working grid, so that windows see some background. */
const MARGIN_MM = 10

/**
 * Prepares the networks' input. The working grid covers the head in the reference series; a moving series contributes where it
 * covers that box and is 0 elsewhere. Every other series is registered once, also when its headers claim the same frame of
 * reference, since patients move. One that the bundle can do without and that cannot be aligned, or that shows nothing within the
 * head, is left out with a note. Throws INPUT_IMPLAUSIBLE for empty or constant images and failed registrations of those that it
 * cannot do without, and for two sequences that show the same image.
 */
export async function prepareInputs({ volumes, reference, bundle, registrar }: PrepareInput): Promise<Prepared> {
  const fixed = volumes[reference]
  if (!fixed) throw new AppError('INPUT_IMPLAUSIBLE', `there is no ${reference} volume to refer to`)
  const { spacing, rules } = firstStage(bundle)
  const whole = resample(fixed, alignedGrid(fixed.grid, spacing))
  const box = headBox(whole, headThreshold(whole, rules), Math.ceil(MARGIN_MM / Math.min(...spacing)))
  const grid = subGrid(whole.grid, box.from, box.to)
  const work = resample(whole, grid)

  const usable = SEQUENCES.filter((sequence) => bundle.sequences[sequence] && volumes[sequence])
  const still = isRegistrationSpacing(spacing) ? work : resample(fixed, coarseGrid(fixed.grid, REGISTRATION_SPACING_MM))
  const registrations: Prepared['registrations'] = {}
  const normalised: Volumes = { [reference]: normalise(work, rules, reference) }
  const failures: Partial<Record<Sequence, AppError>> = {}
  await Promise.all(
    usable
      .filter((sequence) => sequence !== reference)
      .map(async (sequence) => {
        try {
          const moving = volumes[sequence]!
          const coarse = coarseGrid(moving.grid, REGISTRATION_SPACING_MM)
          const smooth = prefilter(moving, coarse)
          const found = await registrar.register(still, interpolate(smooth, coarse), sequence)
          // The filter depends on the spacing alone, so one filtered copy serves both grids when they agree in it.
          const onWork = isRegistrationSpacing(spacing)
            ? interpolate(smooth, grid, found.transform)
            : resample(moving, grid, found.transform)
          normalised[sequence] = normalise(onWork, rules, sequence)
          registrations[sequence] = found
        } catch (error) {
          if (!(error instanceof AppError) || error.code !== 'INPUT_IMPLAUSIBLE') throw error
          failures[sequence] = error
        }
      }),
  )
  const sequences = usable.filter((sequence) => normalised[sequence])
  refuseWithout(sequences, failures, bundle)
  const imageOn = (sequence: Sequence, target: Grid) =>
    resample(volumes[sequence]!, target, registrations[sequence]?.transform ?? IDENTITY)

  const order = channelOrder(bundle)
  const channels = order.map((sequence) => normalised[sequence] ?? null)
  refuseSameImage(channels, order)
  const onReference = sequences.map((sequence) =>
    sequenceImage(sequence, () => (sequence === reference ? fixed : imageOn(sequence, fixed.grid))),
  )
  const ordered = Object.fromEntries(sequences.flatMap((s) => (registrations[s] ? [[s, registrations[s]]] : [])))
  return {
    grid,
    sequences,
    channels,
    imagesOn: (target) => order.map((sequence) => (normalised[sequence] ? imageOn(sequence, target) : null)),
    registrations: ordered,
    onReference,
    quality: qualityNotes(volumes, failures, registrations, bundle),
  }
}

/** Voxels (X, Y, Z in mm) and normalisation of the stage that sees the whole head. */
function firstStage({ graph }: Pick<Rules, 'graph'>): { spacing: Vec3; rules: HeadNormalisation } {
  const [first] = graph.stages
  const rules = first?.normalisation
  if (!first || !('spacing_mm' in first.grid) || !rules || rules.name === 'mask-zscore')
    throw new AppError('BUNDLE_INVALID', 'the first stage of the bundle has no grid and normalisation of its own')
  return { spacing: first.grid.spacing_mm, rules }
}

/** Throws the first failure when the bundle cannot do with what is left. */
function refuseWithout(
  available: readonly Sequence[],
  failures: Partial<Record<Sequence, AppError>>,
  { sequences, require_any: any }: Pick<Rules, 'sequences' | 'require_any'>,
): void {
  const enough = !any || any.some((sequence) => available.includes(sequence))
  for (const sequence of SEQUENCES) {
    const failure = failures[sequence]
    if (failure && (sequences[sequence]?.required || (!enough && any?.includes(sequence)))) throw failure
  }
}

function isRegistrationSpacing(spacing: Vec3): boolean {
  return spacing.every((mm) => mm === REGISTRATION_SPACING_MM)
}

/** Key images are large and only the report wants them. */
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

function qualityNotes(
  volumes: Volumes,
  failures: Partial<Record<Sequence, AppError>>,
  registrations: Prepared['registrations'],
  bundle: Pick<BundleManifest, 'sequences'>,
): QualityNote[] {
  const notes: QualityNote[] = []
  for (const sequence of channelOrder(bundle)) {
    const volume = volumes[sequence]
    if (!volume) {
      notes.push({
        code: 'sequence-missing',
        severity: 'warning',
        text: `The study has no usable ${sequence} series; the model ran without it.`,
      })
      continue
    }
    const failure = failures[sequence]
    if (failure) {
      notes.push({
        code: 'sequence-left-out',
        severity: 'warning',
        text: `${sequence} was left out, and the model ran without it: ${failure.message}.`,
      })
      continue
    }
    const thickest = Math.max(...volume.grid.spacing)
    if (thickest > 4) {
      notes.push({
        code: 'thick-slices',
        severity: 'info',
        text: `${sequence} has slices ${millimetres(thickest)} mm apart; small lesions may be missed.`,
      })
    }
    const motion = registrations[sequence]
    if (motion && (motion.translationMm > 5 || motion.rotationDegrees > 5)) {
      notes.push({
        code: 'patient-movement',
        severity: 'info',
        text: `${sequence} was moved by ${movement(motion)} to match the reference series.`,
      })
    }
  }
  return notes
}
