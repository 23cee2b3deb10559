// The use case, top to bottom: identify, select, retrieve, prepare, segment, measure, encode, save. Effects only through ports.

import { patientIdentity, studyIdentity } from '../dicom/identity.ts'
import type { VolumeReader } from '../dicom/series-volume.ts'
import type { AnalysisRecord } from '../domain/analysis.ts'
import type { AnalysisResult } from '../domain/finding.ts'
import type { AnalysisStore, PriorAnalyses } from '../domain/ports/analysis-store.ts'
import type { ClinicalRecords } from '../domain/ports/clinical-record.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { ImageArchive } from '../domain/ports/image-archive.ts'
import type { ImageSpool } from '../domain/ports/image-spool.ts'
import type { ModelRunner } from '../domain/ports/model-runner.ts'
import type { WatchStore } from '../domain/ports/watch-store.ts'
import type { DoubtPicture } from '../domain/study.ts'
import { measureLesions, targetLesions } from '../inference/lesions/diameters.ts'
import { evaluableOf } from '../inference/lesions/evaluable.ts'
import { measure } from '../inference/lesions/measure.ts'
import { tumourPosition } from '../inference/lesions/position.ts'
import { brainMask } from '../inference/segmentation/brain-mask.ts'
import { labelsOnGrid } from '../inference/segmentation/postprocess.ts'
import { prepareInputs } from '../inference/segmentation/prepare.ts'
import { withDeviations } from '../inference/segmentation/sample-spread.ts'
import { sequencesOf } from '../inference/segmentation/sequence-volume.ts'
import type { Selection } from '../inference/series/select-series.ts'
import type { Registrar } from '../inference/volumes/rigid.ts'
import type { Letterhead } from '../reports/page-content.ts'
import { clockNotes, clockOf } from './clock-of-images.ts'
import { confirmedOf } from './confirm-patient.ts'
import { encodeResults } from './encode/encode.ts'
import type { WriteBack } from './encode/extras.ts'
import { imageSetDigest } from './intake.ts'
import { checkIntendedUse, type OutsideIntendedUse } from './intended-use.ts'
import { keepImages } from './keep-images.ts'
import { acceptanceNotes, findPredecessor } from './predecessor.ts'
import { predictFromStudy } from './predict.ts'
import { compareWithPrior } from './prior/compare.ts'
import type { PriorSettings } from './prior/find.ts'
import { readRecord } from './read-record.ts'
import { hearPixels } from './second-witness.ts'
import { inputSeries } from './sequence-images.ts'
import { createStopwatch } from './stopwatch.ts'
import { type TakeOptions, takeSeries } from './take-series.ts'

export interface AnalysePorts {
  archive: ImageArchive
  ehr: ClinicalRecords
  analyses: AnalysisStore & PriorAnalyses
  watch: Pick<WatchStore, 'isOwn'>
  runner: ModelRunner
  registrar: Registrar
  /** Absent where a site keeps no images for the pages. */
  spool?: ImageSpool
  readVolume: VolumeReader
  clock: Clock
}

export interface AnalyseOptions extends TakeOptions {
  letterhead: Letterhead
  /** Address under which people reach the pages. */
  publicUrl?: string
  /** IANA time zone of the site: the clock of images that state none. */
  timeZone: string
  writeBack: WriteBack
  priors: PriorSettings
  software: AnalysisResult['software']
  /** Of a patient for whom the bundle is not meant. */
  outsideIntendedUse: OutsideIntendedUse
  /** No analysis without having read the patient's consent. */
  consentRequired: boolean
}

/**
 * Analyses one registered study and saves result and artefacts; the record is then "analysed".
 * Throws AppError: the worker decides by its class whether to try again or to hold. A study whose images changed since
 * it was registered is superseded, since the watch registers the new set by itself.
 */
export async function analyseStudy(
  ports: AnalysePorts,
  options: AnalyseOptions,
  record: AnalysisRecord,
): Promise<void> {
  const { analyses, archive } = ports
  const { analysisId, studyInstanceUid } = record
  const stopwatch = createStopwatch(ports.clock, (step, seconds) =>
    analyses.note(analysisId, {
      kind: 'step',
      text: seconds === undefined ? `${step} started` : `${step} done in ${seconds.toFixed(1)} s`,
      data: seconds === undefined ? { step } : { step, seconds },
    }),
  )

  const study = await stopwatch.time('identify', async () => {
    const metadata = await archive.retrieveMetadata(studyInstanceUid)
    return (await imageSetDigest(ports.watch, metadata)) === record.instanceSetDigest ? metadata : undefined
  })
  if (!study) {
    await analyses.move(analysisId, 'superseded', {
      text: 'the images of the study changed; the new set is an analysis of its own',
    })
    return
  }
  const patient = patientIdentity(study)
  const identity = studyIdentity(study)
  await analyses.describe(analysisId, { patient, study: identity })
  const { bundle, outsideIntendedUse: outside } = options
  const population = checkIntendedUse({ study, patient, identity, bundle, outside })
  const confirmed = confirmedOf(record, patient)
  const known = await readRecord(ports.ehr.forStudy({ studyInstanceUid }), identity, patient, {
    consentRequired: options.consentRequired,
    confirmed,
  })

  const onSelection = ({ decisions }: Pick<Selection, 'decisions'>) => analyses.describe(analysisId, { decisions })
  const show = (pictures: DoubtPicture[]) => analyses.describe(analysisId, { pictures })
  const series = await takeSeries({ ...ports, time: stopwatch.time, onSelection, show }, study, options)
  const sources = series.images.map((one) => one.series)
  const clock = clockOf(sources, options.timeZone)

  const prepared = await stopwatch.time('prepare', () =>
    prepareInputs({ ...series, bundle: options.bundle, registrar: ports.registrar }),
  )
  await hearPixels(prepared, series.decisions, show)
  const { images, reference } = prepared
  const response = await stopwatch.time('segment', () => ports.runner.segment(prepared))

  const { labels, noFinding } = labelsOnGrid(response.probabilities, response.grid, reference.plan.grid, options.bundle)
  const stated = evaluableOf(labels, options.bundle, sequencesOf(images))
  const { segments, measurements, enhancing } = await stopwatch.time('measure', () => {
    const measured = measure(stated.labels, stated.bundle)
    return {
      ...measured,
      enhancing: measureLesions(stated.labels, stated.bundle.regions.ET ?? []),
      measurements: withDeviations(measured.measurements, response.samples, response.grid, options.bundle),
    }
  })
  const compared = await stopwatch.time('compare', () =>
    compareWithPrior(
      ports,
      {
        result: {
          analysisId,
          patient,
          study: identity,
          software: options.software,
          measurements,
          segmentation: stated.labels,
        },
        image: reference.volume,
        enhancing,
        sequences: sequencesOf(images),
        bundle: { ...options.bundle, ...stated.bundle },
        bundleDigest: ports.runner.bundle.digest,
        modelDigest: ports.runner.bundle.modelDigest,
      },
      options.priors,
    ),
  )
  const predicted = await stopwatch.time('predict', () =>
    predictFromStudy({
      patient,
      studyDate: identity.studyDate,
      series: images.map((one) => one.series),
      prepared,
      segmented: response,
      labels,
      noFinding,
      facts: known.facts,
      bundle: options.bundle,
      runner: ports.runner,
    }),
  )

  const brain = brainMask(response.probabilities, response.grid, options.bundle)
  const position = noFinding ? undefined : tumourPosition(labels, brain)
  const predecessor = await findPredecessor(analyses, record)
  const result: AnalysisResult = {
    analysisId,
    patient,
    study: identity,
    bundle: ports.runner.bundle,
    software: options.software,
    decisions: series.decisions,
    inputs: images.map((one) => inputSeries(one, reference.sequence)),
    referenceSeriesUid: reference.series.seriesInstanceUid,
    segmentation: stated.labels,
    segments,
    noFinding,
    measurements,
    ...(position && { position }),
    diameters: targetLesions(enhancing).map(({ diameters }) => diameters),
    ...(compared.comparison && { comparison: compared.comparison }),
    predictions: predicted.predictions,
    ...(known.tissueResults.length > 0 && { tissueResults: known.tissueResults }),
    quality: [
      ...population,
      ...acceptanceNotes(predecessor),
      ...clockNotes(record.createdAt, sources, clock),
      ...known.quality,
      ...series.quality,
      ...stated.withheld.map((text) => ({ code: 'not-evaluable', severity: 'warning' as const, text: `${text}.` })),
      ...compared.quality,
      ...prepared.quality,
      ...predicted.quality,
    ],
    execution: response.execution,
    analysedAt: record.createdAt,
    clock,
  }
  const artifacts = await stopwatch.time('encode', async () => {
    return encodeResults({
      result,
      images: prepared.onReference,
      reference,
      others: images.filter(({ sequence }) => sequence !== reference.sequence),
      letterhead: options.letterhead,
      ...(options.publicUrl !== undefined && { publicUrl: options.publicUrl }),
      response: { ...response, probabilities: stated.joined(response.probabilities) },
      saliency: predicted.saliency,
      ...(predecessor ? { predecessor } : {}),
      writeBack: options.writeBack,
    })
  })
  const { spool } = ports
  if (spool) {
    const input = { result, images: prepared.onReference, earlier: compared.earlier }
    await stopwatch.time('keep', () => keepImages({ spool, analyses }, input))
  }
  const { segmentation: _voxels, ...reportable } = result
  await analyses.saveResult(analysisId, { ...reportable, times: stopwatch.seconds }, artifacts)
}
