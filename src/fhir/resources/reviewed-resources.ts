// A person's decision in our resources (FHIR R4 statuses): final, amended or entered in error; who verified it, and what was corrected.
import type {
  Attachment,
  DiagnosticReport,
  Observation,
  Practitioner,
  Provenance,
  Reference,
  Resource,
  RiskAssessment,
} from '@medplum/fhirtypes'
import { type Edit, editSentence, type Review, reviewSentence, statusOf } from '../../domain/review.ts'
import { base64, sha1Base64 } from './attachment.ts'
import { UPDATE, VERIFIER } from './codes.ts'
import { metaOf, refer, type Wanted } from './context.ts'
import { keyValue } from './identifiers.ts'
import { escaped, narrative } from './narrative.ts'
import { WARNING } from './wording.ts'

/** The resource as it is after the review: `resource` is built from the result with its edits. */
export function reviewedForm(resource: Resource, role: string, review: Review): Resource {
  const edit = editOf(role, review)
  const worded = withSentence(resource, review)
  switch (worded.resourceType) {
    case 'DiagnosticReport':
      return reviewedReport(worded, review)
    case 'Observation':
      return reviewedObservation(worded, review, edit)
    case 'RiskAssessment':
      return { ...worded, status: rejected(review) ? 'entered-in-error' : 'final' } satisfies RiskAssessment
    default:
      return worded
  }
}

/** "observation.volume.ET" ← "measurement.ET", "observation.idh" ← "prediction.idh" */
function editOf(role: string, { edits }: Review): Edit | undefined {
  return edits.find(
    ({ target }) =>
      role === target.replace(/^measurement\./, 'observation.volume.').replace(/^prediction\./, 'observation.'),
  )
}

function rejected({ decision }: Review): boolean {
  return decision === 'reject'
}

/** The person, by the identifier that the site knows them by. */
export function practitioner({ reviewer }: Review): Reference<Practitioner> {
  const { identifier, system, name } = reviewer
  return { type: 'Practitioner', identifier: { ...(system && { system }), value: identifier }, display: name }
}

/** Wherever a text said that nobody had reviewed it, it now says who did. */
function withSentence(resource: Resource, review: Review): Resource {
  if (!('text' in resource) || !resource.text) return resource
  const sentence = escaped(reviewSentence(review))
  return { ...resource, text: { ...resource.text, div: resource.text.div.replaceAll(escaped(WARNING), sentence) } }
}

function reviewedReport(report: DiagnosticReport, review: Review): DiagnosticReport {
  const changes = review.edits.map((edit) => `${edit.target}: ${editSentence(review, edit)}`)
  const conclusion = (report.conclusion ?? '').replace(WARNING, [reviewSentence(review), ...changes].join('\n'))
  return {
    ...report,
    status: statusOf(review),
    resultsInterpreter: [practitioner(review)],
    conclusion,
    ...(report.presentedForm && {
      presentedForm: report.presentedForm.map((form) => reviewedAttachment(form, review)),
    }),
  }
}

/** The page says it too; the PDF that is given says it already. */
function reviewedAttachment(form: Attachment, review: Review): Attachment {
  if (form.contentType !== 'text/html' || form.data === undefined) return { ...form, creation: review.at }
  const page = Buffer.from(form.data, 'base64').toString('utf8')
  const bytes = new TextEncoder().encode(page.replaceAll(escaped(WARNING), escaped(reviewSentence(review))))
  return { ...form, data: base64(bytes), size: bytes.byteLength, hash: sha1Base64(bytes), creation: review.at }
}

/** Only what was corrected is amended; the software's value stays readable in the note, and in the version before. */
function reviewedObservation(observation: Observation, review: Review, edit: Edit | undefined): Observation {
  if (rejected(review)) return { ...observation, status: 'entered-in-error' }
  if (!edit) return { ...observation, status: 'final' }
  const note = { authorReference: practitioner(review), time: review.at, text: editSentence(review, edit) }
  return {
    ...observation,
    status: 'amended',
    method: { text: 'Corrected by the reviewer' },
    note: [note, ...(observation.note ?? [])],
  }
}

/** Who verified, when, and what (agent type verifier); one per review. R4 gives it no identifier, so a tag finds it again. */
export function reviewProvenance(analysisSystem: string, review: Review, targets: string[]): Wanted<Provenance> {
  const value = keyValue(review.analysisId, 'review', String(review.number))
  return {
    role: 'provenance.review',
    key: { resourceType: 'Provenance', param: '_tag', system: analysisSystem, value },
    build: (context) => ({
      resourceType: 'Provenance',
      meta: metaOf({ system: analysisSystem, code: value }),
      text: narrative([
        reviewSentence(review),
        ...review.edits.map((edit) => `${edit.target}: ${editSentence(review, edit)}`),
      ]),
      target: targets.map((role) => refer(context, role)),
      recorded: review.at,
      activity: UPDATE,
      ...(review.reason && { reason: [{ text: review.reason }] }),
      agent: [
        {
          type: VERIFIER,
          who: practitioner(review),
          ...(review.reviewer.organization && { onBehalfOf: { display: review.reviewer.organization } }),
        },
      ],
      entity: [{ role: 'source', what: refer(context, 'imagingStudy') }],
    }),
  }
}
