// The step that compares a study with the patient's earlier one. What the catalogue of errors names is a quality note with the reason, never more.

import { planSeries, type VolumeReader } from '../../dicom/series-volume.ts'
import { trackingOf } from '../../dicom/tracking.ts'
import type { Comparison } from '../../domain/comparison.ts'
import { foreseen } from '../../domain/errors.ts'
import type { AnalysisResult, QualityNote, SequenceImage } from '../../domain/finding.ts'
import type { AnalysisStore, PriorAnalyses } from '../../domain/ports/analysis-store.ts'
import type { ImageArchive } from '../../domain/ports/image-archive.ts'
import type { ImageSpool } from '../../domain/ports/image-spool.ts'
import type { Sequence } from '../../domain/study.ts'
import type { Grid, LabelVolume, Volume } from '../../domain/volume.ts'
import { courseAfter } from '../../domain/volume-course.ts'
import type { Bundle } from '../../inference/bundle/manifest.ts'
import { compareStudies, type EarlierPoint, type TimePoint } from '../../inference/lesions/compare-studies.ts'
import { type MeasuredLesion, measureLesions } from '../../inference/lesions/diameters.ts'
import { LESION_LIMITS } from '../../inference/lesions/lesion-limits.ts'
import { carry } from '../../inference/lesions/link-lesions.ts'
import { resample } from '../../inference/volumes/resample.ts'
import type { Registrar } from '../../inference/volumes/rigid.ts'
import { comparedSentence } from '../../wording/comparison.ts'
import { remark } from '../../wording/remarks.ts'
import { fullStop } from '../../wording/sentences.ts'
import { retrieveVolume } from '../retrieve-volume.ts'
import { type ArchivedPrior, findArchived, loadArchived } from './archived.ts'
import { type FoundPrior, findPrior, type PriorSearch, type PriorSettings } from './find.ts'
import { type EarlierAnalysis, earlierLabels, loadKept, requireStanding } from './load.ts'

export interface ComparePorts {
  archive: Omit<ImageArchive, 'store'>
  analyses: PriorAnalyses & Pick<AnalysisStore, 'byStudy' | 'artifact' | 'result'>
  registrar: Registrar
  readVolume: VolumeReader
  /** Where the pages' images are kept; absent where a site keeps none. */
  spool?: Pick<ImageSpool, 'sequences'>
}

/** The earlier study as the pages show it beside the present one. */
export interface EarlierImages {
  analysisId: string
  studyDate: string
  /** All that is at hand: what was kept of the earlier analysis, else its reference series alone. */
  onGrid(grid: Grid): Promise<{ images: SequenceImage[]; labels: LabelVolume }>
}

export interface CompareInput {
  result: Pick<AnalysisResult, 'analysisId' | 'patient' | 'study' | 'software' | 'measurements' | 'segmentation'>
  /** The reference series on its own grid. */
  image: Volume<Float32Array>
  /** The enhancing lesions of the present study, measured once for the result and this. */
  enhancing: readonly MeasuredLesion[]
  sequences: readonly Sequence[]
  bundle: Bundle
  bundleDigest: string
  modelDigest: string
}

export interface Compared {
  comparison?: Comparison
  earlier?: EarlierImages
  quality: QualityNote[]
}

/** Nothing at all when the patient has no earlier study that we analysed, by our store or else by the archive. */
export async function compareWithPrior(
  ports: ComparePorts,
  input: CompareInput,
  settings: PriorSettings,
): Promise<Compared> {
  if (!settings.enabled) return { quality: [] }
  const { patient, study, software } = input.result
  try {
    const { bundleDigest, modelDigest } = input
    const query = { studyInstanceUid: study.studyInstanceUid, patient, study, bundleDigest, modelDigest }
    const kept: PriorSearch<FoundPrior | ArchivedPrior> = await findPrior(ports.analyses, query, settings)
    const { prior, passedOver } = kept.prior
      ? kept
      : { ...kept, ...(await findArchived(ports, { ...query, software }, settings)) }
    const passed = passedOver ? [notCompared(passedOver.study.studyDate, passedOver.reason)] : []
    if (!prior) return { quality: passed }
    const compared = await compareWith(ports, input, prior).catch((error) => ({
      quality: [notCompared(prior.study.studyDate, foreseen(error).message)],
    }))
    return { ...compared, quality: [...compared.quality, ...passed] }
  } catch (error) {
    return {
      quality: [note('warning', remark('priors-not-searched', { error: fullStop(foreseen(error).message) }))],
    }
  }
}

async function compareWith(
  { archive, analyses, registrar, readVolume, spool }: ComparePorts,
  input: CompareInput,
  prior: FoundPrior | ArchivedPrior,
): Promise<Compared> {
  const { study, days } = prior
  const { studyInstanceUid } = study
  const earlier =
    'record' in prior ? await loadKept(analyses, prior.record) : await loadArchived(archive, prior, input.bundle)
  const metadata = 'record' in prior ? await archive.retrieveMetadata(studyInstanceUid) : prior.metadata
  const { reference, objects } = requireStanding(metadata, earlier, input.result.patient)
  const plan = planSeries(reference)
  const image = await retrieveVolume({ archive, readVolume }, studyInstanceUid, plan)
  const { labels, trackings } = earlierLabels(earlier, plan.grid)
  const now: TimePoint = {
    image: input.image,
    labels: input.result.segmentation,
    measurements: input.result.measurements,
    enhancing: input.enhancing,
    tracking: (key) => trackingOf({ analysisId: input.result.analysisId }, key),
  }
  const before: EarlierPoint = {
    image,
    labels,
    measurements: earlier.result.measurements,
    enhancing: measureLesions(labels, input.bundle.regions.ET ?? []),
    tracking: (key) => trackings.get(key) ?? trackingOf(earlier.result, key),
  }
  const { presentToPrior, ...compared } = await compareStudies({
    now,
    earlier: before,
    bundle: input.bundle,
    registrar,
  })
  const limits = limitsOf(input, earlier.result, image)
  const comparison: Comparison = {
    prior: {
      analysisId: earlier.result.analysisId,
      studyInstanceUid,
      studyDate: study.studyDate,
      studyTime: study.studyTime,
      objects,
    },
    days,
    course: courseAfter({ ...earlier.result, study: { studyInstanceUid, studyDate: study.studyDate } }),
    ...compared,
    response: limits.noCategory ? withoutCategory(compared.response, limits.noCategory) : compared.response,
  }
  const edited = earlier.edited ? [note('info', remark('prior-edited'))] : []
  const images: EarlierImages = {
    analysisId: earlier.result.analysisId,
    studyDate: study.studyDate,
    async onGrid(grid) {
      const kept = (await spool?.sequences(earlier.result.analysisId)) ?? []
      const sequence = earlier.result.inputs.find(
        ({ seriesInstanceUid }) => seriesInstanceUid === earlier.result.referenceSeriesUid,
      )?.sequence
      const own = kept.length > 0 || !sequence ? kept : [{ sequence, image }]
      return {
        images: own.map((one) => ({ sequence: one.sequence, image: resample(one.image, grid, presentToPrior) })),
        labels: carry(labels, grid, presentToPrior, (length) => new Uint8Array(length)),
      }
    },
  }
  return { comparison, earlier: images, quality: [summary(comparison), ...limits.quality, ...edited] }
}

/** What makes a comparison weaker than it looks. */
function limitsOf({ image, sequences }: CompareInput, earlier: EarlierAnalysis['result'], earlierImage: Volume) {
  const before = earlier.inputs.map(({ sequence }) => sequence)
  const [thickest, thickestBefore] = [Math.max(...image.grid.spacing), Math.max(...earlierImage.grid.spacing)]
  const sameSequences = before.length === sequences.length && before.every((sequence) => sequences.includes(sequence))
  const contrast = before.includes('T1c') && sequences.includes('T1c')
  return {
    ...(!contrast && { noCategory: 'Images after contrast medium are missing at one of the two times.' }),
    quality: [
      ...(sameSequences ? [] : [note('warning', remark('prior-other-sequences', { earlier: before }))]),
      ...(Math.max(thickest / thickestBefore, thickestBefore / thickest) < LESION_LIMITS.thicker.value
        ? []
        : [note('warning', remark('prior-other-slices', { now: thickest, earlier: thickestBefore }))]),
    ],
  }
}

function withoutCategory(
  { category: _category, possible: _possible, ...rest }: Comparison['response'],
  reason: string,
): Comparison['response'] {
  return { ...rest, reasons: [reason] }
}

function summary(comparison: Comparison): QualityNote {
  // The comparison itself is in the result, so the report says it anew.
  return note('info', { text: comparedSentence(comparison) }, 'prior-compared')
}

function notCompared(studyDate: string, reason: string): QualityNote {
  return note('warning', remark('prior-not-compared', { date: studyDate, error: fullStop(reason) }))
}

function note(
  severity: QualityNote['severity'],
  said: Pick<QualityNote, 'text' | 'said'>,
  code = 'prior-not-compared',
): QualityNote {
  return { code, severity, ...said }
}
