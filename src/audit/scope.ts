// On whose study a request to the EHR is made: carried alongside the calls, since a FHIR request itself does not name the study.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Uid } from '../domain/study.ts'

export interface AuditScope {
  studyInstanceUid: Uid
  /** The person on whose behalf, when there is one. */
  user?: { identifier: string; name: string }
  /** "Patient/12", once the patient was found. */
  patient?: string
  /** How many requests were recorded. */
  recorded: number
}

const storage = new AsyncLocalStorage<AuditScope>()

export function withinScope<T>(scope: AuditScope, work: () => Promise<T>): Promise<T> {
  return storage.run(scope, work)
}

export function currentScope(): AuditScope | undefined {
  return storage.getStore()
}
