// The study page: one analysis from arrival to delivery, with results, reasons and history.

import { html } from 'hono/html'
import type { Right } from '../domain/access.ts'
import { type AnalysisEvent, type AnalysisRecord, isAboutPatient } from '../domain/analysis.ts'
import { ERRORS, type ErrorCode } from '../domain/errors.ts'
import type { ArtifactRole } from '../domain/ports/analysis-store.ts'
import type { Priority } from '../domain/priority.ts'
import type { Reviewer } from '../domain/review.ts'
import { SEX_NAMES } from '../wording/names.ts'
import { readDate } from '../wording/quantities.ts'
import { STATES, WITHDRAWN } from '../wording/web-pages.ts'
import { PRIORITY_NAMES, WORKLIST } from '../wording/worklist.ts'
import { boardRecordPart } from './board-record.ts'
import { comparisonSection } from './comparison-section.ts'
import { doubtPictures } from './doubt-section.ts'
import { ageAt, formatName, inLanguage, sentence, timeOf } from './format.ts'
import type { Html, Part } from './html.ts'
import { icon } from './icons.ts'
import { livePart, page } from './layout.ts'
import { mustStateOpinion, opinionForm } from './opinion-form.ts'
import { deliverySection, historySection, progressSection } from './progress-sections.ts'
import { predictionsSection, provenanceSection, qualitySection, volumesSection } from './result-sections.ts'
import { reviewCount, reviewForm, takesStrokes } from './review-form.ts'
import { isRejected, notice, reviewStatement, withdrawn } from './review-section.ts'
import { seriesChoice, seriesSection } from './series-section.ts'
import { readSummary, type Summary } from './summary.ts'
import { firstSlice, type ImagesOnPage, viewerSection } from './viewer-section.ts'
import { stateBadge } from './worklist.ts'
import { worksheetSection } from './worksheet-section.ts'

export interface StudyView {
  record: AnalysisRecord
  events: AnalysisEvent[]
  /** Roles of the artefacts that exist. */
  roles: ReadonlySet<ArtifactRole>
  /** Version of this analysis, read before everything else. */
  version: string
  /** Other analyses of the same study. */
  siblings: AnalysisRecord[]
  /** Address in the hospital's viewer, if there is one. */
  viewerUrl?: string
  /** Absent if none are kept. */
  images?: ImagesOnPage
  /** Where the browser's modules are. */
  scripts?: { base: string; names: readonly string[] }
  /** Who signed in, if known. */
  user?: string
  /** Whether people state their own opinion before they see the software's predictions. */
  asksOpinion?: boolean
  /** FHIR base of the EHR, for links to what the record states. */
  recordUrl?: string
  software?: string
  /** The person who signed in here; their name goes with their requests. */
  person?: Reviewer
  /** What they may do; everything if nobody signs in here. */
  may?: (right: Right) => boolean
}

export function studyPage(view: StudyView): Html {
  const { record, events, may = () => true } = view
  const summary = readSummary(record)
  const path = `/analyses/${record.analysisId}`
  const isFolded = foldsPredictions(view)
  const decision = isFolded ? opinionForm(record, path) : reviewForm(record, path, view)
  const main = [
    html`<nav class="crumb" aria-label="Back"><a href="/">${icon('back')}Worklist</a></nav>`,
    html`<div class="head-row">${livePart('head', head(view, summary))}${livePart('files', files(view, path, isFolded))}</div>`,
    livePart('status', status(view, path)),
    livePart('images', viewerSection(path, view.images, { canDraw: may('decide') && takesStrokes(record) })),
    livePart('reviewed', reviewCount(record)),
    livePart('decide', may('decide') ? decision : ''),
    html`<div class="columns"><div class="column">${results(view, summary, isFolded)}</div>
<div class="column">${livePart('progress', progressSection(record, events))}${livePart('delivery', deliverySection(record))}${livePart('quality', qualitySection(summary))}</div></div>`,
    livePart('report', isFolded ? '' : report(view, path)),
    livePart('decisions', seriesSection(summary, path)),
    livePart('choose', may('resolve') ? seriesChoice(record, summary, path, view.person) : ''),
    livePart('provenance', provenanceSection(record, summary)),
    livePart('history', historySection(events)),
  ]
  return page({
    title: `Analysis ${record.analysisId.slice(0, 8)}`,
    main,
    ...(view.scripts && { modules: view.scripts }),
    ...(view.scripts && view.images && { preload: firstSlice(path, view.images) }),
    live: { events: `/events?analysis=${record.analysisId}&since=${view.version}`, refreshSeconds: 10 },
    ...(view.software ? { software: view.software } : {}),
    ...(view.person && { person: view.person }),
  })
}

/** Whether this person must say what they think before the predictions, and what rests on them, are shown. */
function foldsPredictions({ record, events, person, asksOpinion, may = () => true }: StudyView): boolean {
  return asksOpinion === true && person !== undefined && may('decide') && mustStateOpinion(record, events, person)
}

/** The parts have the same names whether the results stand or are withdrawn, so that an open page takes over a rejection. */
function results({ record, images, recordUrl }: StudyView, summary: Summary, isFolded: boolean): Html[] {
  const sections = {
    volumes: volumesSection(summary, images),
    comparison: comparisonSection(summary),
    worksheet: worksheetSection(summary, recordUrl),
    predictions: isFolded ? '' : predictionsSection(summary),
  }
  const shown = isRejected(record)
    ? {
        volumes: withdrawn(Object.values(sections)),
        comparison: '' as const,
        worksheet: '' as const,
        predictions: '' as const,
      }
    : sections
  return Object.entries(shown).map(([id, part]) => livePart(id, part))
}

function head({ record, siblings, recordUrl }: StudyView, { patient, study, boardRecord }: Summary): Html {
  const name = patient ? formatName(patient.patientName) || patient.patientId : ''
  const age = patient ? ageAt(patient.patientBirthDate, study?.studyDate ?? '') : undefined
  const facts: [string, string | undefined][] = [
    ['Patient ID', patient?.patientId],
    [
      'Born',
      patient && [readDate(patient.patientBirthDate), age === undefined ? '' : `(${age} y)`].filter(Boolean).join(' '),
    ],
    ['Sex', patient && (SEX_NAMES[patient.patientSex] ?? patient.patientSex)],
    ['Study date', study && readDate(study.studyDate)],
    ['Study', study?.studyDescription],
    ['Accession', study?.accessionNumber],
    ['Referred by', study && formatName(study.referringPhysicianName)],
  ]
  return html`<div class="head">
<h1${name ? inLanguage(name) : html` class="uid"`}>${name || record.studyInstanceUid}</h1>
<dl class="facts">${facts.map(([label, value]) => (value ? html`<div><dt>${label}</dt><dd>${value}</dd></div>` : ''))}
${name ? html`<div><dt>Study UID</dt><dd class="uid">${record.studyInstanceUid}</dd></div>` : ''}</dl>
${boardRecordPart(boardRecord, recordUrl)}${others(record, siblings)}</div>`
}

function others(record: AnalysisRecord, siblings: AnalysisRecord[]): Part {
  const rest = siblings.filter(({ analysisId }) => analysisId !== record.analysisId)
  if (rest.length === 0) return ''
  const links = rest.map(
    ({ analysisId, createdAt, state }) =>
      html`<li><a href="/analyses/${analysisId}">${timeOf(createdAt)}</a> ${stateBadge(state)}</li>`,
  )
  return html`<p class="others">Other analyses of this study:</p><ul class="others-list">${links}</ul>`
}

function status(view: StudyView, path: string): Html {
  const { record, events, person, may = () => true } = view
  const { state, hold, legs } = record
  const isWithdrawn = isRejected(record) && state === 'delivered'
  const sentenceOf = isWithdrawn ? WITHDRAWN : STATES[state].sentence
  const since = events.findLast(({ kind }) => kind === 'state')?.at ?? record.updatedAt
  const late = state === 'analysed' && legs.some((leg) => leg.state === 'waiting' && leg.lastError)
  const again =
    late && may('resolve')
      ? html`<form method="post" action="${path}/retry"><button type="submit">Try again now</button></form>`
      : ''
  return html`<section class="status status-${state}" aria-labelledby="status-title">
${reviewStatement(record)}<div role="status" class="status-line">${isWithdrawn ? '' : stateBadge(state)}<p id="status-title">${late ? 'Analysed; a delivery failed and is tried again by itself.' : sentenceOf}</p><span class="muted">since ${timeOf(since)}</span>${again}</div>
${
  hold
    ? html`<div class="hold"><p class="reason">${sentence(hold.message)}</p><p class="hint">${ERRORS[hold.code]?.[1] ?? ''}</p><p class="code">${hold.code}</p>${doubtPictures(record, path)}
${may('resolve') ? releaseForms(hold.code, path, person) : ''}</div>`
    : ''
}
${priorityForm(view, path)}${notice(record)}
</section>`
}

/** While there is still something to do earlier or later. */
function priorityForm({ record, user, person, may = () => true }: StudyView, path: string): Part {
  const { state, priority } = record
  if (state === 'delivered' || state === 'superseded' || !may('resolve')) return ''
  const by = person
    ? ''
    : html`<label>${WORKLIST.by} <input name="by" required maxlength="100" autocomplete="name" value="${user ?? ''}"></label>`
  const options = (Object.keys(PRIORITY_NAMES) as Priority[]).map(
    (name) => html`<option value="${name}"${name === priority ? html` selected` : ''}>${PRIORITY_NAMES[name]}</option>`,
  )
  return html`<form class="priority-form" method="post" action="${path}/priority"><label>${WORKLIST.priority} <select name="priority">${options}</select></label>${by}<button type="submit">${WORKLIST.set}</button></form>`
}

function files({ record, roles, viewerUrl }: StudyView, path: string, isFolded: boolean): Part {
  const links = [
    viewerUrl
      ? html`<a class="button" href="${viewerUrl}" rel="noreferrer" target="_blank">Open the images ${icon('out')}</a>`
      : '',
    roles.has('pdf') && !isFolded ? html`<a class="button" href="${path}/report.pdf">Report (PDF)</a>` : '',
    roles.has('segmentation')
      ? html`<a class="button" href="${path}/segmentation.dcm" download="segmentation-${record.analysisId.slice(0, 8)}.dcm">Segmentation (DICOM${isRejected(record) ? ', rejected' : ''})</a>`
      : '',
  ].filter((link) => link !== '')
  return links.length > 0 ? html`<p class="buttons">${links}</p>` : ''
}

/** Closed at first: a browser's PDF viewer takes the keyboard away from the images as soon as it has loaded. */
function report({ roles }: StudyView, path: string): Part {
  if (!roles.has('pdf')) return ''
  return html`<details class="card report" id="report-details"><summary><h2>Report</h2></summary>
<iframe src="${path}/report.pdf#toolbar=0&navpanes=0&view=FitH" title="Report of this analysis as PDF" loading="lazy"></iframe>
<p class="narrow-only">On a small screen the report is better read as a file: <a href="${path}/report.pdf">open the PDF</a>.</p></details>`
}

function releaseForms(code: ErrorCode, path: string, person: Reviewer | undefined): Html {
  return html`${isAboutPatient(code) ? confirmForm(path, person) : ''}<form method="post" action="${path}/resolve"><button type="submit" class="primary">Release the hold</button><span class="muted">Work goes on where it stopped; results that were delivered are not delivered twice.</span></form>`
}

/** A person may know whose images these are when identifier and name do not tell. */
function confirmForm(path: string, person: Reviewer | undefined): Html {
  return html`<form method="post" action="${path}/resolve"><label>Patient id in the EHR <input name="patient" required maxlength="72" autocomplete="off"></label>${person ? '' : html`<label>Confirmed by <input name="by" required maxlength="100" autocomplete="name"></label>`}<button type="submit">Confirm this patient</button></form>`
}
