// A fetch for the FHIR client that records every request about a study's patient in the audit trail, and labels each with an X-Request-Id.

import { baseUrlOf } from '../domain/base-url.ts'
import { jsonOf } from '../domain/json-text.ts'
import type { AuditTrail } from '../domain/ports/audit-trail.ts'
import type { RecordScope } from '../domain/ports/clinical-record.ts'
import { entriesOf } from './interactions.ts'

export interface AuditedFetchOptions {
  /** FHIR base URL; requests elsewhere (token endpoints) contain no patient data. */
  baseUrl: string
  scope: RecordScope
  audit: AuditTrail
  send: typeof fetch
  newId(): string
}

/** The entry is stored before the caller gets the answer. If it cannot be stored, the request fails: what cannot be audited must not go on. */
export function auditFetch({ baseUrl, scope, audit, send, newId }: AuditedFetchOptions): typeof fetch {
  const base = baseUrlOf(baseUrl)
  // "Patient/12", once a request has named the patient: the next request may not.
  let knownPatient: string | undefined
  return async (input, init = {}) => {
    const url = input instanceof Request ? input.url : String(input)
    if (!url.startsWith(base) || !/^([/?]|$)/.test(url.slice(base.length))) return send(input, init)
    const requestId = newId()
    const headers = new Headers(init.headers)
    headers.set('x-request-id', requestId)
    const method = init.method ?? 'GET'
    const record = async (response: Response | undefined) => {
      const entries = entriesOf({
        method,
        path: url.slice(base.length),
        body: jsonOf(typeof init.body === 'string' ? init.body : ''),
        succeeded: response?.ok ?? false,
        answer: response?.ok ? await bodyOf(response) : undefined,
        location: response?.headers.get('location') ?? response?.headers.get('content-location') ?? undefined,
      })
      for (const entry of entries) {
        knownPatient = entry.patient ?? knownPatient
        await audit.record({
          ...entry,
          ...scope,
          target: 'ehr',
          server: base,
          requestId,
          ...(knownPatient && { patient: knownPatient }),
        })
      }
    }
    let response: Response
    try {
      response = await send(input, { ...init, headers })
    } catch (error) {
      await record(undefined)
      throw error
    }
    await record(response)
    return response
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  try {
    return jsonOf(await response.clone().text())
  } catch {
    // The answer broke off: the caller runs into the same error and reports it.
    return undefined
  }
}
