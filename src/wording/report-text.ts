// What a person reads in the EHR: one line per value, and the whole report as a self-contained text.
import { calendarDate } from '../domain/dicom-date.ts'
import {
  type Bidimensional,
  type EvaluatedPrediction,
  type Measurement,
  numberOf,
  type Prediction,
  type ReportableResult,
  type TissueResult,
} from '../domain/finding.ts'
import { shareAlive } from '../domain/kaplan-meier.ts'
import type { Review } from '../domain/review.ts'
import { changeLines } from './change-lines.ts'
import { featureName, featureValue } from './feature-names.ts'
import { impressionLines } from './impression.ts'
import { HEAD_NAMES } from './names.ts'
import { callWords, className, evidenceSentences, leastCallSentence } from './predictions.ts'
import {
  diameterPair,
  millilitres,
  percent,
  rounded,
  volume,
  contribution as writtenContribution,
} from './quantities.ts'
import { editSentence, reviewSentence } from './reviews.ts'
import { REPLACED_NOTICE } from './standing.ts'
import { tissueSentence } from './tissue.ts'
import { factSentence, WORKSHEET, type WorksheetText, worksheets } from './worksheet.ts'

export const NOT_A_TISSUE_TEST = 'Predicted from MR images by software; not a tissue test.'
/** Part of every text until a person has reviewed the result. */
const UNREVIEWED =
  'Preliminary: written by software (artificial intelligence), not reviewed by a physician. Research use only; not for clinical decisions.'

/** Names of the links from the report in the EHR to the images. */
export const LINKS = { page: 'Images, outlines and review', viewer: 'Images in the viewer of the hospital' } as const

/** A person's decision, or that a later analysis replaced the result before anybody reviewed it; without either, nobody has reviewed it. */
export type Standing = Review | 'replaced' | undefined

/** The only place that says whether the result stands, and if a person has reviewed it, who, and with what decision. */
export function standingSentence(standing: Standing): string {
  if (standing === 'replaced') return REPLACED_NOTICE
  return standing ? reviewSentence(standing) : UNREVIEWED
}

/** One line per correction, with both values and the reason. */
export function correctionLines(review: Review): string[] {
  return review.edits.map((edit) => `${edit.target}: ${editSentence(review, edit)}`)
}

export function volumeLine(measurement: Measurement): string {
  const { name, value, standardDeviation } = measurement
  const deviation =
    standardDeviation === undefined
      ? 'uncertainty not estimated'
      : `standard deviation ${millilitres(standardDeviation)} mL`
  return `${name}: ${millilitres(value)} mL (${deviation})`
}

export function diametersLine(lesion: Bidimensional, index: number): string {
  const { longestMm, perpendicularMm, measurable } = lesion
  const small = measurable ? '' : '; too small to be followed (RANO: both at least 10 mm)'
  return `Enhancing lesion ${numberOf(lesion, index)}: ${diameterPair(longestMm, perpendicularMm)}, longest diameter on an axial plane and at right angles to it (uncertainty not estimated${small})`
}

/** A tissue test, which overrides the prediction shown with it. */
export function tissueLine(result: TissueResult): string {
  return `Tissue test on record, which takes precedence: ${tissueSentence(result)} (${result.reference}).`
}

/** What a code says of the class of a probability; the months of a survival head are spelled out. */
export function probabilityLabel(head: Prediction['head'], key: string): string {
  return head === 'survival' ? `alive after ${key} months` : key
}

/** The same for readers, to whom a bare "4" before its percentage tells nothing: "grade 4". */
export function probabilityName(head: Prediction['head'], key: string): string {
  return head === 'survival' ? probabilityLabel(head, key) : className(head, key)
}

export function predictionLine(prediction: Prediction): string {
  const name = HEAD_NAMES[prediction.head]
  if (prediction.status === 'not-evaluable') return `${name}: not evaluable: ${prediction.reason}`
  const parts = Object.entries(prediction.probabilities).map(([key, probability]) => {
    const interval = prediction.intervals[key]
    const range = interval ? ` (95 % interval ${percent(interval[0])} to ${percent(interval[1])})` : ''
    const label = probabilityName(prediction.head, key)
    // Not "grade 2 3 %".
    return `${label}${/\d$/.test(label) ? ':' : ''} ${percent(probability)}${range}`
  })
  const { head, call: label } = prediction
  const called = label === undefined ? undefined : callWords(prediction, className(head, label))
  const call = prediction.status === 'indeterminate' ? undecided(prediction) : called
  const group = prediction.survival ? `; ${riskGroupLine(prediction.survival)}` : ''
  const unknown = Object.keys(prediction.intervals).length === 0 ? ' (uncertainty not estimated)' : ''
  return `${name}: ${call === undefined ? '' : `${call}; probabilities: `}${parts.join(', ')}${unknown}${group}`
}

/** What an indeterminate head could not decide. */
function undecided({ head, remaining, reason }: EvaluatedPrediction): string {
  if (reason !== undefined) return `indeterminate (${reason.replace(/\.$/, '')})`
  if (remaining === undefined) return 'indeterminate'
  if (remaining.length === 0) return 'indeterminate (no class is likely enough)'
  return `indeterminate (cannot be told apart: ${remaining.map((label) => className(head, label)).join(', ')})`
}

/** The risk group and the survival of its patients in the training data. */
export function riskGroupLine({ group }: NonNullable<EvaluatedPrediction['survival']>): string {
  const { months, survival } = group.kaplanMeier
  const reached = survival.findIndex((share) => share <= 0.5)
  const median =
    reached < 0 ? `median not reached in ${months.at(-1) ?? 0} months` : `median ${rounded(months[reached]!, 1)} months`
  return `risk group ${group.name} (${group.n} patients of the training data, ${group.events} deaths, Kaplan-Meier ${median})`
}

/** The group's survival at the horizons that were predicted, as the curve of the group shows it. */
export function groupSurvivalLine({ group }: NonNullable<EvaluatedPrediction['survival']>, horizons: number[]): string {
  const shares = horizons.map((month) => `${percent(shareAlive(group.kaplanMeier, month))} after ${month} months`)
  return `Of the patients of that group were alive: ${shares.join(', ')} (Kaplan-Meier).`
}

/** What the data can show for the head, from when on it calls, and how to read a set of classes; empty if the bundle states neither. */
export function errorRateLine(prediction: EvaluatedPrediction): string[] {
  const { errorRate, leastCall } = prediction
  const evidence = [
    ...evidenceSentences(prediction),
    ...(leastCall === undefined ? [] : [leastCallSentence(leastCall)]),
  ]
  if (errorRate === undefined) return evidence
  return [
    ...evidence,
    `In about ${percent(errorRate)} of patients like those the model was built from, the true class is not among the remaining ones.`,
  ]
}

/** Contributions in words, strongest first, with their sign: "age (34 y) +1.20"; empty if there are none. */
export function contributionLine(prediction: EvaluatedPrediction, most = Number.POSITIVE_INFINITY): string[] {
  const { explanation, explained } = prediction
  if (explanation.length === 0) return []
  const parts = explanation.slice(0, most).map(({ feature, value, contribution }) => {
    const stated = featureValue(feature, value)
    return `${featureName(feature)}${stated === '' ? '' : ` (${stated})`} ${writtenContribution(contribution)}`
  })
  const scale = !explained
    ? ''
    : explained.scale === 'log-risk'
      ? ' to the logarithm of the risk of death'
      : ` to the log-odds of ${explained.of}`
  return [`Contributions${scale}: ${parts.join(', ')}`]
}

/** The strongest contributions of one head, for a summary. */
function explanationLine(prediction: Prediction): string[] {
  if (prediction.status === 'not-evaluable') return []
  return contributionLine(prediction, 4).map((line) => `${HEAD_NAMES[prediction.head]}: ${line}`)
}

/** The images behind the result; what the study does not state is left out. */
function imageLines({ study, inputs, decisions }: ReportableResult): string[] {
  const date = calendarDate(study.studyDate)
  const stated = [
    ...(date ? [`study of ${date}`] : []),
    ...(study.accessionNumber ? [`accession number ${study.accessionNumber}`] : []),
    `Study Instance UID ${study.studyInstanceUid}`,
  ]
  const series = inputs.map(({ sequence, seriesInstanceUid, sliceThicknessMm }) => {
    const number = decisions.find((decision) => decision.seriesInstanceUid === seriesInstanceUid)?.seriesNumber
    return `${sequence} (${number ? `series ${number}, ` : ''}slices of ${rounded(sliceThicknessMm, 2)} mm)`
  })
  return [`MR ${stated.join(', ')}.`, `Series read: ${series.join(', ')}.`]
}

/** The separate parts of the whole tumour, as a reviewer may exclude them; with one, the volumes have said it. */
function lesionLine({ lesions = [] }: ReportableResult): string[] {
  if (lesions.length < 2) return []
  return [`Separate lesions, largest first: ${lesions.map(({ millilitres: size }) => volume(size)).join(', ')}`]
}

/** The worksheets of a follow-up, question by question, with the facts of the record that each rests on. */
function worksheetSections(result: ReportableResult): { title: string; lines: string[] }[] {
  const sheets = worksheets(result)
  return sheets.map(({ title, proposal, rows }, n) => ({
    title: `${WORKSHEET.title}, ${title}`,
    lines: [proposal, ...rows.map(worksheetLine), ...(n === sheets.length - 1 ? [WORKSHEET.caveat] : [])],
  }))
}

/** "Time since radiotherapy: 199 days, beyond the limit (90 days; Radiotherapy, 2025-07-02 to 2025-08-14 (Procedure/12))" */
function worksheetLine({ question, answer, limit, facts }: WorksheetText['rows'][number]): string {
  const basis = facts.map((fact) => `${factSentence(fact)} (${fact.reference})`)
  const aside = [...(limit === '' ? [] : [`limit: ${limit}`]), ...basis]
  return `${question.replace(/\?$/, '')}: ${answer}${aside.length === 0 ? '' : ` (${aside.join('; ')})`}`
}

export function reportSections(result: ReportableResult): { title: string; lines: string[] }[] {
  const finding = result.noFinding
    ? ['No tumour was found above the limit of this model bundle. This does not exclude a tumour.']
    : []
  return [
    { title: 'Segmented volumes', lines: [...finding, ...result.measurements.map(volumeLine), ...lesionLine(result)] },
    { title: 'Change since the earlier study', lines: changeLines(result) },
    { title: 'Diameters (RANO)', lines: (result.diameters ?? []).map(diametersLine) },
    {
      title: 'Tissue tests on record; they take precedence over the predictions',
      lines: (result.tissueResults ?? []).map(tissueSentence),
    },
    { title: 'Predictions from the images; not tissue tests', lines: result.predictions.map(predictionLine) },
    { title: 'What moved the predictions most', lines: result.predictions.flatMap(explanationLine) },
    ...worksheetSections(result),
    { title: 'Images', lines: imageLines(result) },
    { title: 'Quality notes', lines: result.quality.map((note) => note.text) },
    {
      title: 'Made by',
      lines: [
        `${result.bundle.name} (${result.bundle.id}), version ${result.bundle.version}, run by ${result.software.name} ${result.software.version}; analysis ${result.analysisId}.`,
        `Intended use: ${result.bundle.intendedUse}`,
      ],
    },
  ].filter((section) => section.lines.length > 0)
}

/** Plain text for DiagnosticReport.conclusion: the review status, the impression in three lines, and the details. */
export function conclusionOf(result: ReportableResult, standing?: Standing): string {
  const body = reportSections(result).map(
    ({ title, lines }) => `${title}:\n${lines.map((line) => `- ${line}`).join('\n')}`,
  )
  const corrections = standing === undefined || standing === 'replaced' ? [] : correctionLines(standing)
  const opening = [standingSentence(standing), ...corrections].join('\n')
  return [opening, impressionLines(result).join('\n'), ...body].join('\n\n')
}
