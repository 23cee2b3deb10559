// The worksheet of a follow-up on the study page: BT-RADS and RANO 2.0, each question with its limit and links to the facts in the record.
import { html } from 'hono/html'
import { baseUrlOf } from '../domain/base-url.ts'
import type { TreatmentFact } from '../domain/treatment.ts'
import { factSentence, WORKSHEET, type WorksheetText, worksheets } from '../wording/worksheet.ts'
import type { Html, Part } from './html.ts'
import type { Summary } from './summary.ts'

/** `recordUrl` is the FHIR base of the EHR, which the facts are relative to. */
export function worksheetSection(summary: Summary, recordUrl: string | undefined): Part {
  if (!summary.study) return ''
  const sheets = worksheets({ ...summary, study: summary.study })
  if (sheets.length === 0) return ''
  return html`<section class="card" aria-labelledby="worksheet-title"><h2 id="worksheet-title">${WORKSHEET.title}</h2>
${sheets.map((sheet) => sheetPart(sheet, recordUrl))}
<p class="muted small">${WORKSHEET.caveat}</p></section>`
}

function sheetPart({ title, proposal, rows }: WorksheetText, recordUrl: string | undefined): Html {
  const lines = rows.map(
    ({ question, answer, limit, facts }) =>
      html`<tr><th scope="row">${question}</th><td>${answer}</td><td class="muted">${limit}</td><td>${facts.map((fact) => factPart(fact, recordUrl))}</td></tr>`,
  )
  return html`<h3>${title}</h3><p class="callout">${proposal}</p>
<table class="worksheet"><thead><tr><th scope="col">${WORKSHEET.question}</th><th scope="col">${WORKSHEET.answer}</th><th scope="col">${WORKSHEET.limit}</th><th scope="col">${WORKSHEET.basis}</th></tr></thead><tbody>${lines}</tbody></table>`
}

function factPart(fact: TreatmentFact, recordUrl: string | undefined): Html {
  const name = recordUrl
    ? html`<a href="${baseUrlOf(recordUrl)}/${fact.reference}">${fact.reference}</a>`
    : html`${fact.reference}`
  return html`<small>${factSentence(fact)} (${name})</small>`
}
