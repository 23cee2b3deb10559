// What a person reads in the EHR: a conclusion that stands alone, and the same as narrative (FHIR R4 Narrative, XHTML).
import type { Narrative } from '@medplum/fhirtypes'
import type { Measurement, Prediction } from '../domain/finding.ts'
import type { ReportableResult } from '../domain/ports.ts'
import { HEAD_NAMES } from './codes.ts'

export const NOT_A_TISSUE_TEST = 'Predicted from MR images by software; not a tissue test.'
const WARNING =
  'Preliminary: written by software (artificial intelligence), not reviewed by a physician. Research use only; not for clinical decisions.'

/** At most so many decimals, as a number. */
export function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals))
}

export function percent(probability: number): string {
  return `${rounded(probability * 100, 1)} %`
}

function millilitres(value: number): string {
  return value.toFixed(value >= 10 ? 1 : 2)
}

export function volumeLine(measurement: Measurement): string {
  const { name, value, standardDeviation } = measurement
  const deviation = standardDeviation === undefined ? '' : ` (standard deviation ${millilitres(standardDeviation)} mL)`
  return `${name}: ${millilitres(value)} mL${deviation}`
}

/** Probabilities in words; the months of a survival head are spelled out. */
export function probabilityLabel(head: Prediction['head'], key: string): string {
  return head === 'survival' ? `alive after ${key} months` : key
}

export function predictionLine(prediction: Prediction): string {
  const name = HEAD_NAMES[prediction.head]
  if (prediction.status === 'not-evaluable') return `${name}: not evaluable: ${prediction.reason}`
  const parts = Object.entries(prediction.probabilities).map(([key, probability]) => {
    const interval = prediction.intervals[key]
    const range = interval ? ` (95 % interval ${percent(interval[0])} to ${percent(interval[1])})` : ''
    return `${probabilityLabel(prediction.head, key)} ${percent(probability)}${range}`
  })
  const call = prediction.status === 'indeterminate' ? 'indeterminate' : prediction.call
  return `${name}: ${call === undefined ? '' : `${call}; probabilities: `}${parts.join(', ')}`
}

function sections(result: ReportableResult): { title: string; lines: string[] }[] {
  const finding = result.noFinding
    ? ['No tumour was found above the limit of this model bundle. This does not exclude a tumour.']
    : []
  return [
    { title: 'Segmented volumes', lines: [...finding, ...result.measurements.map(volumeLine)] },
    { title: 'Predictions from the images; not tissue tests', lines: result.predictions.map(predictionLine) },
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

/** DiagnosticReport.conclusion: plain text that can be read without anything beside it. */
export function conclusionOf(result: ReportableResult): string {
  const body = sections(result).map(({ title, lines }) => `${title}:\n${lines.map((line) => `- ${line}`).join('\n')}`)
  return [WARNING, ...body].join('\n\n')
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character]!)
}

/** Narrative of one value, for displays that show nothing else: the value, and that no person has looked at it. */
export function valueNarrative(lines: string[]): Narrative {
  const body = [...lines, WARNING].map((line) => `<p>${escaped(line)}</p>`).join('')
  return { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${body}</div>` }
}

/** DiagnosticReport.text.div */
export function narrativeOf(result: ReportableResult): string {
  const body = sections(result).map(
    ({ title, lines }) =>
      `<p><b>${escaped(title)}</b></p><ul>${lines.map((line) => `<li>${escaped(line)}</li>`).join('')}</ul>`,
  )
  return `<div xmlns="http://www.w3.org/1999/xhtml"><p><b>${escaped(WARNING)}</b></p>${body.join('')}</div>`
}
