// Where people and programs find what was posted.

import { baseUrlOf } from '../../domain/base-url.ts'
import type { EhrReceipt } from '../../domain/ports/clinical-record.ts'

/** URL of one resource in a receipt, by default the DiagnosticReport; undefined if the receipt has no such role. */
export function reportUrl(receipt: EhrReceipt, baseUrl: string, role = 'diagnosticReport'): string | undefined {
  const reference = receipt[role]
  return reference === undefined ? undefined : `${baseUrlOf(baseUrl)}/${reference}`
}
