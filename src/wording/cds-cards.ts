// Wording of the cards that the EHR shows (CDS Hooks): one line, and what a reviewer has accepted; never unreviewed values.
import type { AnalysisRecord } from '../domain/analysis.ts'
import { impressionLines } from './impression.ts'
import { readDate } from './quantities.ts'

export const CDS_SERVICES = {
  'patient-view': {
    title: 'Glioma analysis of this patient',
    description:
      'When a chart is opened, shows that there is a glioma analysis of the latest brain MRI and whether it was reviewed, with a link to it.',
  },
  'order-select': {
    title: 'Glioma analysis before another order',
    description:
      'When a service is selected for ordering, shows that there is a glioma analysis of the latest brain MRI, with a link to it.',
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

/** Markdown. After edits the lines would no longer be right, so the card sends the reader to the result itself. */
export function cardDetail({ review, summary }: AnalysisRecord): string {
  if (!review)
    return 'No clinician has reviewed it. Its values are on the page; do not base decisions on them before a review.'
  if (review.decision !== 'accept') return 'The reviewer corrected parts of it; the corrected values are on the page.'
  const { measurements = [], predictions = [], ...rest } = summary ?? {}
  return impressionLines({ ...rest, measurements, predictions } as Parameters<typeof impressionLines>[0])
    .map((line) => escaped(line))
    .join('\n\n')
}

/** Text from the EHR, such as a tissue result, must not become markup. */
function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|!]/g, '\\$&')
}
