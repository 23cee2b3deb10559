// Settings of documents and of how people decide on results.
import { z } from 'zod'
import { LANGUAGES } from '../domain/languages.ts'
import { flag } from './schema-parts.ts'

export function reportsSchema() {
  return z
    .strictObject({
      paper: z
        .enum(['A4', 'Letter'], { error: 'must be A4 or Letter' })
        .default('A4')
        .describe('Paper size of PDF documents.'),
      language: z
        .enum(LANGUAGES, { error: `must be one of ${LANGUAGES.join(', ')}` })
        .default('en')
        .describe(
          'Language of the report and of the meeting as PDF. What goes into the EHR as FHIR and into the archive as coded DICOM stays English, as do the pages.',
        ),
    })
    .prefault({})
    .describe('How PDF documents are set.')
}

export function reviewSchema() {
  return z
    .strictObject({
      ownOpinionFirst: flag(
        "A reviewer states an own opinion of each marker before the software's predictions, the report and the decision are shown to them; kept for /concordance. People must sign in (access).",
      ).default(false),
    })
    .prefault({})
    .describe('How people decide on results.')
}
