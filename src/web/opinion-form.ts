// The questions that stand in the place of the software's predictions until the reader has answered them, where a site wants that.
import { html } from 'hono/html'
import type { AnalysisEvent, AnalysisRecord } from '../domain/analysis.ts'
import { CANNOT_TELL, hasStated, headsToJudge } from '../domain/opinion.ts'
import type { Reviewer } from '../domain/review.ts'
import { SHORT_HEAD_NAMES } from '../wording/names.ts'
import { OPINIONS } from '../wording/opinions.ts'
import { className } from '../wording/predictions.ts'
import type { Html } from './html.ts'
import { softwareSummary } from './summary.ts'

/** Name of the field for a head's class. */
export const opinionField = (head: string) => `call.${head}`

/** Whether this person must still say what they think: of a result on which a decision can be made, with a marker to judge. */
export function mustStateOpinion(record: AnalysisRecord, events: readonly AnalysisEvent[], person: Reviewer): boolean {
  if (record.state !== 'delivered' || record.review?.decision === 'reject') return false
  return headsToJudge(softwareSummary(record).predictions).length > 0 && !hasStated(events, person)
}

export function opinionForm(record: AnalysisRecord, path: string): Html {
  const rows = headsToJudge(softwareSummary(record).predictions).map(
    ({ head, classes }) =>
      html`<label>${SHORT_HEAD_NAMES[head] ?? head} <select name="${opinionField(head)}" required><option value="">${OPINIONS.choose}</option>${classes.map((one) => html`<option value="${one}">${className(head, one)}</option>`)}<option value="${CANNOT_TELL}">${OPINIONS.cannotTell}</option></select></label>`,
  )
  return html`<section class="card opinion" aria-labelledby="opinion-title"><h2 id="opinion-title">${OPINIONS.title}</h2>
<p>${OPINIONS.lead}</p>
<form method="post" action="${path}/opinion" class="opinion-form">${rows}<p><button type="submit" class="primary">${OPINIONS.send}</button></p></form></section>`
}
