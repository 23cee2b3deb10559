// The report as FHIR R4 Attachments: inline HTML, and the PDF inline or in a Binary, with size and SHA-1 to identify them.
import { createHash } from 'node:crypto'
import type { Attachment, Binary } from '@medplum/fhirtypes'
import type { EhrReport } from '../../domain/ports/clinical-record.ts'
import { type BuildContext, metaOf } from './context.ts'
import { htmlForm } from './html-form.ts'

/** A larger PDF is uploaded as one Binary: servers limit inline base64 (Medplum to 1 MiB), and two resources contain it. */
export const INLINE_LIMIT_BYTES = 512 * 1024

const PDF = 'application/pdf'

export function sha1Base64(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('base64')
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

/** "MR glioma analysis 0f3a.pdf", or "… 0f3a, review 2.pdf": names analysis and review, for servers that drop identifiers. */
export function documentTitle(analysisId: string, review?: number): string {
  return `MR glioma analysis ${analysisId}${review === undefined ? '' : `, review ${review}`}.pdf`
}

export function pdfAttachment(context: BuildContext): Attachment {
  const { report, review } = context
  const { pdf, result } = report
  return {
    contentType: PDF,
    language: 'en',
    ...context.pdf,
    size: pdf.byteLength,
    hash: sha1Base64(pdf),
    title: documentTitle(result.analysisId),
    creation: review?.at ?? result.analysedAt,
  }
}

export function htmlAttachment(context: BuildContext): Attachment {
  const { report, review } = context
  const { result } = report
  const bytes = new TextEncoder().encode(htmlForm(context))
  return {
    contentType: 'text/html',
    language: 'en',
    data: base64(bytes),
    size: bytes.byteLength,
    hash: sha1Base64(bytes),
    title: `MR glioma analysis ${result.analysisId}.html`,
    creation: review?.at ?? result.analysedAt,
  }
}

export function pdfBinary(report: EhrReport): Binary {
  return { resourceType: 'Binary', meta: metaOf(), contentType: PDF, data: base64(report.pdf) }
}
