// The PDF as a FHIR R4 Attachment, in itself or behind a Binary, with size and SHA-1 so that it can be told apart.
import { createHash } from 'node:crypto'
import type { Attachment, Binary } from '@medplum/fhirtypes'
import type { EhrReport } from '../domain/ports.ts'
import type { BuildContext } from './context.ts'

/** Above this the PDF goes up as one Binary: servers cap inline base64 (Medplum at 1 MiB), and two resources carry it. */
export const INLINE_LIMIT_BYTES = 512 * 1024

const PDF = 'application/pdf'

export function sha1Base64(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('base64')
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

export function pdfAttachment(context: BuildContext): Attachment {
  const { pdf, result } = context.report
  return {
    contentType: PDF,
    language: 'en',
    ...context.pdf,
    size: pdf.byteLength,
    hash: sha1Base64(pdf),
    title: `MR glioma analysis ${result.analysisId}.pdf`,
    creation: result.analysedAt,
  }
}

export function pdfBinary(report: EhrReport): Binary {
  return { resourceType: 'Binary', contentType: PDF, data: base64(report.pdf) }
}
