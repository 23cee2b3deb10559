// The impression: three lines a radiologist could dictate. What is there, where and how large; what is likely; what could not be determined.

import type { AnalysisResult, Prediction } from '../domain/finding.ts'
import { CATEGORY_NAMES } from './comparison.ts'
import { SHORT_HEAD_NAMES } from './names.ts'
import { diameterPair, percent, readDate, volume } from './quantities.ts'
import { tissueSentence } from './tissue.ts'

type Told = Pick<
  AnalysisResult,
  'noFinding' | 'position' | 'measurements' | 'diameters' | 'predictions' | 'tissueResults' | 'comparison'
>

/** Always three lines of one or two sentences. */
export function impressionLines(result: Told): [finding: string, likely: string, open: string] {
  return [foundLine(result), likelyLine(result), openLine(result)]
}

const REGIONS = [
  ['WT', 'whole tumour'],
  ['TC', 'core'],
  ['ET', 'enhancing'],
] as const

function foundLine({ noFinding, position, measurements, diameters = [], comparison }: Told): string {
  if (noFinding) return 'No tumour segmented above the limit of this model; this does not exclude one.'
  const where = position
    ? ` in the ${position.side} half of the brain, ${position.part} third${position.crossesMidline ? ', over the midline' : ''}`
    : ''
  const volumes = REGIONS.flatMap(([region, name]) => {
    const measured = measurements.find((one) => one.region === region)
    return measured ? [`${name} ${volume(measured.value)}`] : []
  })
  const [largest] = diameters
  const size = largest ? `; largest enhancing lesion ${diameterPair(largest.longestMm, largest.perpendicularMm)}` : ''
  return `Tumour${where}: ${volumes.join(', ')}${size}.${sinceThen(comparison)}`
}

function sinceThen(comparison: Told['comparison']): string {
  if (!comparison) return ''
  const { category } = comparison.response
  const said = category === undefined ? 'change by size not evaluable' : CATEGORY_NAMES[category]
  return ` Since ${readDate(comparison.prior.studyDate)}: ${said}.`
}

function likelyLine({ predictions, tissueResults = [] }: Told): string {
  const tested = tissueResults.map(({ head }) => head)
  const tissue = tissueResults.length > 0 ? [`Tissue on record: ${tissueResults.map(tissueSentence).join('; ')}.`] : []
  const calls = predictions.flatMap((prediction) => (tested.includes(prediction.head) ? [] : callOf(prediction)))
  const likely = calls.length > 0 ? [`Likely from the images: ${calls.join(', ')}.`] : []
  return [...tissue, ...likely].join(' ') || 'No marker, grade or survival could be predicted from the images.'
}

function callOf(prediction: Prediction): string[] {
  if (prediction.status !== 'evaluable') return []
  const { head, call, probabilities, survival } = prediction
  if (head === 'survival') return survival ? [`${survival.group.name} risk of death`] : []
  if (call === undefined) return []
  const name = /^\d$/.test(call) ? `WHO grade ${call}` : call
  const probability = probabilities[call]
  return [probability === undefined ? name : `${name} (${percent(probability)})`]
}

function openLine({ noFinding, measurements, predictions, tissueResults = [] }: Told): string {
  const tested = tissueResults.map(({ head }) => head)
  const names = (status: Prediction['status']) =>
    predictions
      .filter((one) => one.status === status && !tested.includes(one.head))
      .map(({ head }) => SHORT_HEAD_NAMES[head])
  const [undecided, unanswered] = [names('indeterminate'), names('not-evaluable')]
  const isMeasured = noFinding || measurements.some(({ region }) => region === 'ET')
  const parts = [
    ...(isMeasured ? [] : ['not measured: enhancing tumour']),
    ...(undecided.length > 0 ? [`undecided: ${undecided.join(', ')}`] : []),
    ...(unanswered.length > 0 ? [`not evaluable: ${unanswered.join(', ')}`] : []),
  ]
  return parts.length > 0
    ? `Left open – ${parts.join('; ')}; the report gives the reasons.`
    : 'No question put to the images was left open.'
}
