// The letterhead of a site, how it delivers reviews, and a report on it that nobody has reviewed.
import type { Language } from '../../src/domain/languages.ts'
import { fontFiles } from '../../src/fonts/files.ts'
import type { ReviewOptions } from '../../src/pipeline/review.ts'
import type { Letterhead } from '../../src/reports/page-content.ts'
import { drawReportPdf, type ReportInput, reportFigures } from '../../src/reports/pdf.ts'

export const letterheadOf = (institution = '', language: Language = 'en'): Letterhead => ({
  institution,
  language,
  fonts: fontFiles,
})

export const REVIEW_OPTIONS: ReviewOptions = {
  excludedRoles: new Set(),
  maxAttempts: { pacs: 3, ehr: 3 },
  letterhead: letterheadOf('Haus am See'),
  rejectSuperseded: true,
}

export async function renderReportPdf(input: ReportInput & { institution?: string }): Promise<Uint8Array> {
  const letterhead = letterheadOf(input.institution)
  return drawReportPdf({ result: input.result, figures: reportFigures(input), letterhead })
}
