// From volumes as scanned to network channels: working grid, registration to the reference series, resampling, normalisation.
import { AppError } from '../../domain/errors.ts'
import type { QualityNote, SequenceImage } from '../../domain/finding.ts'
import { SEQUENCES, type Sequence } from '../../domain/study.ts'
import type { Grid, Vec3, Volume } from '../../domain/volume.ts'
import { type BundleManifest, channelOrder } from '../bundle/manifest.ts'
import { alignedGrid, coarseGrid, headBox, subGrid } from '../volumes/grids.ts'
import { interpolate, prefilter, resample } from '../volumes/resample.ts'
import { IDENTITY, type Registrar, type Registration } from '../volumes/rigid.ts'
import { headThreshold, normalise } from './normalise.ts'
import { refuseSameImage } from './same-image.ts'

export type Volumes = Partial<Record<Sequence, Volume<Float32Array>>>

export interface PrepareInput {
  /** Each sequence on its own grid. */
  volumes: Volumes
  /** The sequence that the others are aligned with, and on whose grid the segmentation will lie. */
  reference: Sequence
  bundle: Pick<BundleManifest, 'sequences' | 'preprocess'>
  registrar: Registrar
}

export interface Prepared {
  /** LPS-aligned, the bundle's spacing: the head as the reference series shows it, with a margin. */
  grid: Grid
  /** In the bundle's channel order; null where the study lacks the sequence. */
  channels: (Volume<Float32Array> | null)[]
  /** Of every sequence except the reference. */
  registrations: Partial<Record<Sequence, Registration>>
  /** Every sequence on the reference series' own grid; each image is made when it is first asked for, and kept. */
  onReference: SequenceImage[]
  quality: QualityNote[]
}

/** mm around the head that stay in the working grid, so that windows see some background. */
const MARGIN_MM = 10
const REGISTRATION_SPACING_MM = 2

/**
 * Prepares the network's input. The working grid covers the head in the reference series; a moving series contributes where it
 * covers that box and is 0 elsewhere. Every other series is registered, also when its headers claim the same frame of
 * reference, since patients move. Throws INPUT_IMPLAUSIBLE for empty or constant images, failed registrations, and two sequences
 * that show the same image.
 */
export async function prepareInputs({ volumes, reference, bundle, registrar }: PrepareInput): Promise<Prepared> {
  const fixed = volumes[reference]
  if (!fixed) throw new AppError('INPUT_IMPLAUSIBLE', `there is no ${reference} volume to refer to`)
  const spacing = bundle.preprocess.spacing_mm as Vec3
  const rules = bundle.preprocess.normalisation
  const whole = resample(fixed, alignedGrid(fixed.grid, spacing))
  const box = headBox(whole, headThreshold(whole, rules), Math.ceil(MARGIN_MM / Math.min(...spacing)))
  const grid = subGrid(whole.grid, box.from, box.to)
  const work = resample(whole, grid)

  const wanted = SEQUENCES.filter((sequence) => bundle.sequences[sequence] && volumes[sequence])
  const still = isRegistrationSpacing(spacing) ? work : resample(fixed, coarseGrid(fixed.grid, REGISTRATION_SPACING_MM))
  const registrations: Prepared['registrations'] = {}
  const onWork: Volumes = { [reference]: work }
  await Promise.all(
    wanted
      .filter((sequence) => sequence !== reference)
      .map(async (sequence) => {
        const moving = volumes[sequence]!
        const coarse = coarseGrid(moving.grid, REGISTRATION_SPACING_MM)
        const smooth = prefilter(moving, coarse)
        const found = await registrar.register(still, interpolate(smooth, coarse), sequence)
        registrations[sequence] = found
        // The filter depends on the spacing alone, so one filtered copy serves both grids when they agree in it.
        onWork[sequence] = isRegistrationSpacing(spacing)
          ? interpolate(smooth, grid, found.transform)
          : resample(moving, grid, found.transform)
      }),
  )
  const transformOf = (sequence: Sequence) => registrations[sequence]?.transform ?? IDENTITY

  const channels = channelOrder(bundle).map((sequence) => {
    const image = onWork[sequence]
    return image ? normalise(image, rules, sequence) : null
  })
  refuseSameImage(channels, channelOrder(bundle))
  const onReference = wanted.map((sequence) =>
    sequenceImage(sequence, () =>
      sequence === reference ? fixed : resample(volumes[sequence]!, fixed.grid, transformOf(sequence)),
    ),
  )
  const ordered = Object.fromEntries(wanted.flatMap((s) => (registrations[s] ? [[s, registrations[s]]] : [])))
  return { grid, channels, registrations: ordered, onReference, quality: qualityNotes(volumes, registrations, bundle) }
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
    const thickest = Math.max(...volume.grid.spacing)
    if (thickest > 4) {
      notes.push({
        code: 'thick-slices',
        severity: 'info',
        text: `${sequence} has slices ${thickest.toFixed(1)} mm apart; small lesions may be missed.`,
      })
    }
    const motion = registrations[sequence]
    if (motion && (motion.translationMm > 5 || motion.rotationDegrees > 5)) {
      const moved = `${motion.translationMm.toFixed(1)} mm and ${motion.rotationDegrees.toFixed(1)}°`
      notes.push({
        code: 'patient-movement',
        severity: 'info',
        text: `${sequence} was moved by ${moved} to match the reference series.`,
      })
    }
  }
  return notes
}
