// The use case, top to bottom: identify, select, retrieve, prepare, segment, measure, encode, save. Effects only through ports.

import { patientIdentity, studyIdentity } from '../dicom/identity.ts'
import type { AnalysisRecord } from '../domain/analysis.ts'
import type { AnalysisResult, ClinicalFacts, QualityNote } from '../domain/finding.ts'
import type { Artifact } from '../domain/ports/analysis-store.ts'
import type { Step } from '../domain/steps.ts'
import type { PatientIdentity, Study, StudyIdentity } from '../domain/study.ts'
import { together } from '../domain/together.ts'
import { targetLesions } from '../inference/lesions/diameters.ts'
import { namedLesions } from '../inference/lesions/redraw.ts'
import { sequencesOf } from '../inference/segmentation/sequence-volume.ts'
import type { AnalyseOptions, AnalysePorts, Run } from './analysis-run.ts'
import { clockNotes, clockOf } from './clock-of-images.ts'
import { confirmedOf } from './confirm-patient.ts'
import { encodeResults } from './encode/encode.ts'
import { imageSetDigest } from './intake.ts'
import { checkIntendedUse } from './intended-use.ts'
import { keepImages } from './keep-images.ts'
import { NO_OTHERS } from './pools.ts'
import { acceptanceNotes, findPredecessor, type Predecessor } from './predecessor.ts'
import { predictFromStudy, withStopped } from './predict.ts'
import { type Compared, compareWithPrior } from './prior/compare.ts'
import { type PatientRecord, readRecord } from './read-record.ts'
import {
  hearImages,
  prepareImages,
  type SegmentedStudy,
  type StudyImages,
  segmentStudy,
  takeImages,
} from './segment-study.ts'
import { inputSeries } from './sequence-images.ts'
import { createStopwatch, type Stopwatch } from './stopwatch.ts'

/**
 * Analyses one registered study and saves the result and artefacts; the record is then "analysed". Throws AppError; by its
 * class the worker decides whether to retry or to hold. A study whose images have changed since it was registered is
 * superseded: the watch registers the new set itself.
 */
export async function analyseStudy(
  ports: AnalysePorts,
  options: AnalyseOptions,
  record: AnalysisRecord,
): Promise<void> {
  const { analyses, turns = NO_OTHERS } = ports
  const { analysisId } = record
  const { time, seconds } = stepsOf(ports, analysisId)
  const run: Run = { ports, options, record, time }
  const study = await turns.retrieve(() => time('identify', () => unchangedStudy(run)))
  if (!study) {
    const text = 'the images of the study changed; the new set is an analysis of its own'
    await analyses.move(analysisId, 'superseded', { text })
    return
  }
  const subject = await admit(run, study)
  const selected = await takeImages(run, study)
  const { images, segmented } = await turns.infer(async () => {
    const prepared = await prepareImages(run, selected)
    return { images: prepared, segmented: await segmentAndHear(run, prepared) }
  })
  // In no pool: it asks archive and store, must not keep others from the networks meanwhile, and must not wait for studies that come.
  const compared = await time('compare', () => compare(run, subject, images, segmented))
  // Compressing takes other threads than the predictions.
  const [, { result, artifacts }] = await together(
    keep(run, images, segmented, compared),
    turns.infer(async () => {
      const predicted = await time('predict', () => predict(run, subject, images, segmented))
      const predecessor = await findPredecessor(analyses, record)
      const made = resultOf(run, { subject, images, segmented, compared, predicted, predecessor })
      const steps = { result: made, images, segmented, predicted, predecessor }
      return { result: made, artifacts: await time('encode', () => encode(run, steps)) }
    }),
  )
  const { segmentation: _voxels, ...reportable } = result
  await analyses.saveResult(analysisId, { ...reportable, times: seconds }, artifacts)
}

/**
 * A contradiction is rare: the networks do not wait until it is ruled out, but nothing they find is used before. To hear the images keeps this
 * thread busy for seconds, in which the networks, in another process, would wait for what they ask of it; so it begins when they ask no more.
 */
async function segmentAndHear(run: Run, prepared: StudyImages): Promise<SegmentedStudy> {
  const { promise: alone, resolve } = Promise.withResolvers<void>()
  const segmenting = segmentStudy(run, prepared, resolve)
  const started = Promise.race([alone, Promise.allSettled([segmenting])])
  const [, segmented] = await together(
    started.then(() => hearImages(run, prepared)),
    segmenting,
  )
  return segmented
}

function stepsOf({ analyses, clock, tracing }: AnalysePorts, analysisId: string): Stopwatch {
  const onStep = (step: Step, seconds?: number) =>
    analyses.note(analysisId, {
      kind: 'step',
      text: seconds === undefined ? `${step} started` : `${step} done in ${seconds.toFixed(1)} s`,
      data: seconds === undefined ? { step } : { step, seconds },
    })
  return createStopwatch(clock, onStep, tracing)
}

/** Undefined if the archive's images differ from those registered. */
async function unchangedStudy({ ports, record }: Run): Promise<Study | undefined> {
  const study = await ports.archive.retrieveMetadata(record.studyInstanceUid)
  return (await imageSetDigest(ports.watch, study)) === record.instanceSetDigest ? study : undefined
}

/** Whose images these are, and what is known of the patient. */
interface Subject extends PatientRecord {
  patient: PatientIdentity
  study: StudyIdentity
  facts: ClinicalFacts | undefined
  /** Notes on a patient for whom the bundle is not intended. */
  population: QualityNote[]
}

/** Throws whatever holds the study because of its patient: missing or mixed identity, outside the intended use, no match, consent refused. */
async function admit({ ports, options, record }: Run, metadata: Study): Promise<Subject> {
  const patient = patientIdentity(metadata)
  const study = studyIdentity(metadata)
  await ports.analyses.describe(record.analysisId, { patient, study })
  const { bundle, outsideIntendedUse: outside, consentRequired } = options
  const population = checkIntendedUse({ study: metadata, patient, identity: study, bundle, outside })
  const ehr = ports.ehr.forStudy({ studyInstanceUid: record.studyInstanceUid })
  const confirmed = confirmedOf(record, patient)
  return { patient, study, population, ...(await readRecord(ehr, study, patient, { consentRequired, confirmed })) }
}

function compare(
  { ports, options, record }: Run,
  { patient, study }: Subject,
  { prepared }: StudyImages,
  { measurements, stated, enhancing }: SegmentedStudy,
): Promise<Compared> {
  const { software, bundle } = options
  const { digest: bundleDigest, modelDigest } = ports.runner.bundle
  const { analysisId } = record
  return compareWithPrior(
    ports,
    {
      result: { analysisId, patient, study, software, measurements, segmentation: stated.labels },
      image: prepared.reference.volume,
      enhancing,
      sequences: sequencesOf(prepared.images),
      bundle: { ...bundle, ...stated.bundle },
      bundleDigest,
      modelDigest,
    },
    options.priors,
  )
}

async function keep(
  { ports: { spool, analyses }, record: { analysisId }, time }: Run,
  { prepared: { onReference: images } }: StudyImages,
  { stated, segments }: SegmentedStudy,
  { earlier }: Compared,
): Promise<void> {
  if (!spool) return
  const result = { analysisId, segmentation: stated.labels, segments }
  await time('keep', () => keepImages({ spool, analyses }, { result, images, earlier }))
}

type Predicted = Awaited<ReturnType<typeof predictFromStudy>>

async function predict(
  { ports, options }: Run,
  { patient, study, facts }: Subject,
  { prepared }: StudyImages,
  { response, labels, noFinding }: SegmentedStudy,
): Promise<Predicted> {
  return predictFromStudy({
    patient,
    studyDate: study.studyDate,
    series: prepared.images.map(({ series }) => series),
    prepared,
    segmented: response,
    labels,
    noFinding,
    facts,
    bundle: withStopped(options.bundle, (await ports.switches?.stopped()) ?? []),
    runner: ports.runner,
  })
}

interface Steps {
  subject: Subject
  images: StudyImages
  segmented: SegmentedStudy
  compared: Compared
  predicted: Predicted
  predecessor: Predecessor | undefined
}

function resultOf({ ports, options, record }: Run, steps: Steps): AnalysisResult {
  const { subject, images, segmented, compared, predicted, predecessor } = steps
  const { selected, prepared } = images
  const { position, stated } = segmented
  const { sequence, series } = prepared.reference
  const sources = selected.images.map((one) => one.series)
  const clock = clockOf(sources, options.timeZone)
  return {
    analysisId: record.analysisId,
    patient: subject.patient,
    study: subject.study,
    bundle: ports.runner.bundle,
    software: options.software,
    decisions: selected.decisions,
    inputs: prepared.images.map((one) => inputSeries(one, sequence)),
    referenceSeriesUid: series.seriesInstanceUid,
    segmentation: stated.labels,
    segments: segmented.segments,
    noFinding: segmented.noFinding,
    measurements: segmented.measurements,
    ...(position && { position }),
    diameters: targetLesions(segmented.enhancing).map(({ diameters }) => diameters),
    lesions: namedLesions(
      stated.labels,
      segmented.segments.map(({ label }) => label),
    ),
    grid: stated.labels.grid,
    ...(compared.comparison && { comparison: compared.comparison }),
    predictions: predicted.predictions,
    ...(subject.treatment && { treatment: subject.treatment }),
    ...(subject.boardRecord && { boardRecord: subject.boardRecord }),
    ...(subject.tissueResults.length > 0 && { tissueResults: subject.tissueResults }),
    quality: [
      ...subject.population,
      ...acceptanceNotes(predecessor),
      ...clockNotes(record.createdAt, sources, clock),
      ...subject.quality,
      ...selected.quality,
      ...stated.withheld.map((said) => ({ code: 'not-evaluable', severity: 'warning' as const, ...said })),
      ...compared.quality,
      ...prepared.quality,
      ...predicted.quality,
    ],
    execution: segmented.response.execution,
    analysedAt: record.createdAt,
    clock,
  }
}

function encode(
  { options }: Run,
  {
    result,
    images,
    segmented,
    predicted,
    predecessor,
  }: Pick<Steps, 'images' | 'segmented' | 'predicted' | 'predecessor'> & { result: AnalysisResult },
): Promise<Artifact[]> {
  const { reference, onReference, images: all } = images.prepared
  const { response, stated } = segmented
  return encodeResults({
    result,
    images: onReference,
    reference,
    others: all.filter(({ sequence }) => sequence !== reference.sequence),
    letterhead: options.letterhead,
    ...(options.publicUrl !== undefined && { publicUrl: options.publicUrl }),
    response: { ...response, probabilities: stated.joined(response.probabilities) },
    saliency: predicted.saliency,
    ...(predecessor ? { predecessor } : {}),
    writeBack: options.writeBack,
  })
}
