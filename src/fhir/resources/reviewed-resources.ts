// A person's decision in our resources (FHIR R4 statuses): final, amended or entered in error; who verified it, and what was corrected.

import type {
  DiagnosticReport,
  Media,
  Observation,
  Practitioner,
  Provenance,
  Reference,
  Resource,
  RiskAssessment,
} from '@medplum/fhirtypes'
import { type Edit, type Review, statusOf } from '../../domain/review.ts'
import { correctionLines, standingSentence } from '../../wording/report-text.ts'
import { editSentence } from '../../wording/reviews.ts'
import { UPDATE, VERIFIER } from './codes.ts'
import { type BuildContext, metaOf, type ResourceSpec, refer } from './context.ts'
import { keyValue } from './identifiers.ts'
import { narrative } from './narrative.ts'

/** The resource after the review; the context holds the edited result and the review, so that the text is that of the review. */
export function reviewedForm(spec: ResourceSpec, context: BuildContext & { review: Review }): Resource {
  const { review } = context
  const resource = spec.build(context)
  switch (resource.resourceType) {
    case 'DiagnosticReport':
      return reviewedReport(resource, review)
    case 'Observation':
      return reviewedObservation(
        resource,
        review,
        review.edits.find(({ target }) => target === spec.editTarget),
      )
    case 'RiskAssessment':
      return { ...resource, status: rejected(review) ? 'entered-in-error' : 'final' } satisfies RiskAssessment
    case 'Media':
      return { ...resource, status: rejected(review) ? 'entered-in-error' : resource.status } satisfies Media
    default:
      return resource
  }
}

function rejected({ decision }: Review): boolean {
  return decision === 'reject'
}

/** The person, by the identifier that the site uses for them. */
export function practitioner({ reviewer }: Review): Reference<Practitioner> {
  const { identifier, system, name } = reviewer
  return { type: 'Practitioner', identifier: { ...(system && { system }), value: identifier }, display: name }
}

function reviewedReport(report: DiagnosticReport, review: Review): DiagnosticReport {
  return { ...report, status: statusOf(review), resultsInterpreter: [practitioner(review)] }
}

/** Only what was corrected is amended; the software's value stays readable in the note and in the previous version. */
function reviewedObservation(observation: Observation, review: Review, edit: Edit | undefined): Observation {
  if (rejected(review)) return { ...observation, status: 'entered-in-error' }
  if (!edit) return { ...observation, status: 'final' }
  const note = { authorReference: practitioner(review), time: review.at, text: editSentence(review, edit) }
  return {
    ...observation,
    status: 'amended',
    method: {
      text:
        edit.isDerived && review.redrawn
          ? 'Measured by software on outlines that the reviewer corrected'
          : 'Corrected by the reviewer',
    },
    note: [note, ...(observation.note ?? [])],
  }
}

/** Who verified, when, and what (agent type verifier); one per review. R4 gives it no identifier, so it is found by a tag. */
export function reviewProvenance(analysisSystem: string, review: Review, targets: string[]): ResourceSpec<Provenance> {
  const value = keyValue(review.analysisId, 'review', String(review.number))
  return {
    role: 'provenance.review',
    key: { resourceType: 'Provenance', param: '_tag', system: analysisSystem, value },
    build: (context) => ({
      resourceType: 'Provenance',
      meta: metaOf({ system: analysisSystem, code: value }),
      text: narrative([standingSentence(review), ...correctionLines(review)]),
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
