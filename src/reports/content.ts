// What the page says: a reportable result as sections of plain strings, in reading order; no layout, no IO.
import { CATEGORY_NAMES, signed } from '../domain/comparison.ts'
import {
  type EvaluatedPrediction,
  HEADS,
  type Measurement,
  type Prediction,
  type TissueResult,
} from '../domain/finding.ts'
import type { ReportableResult } from '../domain/ports.ts'
import { evidenceSentences, likelihoodOf } from '../domain/prediction-words.ts'
import { type Edit, editSentence, type Review, reviewSentence, statusOf } from '../domain/review.ts'
import { tissueOf } from '../domain/tissue.ts'
import { type ContributionChart, contributionCharts, type SurvivalCurve, survivalCurve } from './chart-content.ts'
import { overlayOf } from './colours.ts'
import {
  capital,
  millilitres,
  percentWithInterval,
  readDate,
  readInstant,
  readName,
  readTime,
  shortDigest,
} from './format.ts'
import * as words from './wording/en.ts'

export interface Field {
  label: string
  value: string
}

export interface VolumeRow {
  region: string
  name: string
  value: string
  /** Empty when the bundle has no estimate. */
  deviation: string
  /** Against an earlier study; absent without one, or where it did not measure this. */
  change?: { earlier: string; text: string }
  /** Colour of the outline that this row measures; absent for sums of several. */
  colour?: string
}

export interface PredictionRow {
  name: string
  status: 'evaluable' | 'indeterminate' | 'not-evaluable'
  /** The result is that of a tissue test. */
  isTissue?: boolean
  /** The call, "indeterminate" or "not evaluable". */
  result: string
  /** The classes that an indeterminate head cannot tell apart, or the risk group; empty where there is none. */
  detail: string
  /** Why there is no call, or what the data can show of one; below the probabilities, where there are some. */
  reason: string
  /** Most probable first; months in order. Of two classes only the first, since the second is its rest. */
  lines: ProbabilityLine[]
}

export interface ProbabilityLine {
  label: string
  /** "91 % (84–96)" */
  text: string
  probability: number
  interval?: readonly [number, number]
}

export interface ReportContent {
  title: string
  status: string
  /** A reviewer rejected the result: the page says so, and shows no value. */
  isWithdrawn: boolean
  /** The name in up to three writings, as the archive has them. */
  patientNames: string[]
  patientFields: Field[]
  studyFields: Field[]
  summary: string
  volumes: VolumeRow[]
  /** One sentence on the lesions' diameters; empty without any. */
  diameters: string
  predictions: PredictionRow[]
  charts: ContributionChart[]
  curve: SurvivalCurve | undefined
  quality: { warning: boolean; text: string }[]
  series: { sequence: string; description: string; detail: string }[]
  statement: string[]
  provenance: Field[]
}

/** All text of the report except what belongs to the pictures; `result` is as the reviewer left it. */
export function writeContent(result: ReportableResult, review?: Review): ReportContent {
  const content = writeResult(result)
  if (!review) return content
  const isWithdrawn = review.decision === 'reject'
  const measured = review.edits.map(({ target }) => target).filter((target) => target.startsWith('measurement.'))
  const [, ...unchanged] = content.statement
  const standing =
    measured.length === 0
      ? unchanged
      : unchanged.map((one) => (one === words.OUTLINES ? words.CORRECTED_OUTLINES : one))
  const corrections = review.edits.map((edit) => ({
    warning: true,
    text: `${editedName(result, edit)}: ${editSentence(review, edit)}`,
  }))
  return {
    ...content,
    isWithdrawn,
    status: words.REVIEWED_STATUS[statusOf(review)],
    ...(isWithdrawn && { summary: reviewSentence(review) }),
    quality: [...corrections, ...content.quality],
    statement: isWithdrawn ? [words.WITHDRAWN] : [reviewSentence(review), ...standing],
    volumes: content.volumes.map((row) =>
      measured.includes(`measurement.${row.region}`) ? { ...row, deviation: words.CORRECTED } : row,
    ),
    provenance: [...content.provenance, { label: words.LABELS.reviewedAt, value: readInstant(review.at) }],
  }
}

/** "Enhancing tumour" of "measurement.ET", "IDH" of "prediction.idh" */
function editedName({ measurements }: ReportableResult, { target }: Edit): string {
  const measured = measurements.find(({ region }) => target === `measurement.${region}`)
  if (measured) return capital(measured.name)
  const head = HEADS.find((one) => target === `prediction.${one}`)
  return head ? words.HEAD_NAMES[head] : target
}

function writeResult(result: ReportableResult): ReportContent {
  return {
    title: words.TITLE,
    status: words.STATUS,
    isWithdrawn: false,
    patientNames: namesOf(result.patient.patientName),
    patientFields: patientFields(result),
    studyFields: studyFields(result),
    summary: `${result.noFinding ? words.NO_FINDING : words.foundSentence(leadingVolumes(result.measurements))}${sinceEarlier(result)}`,
    volumes: volumeRows(result),
    diameters: words.diametersSentence(result.diameters ?? []),
    predictions: HEADS.map((head) =>
      withTissue(
        predictionRow(
          result.predictions.find((p) => p.head === head) ?? {
            head,
            status: 'not-evaluable',
            reason: words.NO_PREDICTION,
          },
        ),
        tissueOf(result.tissueResults, head)[0],
      ),
    ),
    charts: contributionCharts(result.predictions),
    curve: survivalCurve(result.predictions),
    // Warnings first: what is cut when space ends must be the least important.
    quality: [...result.quality]
      .sort((a, b) => Number(b.severity === 'warning') - Number(a.severity === 'warning'))
      .map((note) => ({ warning: note.severity === 'warning', text: note.text })),
    series: seriesRows(result),
    statement: [...words.STATEMENT, words.intendedUse(result.bundle.intendedUse)],
    provenance: provenance(result),
  }
}

function stated(value: string): string {
  return value.trim() === '' ? words.NOT_STATED : value.trim()
}

function namesOf(pn: string): string[] {
  const { alphabetic, ideographic, phonetic } = readName(pn)
  const names = [alphabetic, ideographic, phonetic].filter((name) => name !== '')
  return names.length > 0 ? names : [words.NOT_STATED]
}

function patientFields({ patient }: ReportableResult): Field[] {
  const issuer = patient.issuerOfPatientId.trim()
  return [
    { label: words.LABELS.patientId, value: stated(patient.patientId) + (issuer === '' ? '' : ` (${issuer})`) },
    { label: words.LABELS.birthDate, value: stated(readDate(patient.patientBirthDate)) },
    { label: words.LABELS.sex, value: words.SEXES[patient.patientSex] ?? stated(patient.patientSex) },
  ]
}

function studyFields({ study }: ReportableResult): Field[] {
  const issuer = study.issuerOfAccessionNumber.trim()
  const when = [readDate(study.studyDate), readTime(study.studyTime)].filter((part) => part !== '').join(' ')
  const referrer = readName(study.referringPhysicianName)
  return [
    { label: words.LABELS.description, value: stated(study.studyDescription) },
    { label: words.LABELS.studyDate, value: stated(when) },
    { label: words.LABELS.accession, value: stated(study.accessionNumber) + (issuer === '' ? '' : ` (${issuer})`) },
    { label: words.LABELS.referrer, value: stated(referrer.alphabetic || referrer.ideographic) },
  ]
}

/** Region of a measurement without the suffix that tells a label from a region of the same name ("ET-label"). */
const segmentKey = (region: string) => region.replace(/-label$/, '')

function leadingVolumes(measurements: Measurement[]): string[] {
  return ['WT', 'TC', 'ET'].flatMap((region) => {
    const found = measurements.find((m) => m.region === region)
    return found ? [`${found.name.toLowerCase()} ${millilitres(found.value)} mL`] : []
  })
}

function sinceEarlier({ comparison }: ReportableResult): string {
  if (!comparison) return ''
  const { category } = comparison.response
  const name = category === undefined ? '' : CATEGORY_NAMES[category]
  return words.sinceSentence(readDate(comparison.prior.studyDate), comparison.days, category, name)
}

function changeOf({ comparison }: ReportableResult, region: string): VolumeRow['change'] {
  const change = comparison?.volumes.find((one) => one.region === region)
  if (!change) return undefined
  const decimals = Math.max(change.earlier, change.now) < 1 ? 2 : 1
  const deviation = change.standardDeviation === undefined ? '?' : change.standardDeviation.toFixed(decimals)
  return { earlier: millilitres(change.earlier), text: `${signed(change.change, decimals)} ± ${deviation}` }
}

function volumeRows(result: ReportableResult): VolumeRow[] {
  const { measurements, segments } = result
  return measurements.map((measurement) => {
    const key = segmentKey(measurement.region)
    const index = segments.findIndex((segment) => segment.key === key)
    const change = changeOf(result, measurement.region)
    return {
      ...(change && { change }),
      region: measurement.region,
      name: measurement.name,
      value: millilitres(measurement.value),
      deviation: measurement.standardDeviation === undefined ? '' : millilitres(measurement.standardDeviation),
      ...(index < 0 ? {} : { colour: overlayOf(key, index).colour }),
    }
  })
}

function predictionRow(prediction: Prediction): PredictionRow {
  const { head, status } = prediction
  const name = words.HEAD_NAMES[head]
  if (prediction.status === 'not-evaluable') {
    return { name, status, result: words.NOT_EVALUABLE, detail: '', reason: prediction.reason, lines: [] }
  }
  const { probabilities, intervals, call } = prediction
  const line = (key: string): ProbabilityLine => {
    const [probability, interval] = [probabilities[key]!, intervals[key]]
    const text = percentWithInterval(probability, interval)
    const likelihood = key === call ? likelihoodOf(prediction) : undefined
    const label = `${words.classOf(head, key)}${likelihood === undefined ? '' : `, ${likelihood}`}`
    return { label, text, probability, ...(interval ? { interval } : {}) }
  }
  if (head === 'survival') {
    const months = Object.keys(probabilities).sort((a, b) => Number(a) - Number(b))
    const result = status === 'indeterminate' ? words.INDETERMINATE : words.SURVIVAL_RESULT
    const detail = prediction.survival ? words.riskGroupOf(prediction.survival.group.name) : ''
    return { name, status, result, detail, reason: prediction.reason ?? '', lines: months.map(line) }
  }
  const rank = (key: string) => (key === call ? Number.POSITIVE_INFINITY : probabilities[key]!)
  const keys = Object.keys(probabilities).sort((a, b) => rank(b) - rank(a) || (a < b ? -1 : 1))
  const first = keys[0] === undefined ? words.NOT_STATED : words.classOf(head, keys[0])
  const result = status === 'indeterminate' ? words.INDETERMINATE : first
  const detail = call === undefined ? undecidedDetail(prediction) : ''
  const reason = prediction.reason ?? evidenceSentences(prediction).at(-1) ?? ''
  const lines = keys.slice(0, keys.length === 2 ? 1 : keys.length).map(line)
  return { name, status, result, detail, reason, lines }
}

/** Of two classes, "indeterminate" says it all. */
function undecidedDetail({ head, remaining, probabilities }: EvaluatedPrediction): string {
  const isPlain = remaining === undefined || (Object.keys(probabilities).length === 2 && remaining.length === 2)
  return isPlain ? '' : words.undecided(remaining.map((key) => words.classOf(head, key)))
}

/** The newest tissue test takes the place of the call; the quality notes quote all of them in full. */
function withTissue(row: PredictionRow, tissue: TissueResult | undefined): PredictionRow {
  if (!tissue) return row
  return { ...row, isTissue: true, result: words.tissueCall(tissue.value), detail: words.fromImages(row.result) }
}

function seriesRows({ inputs, decisions }: ReportableResult): ReportContent['series'] {
  return inputs.map((input) => {
    const decision = decisions.find((d) => d.seriesInstanceUid === input.seriesInstanceUid)
    const { translationMm, rotationDegrees, reference } = input.registration
    const motion = reference ? words.REFERENCE_SERIES : words.motionOf(translationMm, rotationDegrees)
    const number = decision === undefined || decision.seriesNumber === '' ? '' : `#${decision.seriesNumber} `
    return {
      sequence: words.SEQUENCE_NAMES[input.sequence],
      description: `${number}${stated(decision?.seriesDescription ?? '')}`,
      detail: `${words.sliceOf(input.sliceThicknessMm)}, ${motion}`,
    }
  })
}

const declined = (tried: { provider: string }[]) =>
  tried.length === 0 ? words.NONE : tried.map(({ provider }) => provider).join(', ')

/** In pairs: what may be long, then what is short; the page sets them in two columns. */
function provenance(result: ReportableResult): Field[] {
  const { bundle, software, execution } = result
  return [
    { label: words.LABELS.bundle, value: `${bundle.name} (${bundle.id} ${bundle.version})` },
    { label: words.LABELS.digest, value: shortDigest(bundle.digest) },
    { label: words.LABELS.license, value: stated(bundle.license) },
    { label: words.LABELS.weights, value: shortDigest(bundle.weightsDigest) },
    { label: words.LABELS.software, value: `${software.name} ${software.version}, ${software.manufacturer}` },
    { label: words.LABELS.execution, value: words.executionOf(execution.provider, execution.runtime) },
    { label: words.LABELS.analysis, value: result.analysisId },
    { label: words.LABELS.analysedAt, value: readInstant(result.analysedAt) },
    { label: words.LABELS.studyUid, value: stated(result.study.studyInstanceUid) },
    { label: words.LABELS.declined, value: declined(execution.declined) },
    { label: words.LABELS.reference, value: result.referenceSeriesUid },
  ]
}
