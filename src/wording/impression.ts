// The impression: three lines a radiologist could dictate. What is there, where and how large; what is likely; what could not be determined.

import type { AnalysisResult, Prediction } from '../domain/finding.ts'
import { ENGLISH, type Wording } from './languages/en.ts'
import { predictionsIn } from './predictions.ts'
import { ENGLISH_QUANTITIES, type Quantities } from './quantities.ts'
import { tissueIn } from './tissue.ts'

type Told = Pick<
  AnalysisResult,
  'noFinding' | 'position' | 'measurements' | 'diameters' | 'predictions' | 'tissueResults' | 'comparison'
>

const REGIONS = ['WT', 'TC', 'ET'] as const

export function impressionIn(words: Wording, q: Quantities) {
  const { impression } = words
  const { className } = predictionsIn(words, q)
  const tissueSentence = tissueIn(q)

  function findingLine({ noFinding, position, measurements, diameters = [], comparison }: Told): string {
    if (noFinding) return impression.noTumour
    const volumes = REGIONS.flatMap((region) => {
      const measured = measurements.find((one) => one.region === region)
      return measured ? [`${impression.regions[region]} ${q.volume(measured.value)}`] : []
    })
    const [largest] = diameters
    const size = largest ? impression.largest(q.diameterPair(largest.longestMm, largest.perpendicularMm)) : ''
    const line = impression.tumour(position ? impression.where(position) : '', volumes, size)
    return comparison ? `${line} ${sinceThen(comparison)}` : line
  }

  function sinceThen({ prior, response: { category } }: NonNullable<Told['comparison']>): string {
    const said = category === undefined ? impression.changeNotEvaluable : words.categories[category]
    return impression.since(q.readDate(prior.studyDate), said)
  }

  function likelyLine({ predictions, tissueResults = [] }: Told): string {
    const tested = tissueResults.map(({ head }) => head)
    const tissue = tissueResults.length > 0 ? [impression.tissue(tissueResults.map(tissueSentence))] : []
    const calls = predictions.flatMap((prediction) => (tested.includes(prediction.head) ? [] : callOf(prediction)))
    const likely = calls.length > 0 ? [impression.likely(calls)] : []
    return [...tissue, ...likely].join(' ') || impression.nothing
  }

  function callOf(prediction: Prediction): string[] {
    if (prediction.status !== 'evaluable') return []
    const { head, call, probabilities, survival } = prediction
    if (head === 'survival') {
      const group = survival?.group.name
      return group === undefined ? [] : [impression.riskOfDeath(words.riskGroups[group] ?? group)]
    }
    if (call === undefined) return []
    const name = /^\d$/.test(call) ? impression.grade(call) : impression.call(head, className(head, call))
    const probability = probabilities[call]
    return [probability === undefined ? name : `${name} (${q.percent(probability)})`]
  }

  function openLine({ noFinding, measurements, predictions, tissueResults = [] }: Told): string {
    const tested = tissueResults.map(({ head }) => head)
    const names = (status: Prediction['status']) =>
      predictions
        .filter((one) => one.status === status && !tested.includes(one.head))
        .map(({ head }) => words.heads[head])
    const [undecided, unanswered] = [names('indeterminate'), names('not-evaluable')]
    const isMeasured = noFinding || measurements.some(({ region }) => region === 'ET')
    const parts = [
      ...(isMeasured ? [] : [impression.notMeasured]),
      ...(undecided.length > 0 ? [impression.undecided(undecided)] : []),
      ...(unanswered.length > 0 ? [impression.notEvaluable(unanswered)] : []),
    ]
    return parts.length > 0 ? impression.open(parts) : impression.nothingOpen
  }

  /** Always three lines of one or two sentences. */
  return (result: Told): [finding: string, likely: string, open: string] => [
    findingLine(result),
    likelyLine(result),
    openLine(result),
  ]
}

export const impressionLines = impressionIn(ENGLISH, ENGLISH_QUANTITIES)
