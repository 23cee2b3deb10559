// What the page says: a reportable result as sections of plain strings, in reading order; no layout, no IO.

import { HEADS, type Measurement, type ReportableResult } from '../domain/finding.ts'
import { correctedRegions, type Review, redraws, statusOf } from '../domain/review.ts'
import { tissueOf } from '../domain/tissue.ts'
import { courseLines } from '../domain/volume-course.ts'
import { CATEGORY_NAMES } from '../wording/comparison.ts'
import { SEX_NAMES, SHORT_SEQUENCE_NAMES } from '../wording/names.ts'
import { millilitres, readDate, volume, volumeChange } from '../wording/quantities.ts'
import * as words from '../wording/report-page.ts'
import { editedName, editSentence, reviewSentence } from '../wording/reviews.ts'
import { NO_FINDING } from '../wording/standing.ts'
import { worksheets } from '../wording/worksheet.ts'
import { boardContent } from './board-content.ts'
import { contributionCharts, survivalCurve } from './chart-content.ts'
import { overlayOf } from './colours.ts'
import { readInstant, readName, readTime, shortDigest } from './format.ts'
import type { Field, ReportContent, VolumeRow } from './page-content.ts'
import { predictionRow, withTissue } from './prediction-rows.ts'

/** All text of the report except what belongs to the pictures; `result` is as the reviewer left it. */
export function writeContent(result: ReportableResult, review?: Review): ReportContent {
  const content = writeResult(result)
  if (!review) return content
  const isWithdrawn = review.decision === 'reject'
  const measured = review.redrawn ? [] : correctedRegions(review.edits)
  const [, ...unchanged] = content.statement
  const outlines = review.edits.some(redraws)
    ? words.REDRAWN_OUTLINES
    : measured.length > 0
      ? words.CORRECTED_OUTLINES
      : words.OUTLINES
  const standing = unchanged.map((one) => (one === words.OUTLINES ? outlines : one))
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
      measured.includes(row.region) ? { ...row, deviation: words.CORRECTED } : row,
    ),
    provenance: [...content.provenance, { label: words.LABELS.reviewedAt, value: readInstant(review.at) }],
  }
}

function writeResult(result: ReportableResult): ReportContent {
  return {
    board: boardContent(result),
    title: words.TITLE,
    status: words.STATUS,
    isWithdrawn: false,
    patientNames: namesOf(result.patient.patientName),
    patientFields: patientFields(result),
    studyFields: studyFields(result),
    summary: `${result.noFinding ? NO_FINDING : words.foundSentence(leadingVolumes(result.measurements))}${sinceEarlier(result)}`,
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
    course: courseLines(result),
    // Warnings first: what is cut when space ends must be the least important.
    quality: [...result.quality]
      .sort((a, b) => Number(b.severity === 'warning') - Number(a.severity === 'warning'))
      .map((note) => ({ warning: note.severity === 'warning', text: note.text })),
    series: seriesRows(result),
    worksheets: worksheets(result),
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
    { label: words.LABELS.sex, value: SEX_NAMES[patient.patientSex] ?? stated(patient.patientSex) },
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

function leadingVolumes(measurements: Measurement[]): string[] {
  return ['WT', 'TC', 'ET'].flatMap((region) => {
    const measurement = measurements.find((m) => m.region === region)
    return measurement ? [`${measurement.name.toLowerCase()} ${volume(measurement.value)}`] : []
  })
}

function sinceEarlier({ comparison }: ReportableResult): string {
  if (!comparison) return ''
  const { category } = comparison.response
  const name = category === undefined ? '' : CATEGORY_NAMES[category]
  return words.sinceSentence(readDate(comparison.prior.studyDate), comparison.days, category, name)
}

function changeOf({ comparison }: ReportableResult, region: string): VolumeRow['change'] {
  const of = comparison?.volumes.find((one) => one.region === region)
  if (!of) return undefined
  const { change, deviation = '?' } = volumeChange(of)
  return { earlier: millilitres(of.earlier), text: `${change} ± ${deviation}` }
}

function volumeRows(result: ReportableResult): VolumeRow[] {
  const { measurements, segments } = result
  return measurements.map((measurement) => {
    const index = segments.findIndex(({ key }) => key === measurement.region)
    const change = changeOf(result, measurement.region)
    return {
      ...(change && { change }),
      region: measurement.region,
      name: measurement.name,
      value: millilitres(measurement.value),
      deviation: measurement.standardDeviation === undefined ? '' : millilitres(measurement.standardDeviation),
      ...(index < 0 ? {} : { colour: overlayOf(measurement.region, index).colour }),
    }
  })
}

function seriesRows({ inputs, decisions }: ReportableResult): ReportContent['series'] {
  return inputs.map((input) => {
    const decision = decisions.find((d) => d.seriesInstanceUid === input.seriesInstanceUid)
    const motion = input.registration.reference ? words.REFERENCE_SERIES : words.movedBy(input.registration)
    const number = decision === undefined || decision.seriesNumber === '' ? '' : `#${decision.seriesNumber} `
    return {
      sequence: SHORT_SEQUENCE_NAMES[input.sequence],
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
