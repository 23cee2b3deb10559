// The report and its values as FHIR R4 Narrative (XHTML), for displays that show nothing else.
import type { Narrative } from '@medplum/fhirtypes'
import type { EhrReport } from '../../domain/ports/clinical-record.ts'
import type { Review } from '../../domain/review.ts'
import { impressionLines } from '../../wording/impression.ts'
import { LINKS, reportSections, type Standing, standingSentence } from '../../wording/report-text.ts'
import { escaped, narrative } from './narrative.ts'

/** One value, and the review status. */
export function valueNarrative(lines: string[], review: Review | undefined): Narrative {
  return narrative([...lines, standingSentence(review)])
}

/** DiagnosticReport.text.div */
export function narrativeOf({ result, links = {} }: Pick<EhrReport, 'result' | 'links'>, standing?: Standing): string {
  const body = reportSections(result).map(
    ({ title, lines }) =>
      `<p><b>${escaped(title)}</b></p><ul>${lines.map((line) => `<li>${escaped(line)}</li>`).join('')}</ul>`,
  )
  const impression = impressionLines(result).map((line) => `<li>${escaped(line)}</li>`)
  const opening = `<p><b>Impression</b></p><ul>${impression.join('')}</ul>`
  return `<div xmlns="http://www.w3.org/1999/xhtml"><p><b>${escaped(standingSentence(standing))}</b></p>${opening}${body.join('')}${linksOf(links)}</div>`
}

/** Links to the images, for readers of the report in the EHR. */
function linksOf({ page, viewer }: NonNullable<EhrReport['links']>): string {
  const links = [
    ...(page ? [[page, LINKS.page] as const] : []),
    ...(viewer ? [[viewer, LINKS.viewer] as const] : []),
  ].map(([address, text]) => `<a href="${escaped(address)}">${escaped(text)}</a>`)
  return links.length > 0 ? `<p>${links.join(', ')}</p>` : ''
}
