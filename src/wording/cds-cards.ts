// Words of the cards that the EHR shows (CDS Hooks): one line, and what a reviewer has accepted; never values that nobody reviewed.
import type { AnalysisRecord } from '../domain/analysis.ts'
import { impressionLines } from './impression.ts'
import { readDate } from './quantities.ts'

export const CDS_SERVICES = {
  'patient-view': {
    title: 'Glioma analysis of this patient',
    description:
      'Shows, when a chart is opened, that a glioma analysis of the latest brain MRI is there, whether it was reviewed, and leads to it.',
  },
  'order-select': {
    title: 'Glioma analysis before another order',
    description:
      'Shows, when a service is selected for ordering, that a glioma analysis of the latest brain MRI is there, and leads to it.',
  },
} as const

export const OPEN_RESULT = 'Open the result'

/** At most 140 characters (CDS Hooks 2.0, card attribute summary). */
export function cardSummary({ review, summary }: AnalysisRecord): string {
  const date = summary?.study?.studyDate ?? ''
  const what = date === '' ? 'Glioma analysis' : `Glioma analysis of the MRI of ${readDate(date)}`
  if (!review) return `${what}: made by software, not reviewed yet`
  return `${what}: ${review.decision === 'accept' ? 'accepted' : 'accepted with edits'} by a reviewer`
}

/** Markdown. Edits change what the lines would say, so that after them the result itself must be read. */
export function cardDetail({ review, summary }: AnalysisRecord): string {
  if (!review)
    return 'No clinician has reviewed it. Its values stand on the page and are not for decisions before a review.'
  if (review.decision !== 'accept')
    return 'The reviewer corrected parts of it; the values as they stand are on the page.'
  const { measurements = [], predictions = [], ...rest } = summary ?? {}
  return impressionLines({ ...rest, measurements, predictions } as Parameters<typeof impressionLines>[0])
    .map((line) => escaped(line))
    .join('\n\n')
}

/** Text of the EHR, such as a tissue result, must not become markup. */
function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|!]/g, '\\$&')
}
