// Where a launch from the EHR leads unless it names one analysis: the patient's analyses, or a statement that there are none.
import { html } from 'hono/html'
import type { AnalysisRecord } from '../domain/analysis.ts'
import type { Reviewer } from '../domain/review.ts'
import { readDate } from '../wording/quantities.ts'
import { PATIENT_PAGE } from '../wording/sign-in.ts'
import type { Html } from './html.ts'
import { page } from './layout.ts'
import { reviewBadge } from './review-section.ts'
import { stateBadge } from './worklist.ts'

export interface PatientView {
  records: readonly AnalysisRecord[]
  person: Reviewer
  software?: string
}

export function patientPage({ records, person, software }: PatientView): Html {
  const rows = records.map((record) => {
    const date = record.summary?.study?.studyDate ?? ''
    const name = date === '' ? PATIENT_PAGE.noDate : PATIENT_PAGE.imaging(readDate(date))
    return html`<li><a href="/analyses/${record.analysisId}">${name}</a> ${stateBadge(record.state)} ${record.review ? reviewBadge(record.review) : ''}</li>`
  })
  const main = html`<section class="card"><h1>${PATIENT_PAGE.title}</h1>
${records.length === 0 ? html`<p>${PATIENT_PAGE.none}</p>` : html`<p class="muted">${PATIENT_PAGE.several(records.length)}</p><ul class="of-patient">${rows}</ul>`}</section>`
  return page({ title: PATIENT_PAGE.title, main, person, ...(software && { software }) })
}
