// Bundles for whoever runs the service: what is installed, active and in shadow; each limit of the change beside what was measured; the cases; the decisions.
import { html } from 'hono/html'
import type { BundleAction, BundleRef, BundlesView, InstalledBundle, ShadowCase } from '../domain/bundles.ts'
import type { Reviewer } from '../domain/review.ts'
import {
  ACTION_WORDS,
  BUNDLES,
  bundleName,
  changedCallWords,
  changeLimitWords,
  changeMeasuredWords,
  overlapWords,
  PART_WORDS,
  secondsWords,
  shortDigest,
} from '../wording/bundles.ts'
import { sentence, timeOf } from './format.ts'
import type { Html, Part } from './html.ts'
import { page } from './layout.ts'

export interface BundlesPageView {
  view: BundlesView
  software?: string
  person?: Reviewer
}

export function bundlesPage({ view, software, person }: BundlesPageView): Html {
  const main: Part[] = [
    html`<h1>${BUNDLES.title}</h1>`,
    html`<p>${BUNDLES.lead}</p>`,
    installedPart(view, person),
    view.shadow ? shadowPart(view.shadow, person) : '',
    view.previous ? rollbackPart(view.previous, person) : '',
    decisionsPart(view),
  ]
  return page({ title: BUNDLES.title, main, ...(software && { software }), ...(person && { person }) })
}

function installedPart(view: BundlesView, person: Reviewer | undefined): Html {
  const rows = view.installed.map((one) => installedRow(one, view, person))
  return html`<section class="card concordance" aria-label="${BUNDLES.installed}"><h2>${BUNDLES.installed}</h2>
<div class="scroll"><table><thead><tr><th scope="col">${BUNDLES.bundle}</th><th scope="col">${BUNDLES.model}</th><th scope="col">${BUNDLES.state}</th><th scope="col">${BUNDLES.action}</th></tr></thead>
<tbody>${rows}</tbody></table></div></section>`
}

function installedRow(one: InstalledBundle, view: BundlesView, person: Reviewer | undefined): Html {
  if ('problem' in one)
    return html`<tr><th scope="row">${one.folder}</th><td></td><td><strong>${BUNDLES.unusable}</strong></td><td>${sentence(one.problem)}</td></tr>`
  const { bundle, name } = one
  const isActive = bundle.modelDigest === view.active.modelDigest
  const isShadow = bundle.digest === view.shadow?.bundle.digest
  const state = isActive
    ? html`<strong>${view.isBySettings ? BUNDLES.bySettings : BUNDLES.active}</strong>`
    : isShadow
      ? BUNDLES.inShadow
      : BUNDLES.idle
  const form = isActive || isShadow ? '' : decisionForm('shadow', BUNDLES.start, person, bundle)
  return html`<tr><th scope="row">${bundleName(bundle)}<br><span class="muted">${name}</span></th><td><code>${shortDigest(bundle.modelDigest)}</code></td><td>${state}</td><td>${form}</td></tr>`
}

function shadowPart(shadow: NonNullable<BundlesView['shadow']>, person: Reviewer | undefined): Html {
  const { bundle, since, problem, words, limits, cases, count } = shadow
  const title = `${bundleName(bundle)}: ${BUNDLES.inShadow}`
  const declared = words
    ? html`<dl>${Object.entries(words).map(([part, text]) => html`<dt>${PART_WORDS[part as keyof typeof words]}</dt><dd>${text}</dd>`)}</dl>`
    : html`<p class="muted">${problem === undefined ? BUNDLES.undeclared : `${sentence(problem)}.`}</p>`
  const isReady = problem === undefined && limits.every(({ isMet }) => isMet)
  return html`<section class="card concordance" id="shadow" aria-label="${title}"><h2>${title}</h2>
<p class="muted">${BUNDLES.since} ${timeOf(since)}, ${BUNDLES.digest} <code>${shortDigest(bundle.digest)}</code></p>
<h3>${BUNDLES.limits}</h3>${declared}
<div class="scroll"><table><thead><tr><th scope="col">${BUNDLES.part}</th><th scope="col">${BUNDLES.limit}</th><th scope="col">${BUNDLES.measured}</th><th scope="col">${BUNDLES.met}</th></tr></thead>
<tbody>${limits.map((state) => html`<tr><td>${PART_WORDS[state.limit.part]}</td><th scope="row">${changeLimitWords(state.limit)}</th><td>${changeMeasuredWords(state)}</td><td>${state.isMet ? BUNDLES.yes : html`<strong>${BUNDLES.no}</strong>`}</td></tr>`)}</tbody></table></div>
${isReady ? decisionForm('activate', BUNDLES.activate, person, bundle) : ''}
${decisionForm('end-shadow', BUNDLES.end, person)}
<h3>${BUNDLES.cases}: ${count}</h3>
${cases.length === 0 ? html`<p class="empty">${BUNDLES.noCases}</p>` : casesTable(cases)}</section>`
}

function casesTable(cases: readonly ShadowCase[]): Html {
  return html`<div class="scroll"><table><thead><tr><th scope="col">${BUNDLES.when}</th><th scope="col">${BUNDLES.study}</th><th scope="col">${BUNDLES.outlines}</th><th scope="col">${BUNDLES.calls}</th><th scope="col">${BUNDLES.seconds}</th></tr></thead>
<tbody>${cases.map(caseRow)}</tbody></table></div>`
}

function caseRow({ analysisId, comparedAt, regions, calls, seconds, failure, leftOut }: ShadowCase): Html {
  const study = html`<td>${timeOf(comparedAt)}</td><th scope="row"><a href="/analyses/${analysisId}">${shortDigest(analysisId)}</a></th>`
  const problem = failure ?? leftOut
  if (problem)
    return html`<tr>${study}<td colspan="3"><strong>${failure ? BUNDLES.failed : BUNDLES.leftOut}</strong>: ${problem.code}. ${sentence(problem.message)}</td></tr>`
  const changed = calls.filter(({ active, shadow }) => active !== shadow)
  return html`<tr>${study}<td>${lines(regions.map(overlapWords))}</td><td>${changed.length === 0 ? BUNDLES.same : lines(changed.map(changedCallWords))}</td><td>${secondsWords(seconds)}</td></tr>`
}

const lines = (texts: readonly string[]): Part[] => texts.map((text) => html`<div>${text}</div>`)

function rollbackPart(previous: BundleRef, person: Reviewer | undefined): Html {
  const title = `${BUNDLES.rollBackTo} ${bundleName(previous)}`
  return html`<section class="card concordance" id="rollback" aria-label="${title}"><h2>${title}</h2><p class="muted">${BUNDLES.alwaysAllowed}</p>${decisionForm('rollback', BUNDLES.rollBack, person)}</section>`
}

function decisionForm(action: BundleAction, label: string, person: Reviewer | undefined, bundle?: BundleRef): Html {
  return html`<form method="post" action="/bundles/${action}" class="turn-on">${bundle ? html`<input type="hidden" name="bundle" value="${bundle.digest}">` : ''}${person ? '' : html`<label>${BUNDLES.by} <input name="by" required maxlength="100" autocomplete="name"></label>`}<label>${BUNDLES.reason} <input name="reason" required maxlength="500"></label><button type="submit">${label}</button></form>`
}

function decisionsPart({ changes }: BundlesView): Html {
  const rows = changes.map(
    ({ at, action, bundle, by, reason }) =>
      html`<tr><td>${timeOf(at)}</td><th scope="row">${bundle ? `${bundleName(bundle)}: ` : ''}${ACTION_WORDS[action]}</th><td>${by}</td><td>${reason}</td></tr>`,
  )
  const table = html`<div class="scroll"><table><thead><tr><th scope="col">${BUNDLES.when}</th><th scope="col">${BUNDLES.what}</th><th scope="col">${BUNDLES.who}</th><th scope="col">${BUNDLES.reason}</th></tr></thead><tbody>${rows}</tbody></table></div>`
  return html`<section class="card concordance" aria-label="${BUNDLES.decisions}"><h2>${BUNDLES.decisions}</h2>${changes.length === 0 ? html`<p class="empty">${BUNDLES.none}</p>` : table}</section>`
}
