// The PDF after a person's decision (FHIR R4 DocumentReference): a new document that replaces the previous one, which is superseded.

import type { DocumentReference } from '@medplum/fhirtypes'
import { type Review, statusOf } from '../../domain/review.ts'
import { reviewSentence } from '../../wording/reviews.ts'
import { documentTitle } from './attachment.ts'
import type { ResourceSpec } from './context.ts'
import { DESCRIPTION, documentReference } from './document-reference.ts'
import { keyValue } from './identifiers.ts'
import { narrative } from './narrative.ts'
import { practitioner } from './reviewed-resources.ts'

/** Role of the document made by review `number`; 0 is the software's own. */
export function documentRole(number: number): string {
  return number === 0 ? 'documentReference' : `documentReference.review.${number}`
}

/** The context that it is built in holds the result and the PDF as the reviewer left them. */
export function reviewedDocument(analysisSystem: string, review: Review): ResourceSpec<DocumentReference> {
  const { analysisId, number } = review
  const value = keyValue(analysisId, 'pdf', 'review', String(number))
  const software = documentReference(analysisSystem, analysisId)
  const title = documentTitle(analysisId, number)
  return {
    role: documentRole(number),
    key: { ...software.key, value, title },
    build: (context) => {
      const document = software.build(context)
      const before = Array.from({ length: number }, (_, n) => documentRole(number - 1 - n)).find(context.holds)
      const [content] = document.content
      const said = review.edits.length > 0 ? 'reviewed and accepted with edits' : 'reviewed and accepted'
      return {
        ...document,
        identifier: [{ system: analysisSystem, value }],
        text: narrative([
          `${DESCRIPTION}, ${said}.`,
          'The document is the report on one page, as the reviewer left it.',
          reviewSentence(review),
        ]),
        docStatus: statusOf(review),
        date: review.at,
        authenticator: practitioner(review),
        description: `${DESCRIPTION}, ${said}`,
        content: [
          {
            ...content,
            attachment: { ...content!.attachment, title, creation: review.at },
          },
        ],
        ...(before && {
          relatesTo: [{ code: 'replaces', target: { reference: context.referenceTo(before) } }],
        }),
      }
    },
  }
}

/** The new form of a document from before the review; its bytes stay the same. */
export function formerDocument(stored: DocumentReference, review: Review): DocumentReference {
  const isRejected = review.decision === 'reject'
  return {
    ...stored,
    status: isRejected ? 'entered-in-error' : 'superseded',
    ...(isRejected && { docStatus: 'entered-in-error' as const }),
    text: narrative([
      `${DESCRIPTION}.`,
      isRejected ? reviewSentence(review) : `Replaced by a later document. ${reviewSentence(review)}`,
    ]),
  }
}
