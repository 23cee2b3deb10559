// What the page says: a reportable result as sections of plain strings, in reading order; no layout, no IO.

import { HEADS, type Measurement, type ReportableResult } from '../domain/finding.ts'
import { correctedRegions, type Review, redraws, statusOf } from '../domain/review.ts'
import { tissueOf } from '../domain/tissue.ts'
import { courseLines } from '../domain/volume-course.ts'
import type { Words } from '../wording/report-words.ts'
import { boardContent } from './board-content.ts'
import { contributionCharts, survivalCurve } from './chart-content.ts'
import { overlayOf } from './colours.ts'
import { readName, readTime, shortDigest } from './format.ts'
import type { Field, ReportContent, VolumeRow } from './page-content.ts'
import { predictionRow, withTissue } from './prediction-rows.ts'

/** All text of the report except what belongs to the pictures; `result` is as the reviewer left it. */
export function writeContent(result: ReportableResult, words: Words, review?: Review): ReportContent {
  const content = writeResult(result, words)
  if (!review) return content
  const isWithdrawn = review.decision === 'reject'
  const measured = review.redrawn ? [] : correctedRegions(review.edits)
  const [, ...unchanged] = content.statement
  const outlines = review.edits.some(redraws)
    ? words.redrawnOutlines
    : measured.length > 0
      ? words.correctedOutlines
      : words.outlines
  const standing = unchanged.map((one) => (one === words.outlines ? outlines : one))
  const corrections = review.edits.map((edit) => ({
    warning: true,
    text: words.named(words.editedName(result, edit), words.editSentence(review, edit)),
  }))
  return {
    ...content,
    isWithdrawn,
    status: words.reviewedStatus[statusOf(review)],
    ...(isWithdrawn && { summary: words.reviewSentence(review) }),
    quality: [...corrections, ...content.quality],
    statement: isWithdrawn ? [words.withdrawn] : [words.reviewSentence(review), ...standing],
    volumes: content.volumes.map((row) =>
      measured.includes(row.region) ? { ...row, deviation: words.corrected } : row,
    ),
    provenance: [...content.provenance, { label: words.labels.reviewedAt, value: words.readInstant(review.at) }],
  }
}

function writeResult(result: ReportableResult, words: Words): ReportContent {
  return {
    board: boardContent(result, words),
    title: words.title,
    status: words.status,
    isWithdrawn: false,
    patientNames: namesOf(result.patient.patientName, words),
    patientFields: patientFields(result, words),
    studyFields: studyFields(result, words),
    summary: [
      result.noFinding ? words.noFinding : words.segmented(leadingVolumes(result.measurements, words)),
      ...sinceEarlier(result, words),
    ].join(' '),
    volumes: volumeRows(result, words),
    diameters: words.diametersSentence(result.diameters ?? []),
    predictions: HEADS.map((head) =>
      withTissue(
        predictionRow(
          result.predictions.find((p) => p.head === head) ?? {
            head,
            status: 'not-evaluable',
            reason: words.noPrediction,
          },
          words,
        ),
        tissueOf(result.tissueResults, head)[0],
        words,
      ),
    ),
    charts: contributionCharts(result.predictions, words),
    curve: survivalCurve(result.predictions, words),
    course: courseLines(result),
    // Warnings first: what is cut when space ends must be the least important.
    quality: [...result.quality]
      .sort((a, b) => Number(b.severity === 'warning') - Number(a.severity === 'warning'))
      .map((note) => ({ warning: note.severity === 'warning', text: words.noteText(note, result) })),
    series: seriesRows(result, words),
    worksheets: words.worksheets(result),
    statement: [words.notReviewed, words.notTissue, words.outlines, words.intendedUse(result.bundle.intendedUse)],
    provenance: provenance(result, words),
  }
}

function stated(value: string, { notStated }: Words): string {
  return value.trim() === '' ? notStated : value.trim()
}

function namesOf(pn: string, { notStated }: Words): string[] {
  const { alphabetic, ideographic, phonetic } = readName(pn)
  const names = [alphabetic, ideographic, phonetic].filter((name) => name !== '')
  return names.length > 0 ? names : [notStated]
}

function patientFields({ patient }: ReportableResult, words: Words): Field[] {
  const issuer = patient.issuerOfPatientId.trim()
  return [
    { label: words.labels.patientId, value: stated(patient.patientId, words) + (issuer === '' ? '' : ` (${issuer})`) },
    { label: words.labels.birthDate, value: stated(words.readDate(patient.patientBirthDate), words) },
    { label: words.labels.sex, value: words.sexes[patient.patientSex] ?? stated(patient.patientSex, words) },
  ]
}

function studyFields({ study }: ReportableResult, words: Words): Field[] {
  const issuer = study.issuerOfAccessionNumber.trim()
  const when = [words.readDate(study.studyDate), readTime(study.studyTime)].filter((part) => part !== '').join(' ')
  const referrer = readName(study.referringPhysicianName)
  return [
    { label: words.labels.description, value: stated(study.studyDescription, words) },
    { label: words.labels.studyDate, value: stated(when, words) },
    {
      label: words.labels.accession,
      value: stated(study.accessionNumber, words) + (issuer === '' ? '' : ` (${issuer})`),
    },
    { label: words.labels.referrer, value: stated(referrer.alphabetic || referrer.ideographic, words) },
  ]
}

function leadingVolumes(measurements: Measurement[], words: Words): string[] {
  return ['WT', 'TC', 'ET'].flatMap((region) => {
    const measurement = measurements.find((m) => m.region === region)
    return measurement ? [`${words.regionName(region, measurement.name)} ${words.volume(measurement.value)}`] : []
  })
}

function sinceEarlier({ comparison }: ReportableResult, words: Words): string[] {
  if (!comparison) return []
  const { category } = comparison.response
  const said = category === undefined ? words.noCategory : `${category}, ${words.categories[category]}`
  return [words.since(words.readDate(comparison.prior.studyDate), comparison.days, said)]
}

function changeOf({ comparison }: ReportableResult, region: string, words: Words): VolumeRow['change'] {
  const of = comparison?.volumes.find((one) => one.region === region)
  if (!of) return undefined
  const { change, deviation = '?' } = words.volumeChange(of)
  return { earlier: words.millilitres(of.earlier), text: `${change} ± ${deviation}` }
}

function volumeRows(result: ReportableResult, words: Words): VolumeRow[] {
  const { measurements, segments } = result
  return measurements.map((measurement) => {
    const index = segments.findIndex(({ key }) => key === measurement.region)
    const change = changeOf(result, measurement.region, words)
    return {
      ...(change && { change }),
      region: measurement.region,
      name: words.labelName(measurement.region, measurement.name),
      shortName: words.shortLabelName(measurement.region, measurement.name),
      value: words.millilitres(measurement.value),
      deviation: measurement.standardDeviation === undefined ? '' : words.millilitres(measurement.standardDeviation),
      ...(index < 0 ? {} : { colour: overlayOf(measurement.region, index).colour }),
    }
  })
}

function seriesRows({ inputs, decisions }: ReportableResult, words: Words): ReportContent['series'] {
  return inputs.map((input) => {
    const decision = decisions.find((d) => d.seriesInstanceUid === input.seriesInstanceUid)
    const motion = input.registration.reference
      ? words.referenceSeries
      : words.movedBy(words.movement(input.registration))
    const number = decision === undefined || decision.seriesNumber === '' ? '' : `#${decision.seriesNumber} `
    return {
      sequence: words.sequences[input.sequence],
      description: `${number}${stated(decision?.seriesDescription ?? '', words)}`,
      detail: `${words.slices(words.millimetres(input.sliceThicknessMm))}, ${motion}`,
    }
  })
}

const declined = (tried: { provider: string }[], { none }: Words) =>
  tried.length === 0 ? none : tried.map(({ provider }) => provider).join(', ')

/** In pairs: what may be long, then what is short; the page sets them in two columns. */
function provenance(result: ReportableResult, words: Words): Field[] {
  const { bundle, software, execution } = result
  return [
    { label: words.labels.bundle, value: `${bundle.name} (${bundle.id} ${bundle.version})` },
    { label: words.labels.digest, value: shortDigest(bundle.digest) },
    { label: words.labels.license, value: stated(bundle.license, words) },
    { label: words.labels.weights, value: shortDigest(bundle.weightsDigest) },
    { label: words.labels.software, value: `${software.name} ${software.version}, ${software.manufacturer}` },
    { label: words.labels.execution, value: `${execution.provider}, ${execution.runtime}` },
    { label: words.labels.analysis, value: result.analysisId },
    { label: words.labels.analysedAt, value: words.readInstant(result.analysedAt) },
    { label: words.labels.studyUid, value: stated(result.study.studyInstanceUid, words) },
    { label: words.labels.declined, value: declined(execution.declined, words) },
    { label: words.labels.reference, value: result.referenceSeriesUid },
  ]
}
