// Starts the demo EHR on a loopback port: FHIR R4 in memory, forgotten when it stops.
import type { WithId } from '@medplum/core'
import type { Patient, Resource } from '@medplum/fhirtypes'
import { serveOnLoopback } from '../loopback.ts'
import { loadDefinitions } from './definitions.ts'
import { BASE_PATH, createEhrApp } from './ehr-app.ts'
import { DemoRepository } from './repository.ts'

export { demoPatient } from './patient.ts'

export interface DemoEhr {
  /** FHIR base URL. */
  url: string
  close(): Promise<void>
}

export interface DemoEhrOptions {
  /** 0, the default, takes a free port. */
  port?: number
  /** Patients that the EHR knows from the start; a patient with an id keeps it. */
  patients?: Patient[]
  /** The contents of another EHR, under the same ids; references may point forward. */
  contents?: WithId<Resource>[]
}

export async function startDemoEhr(options: DemoEhrOptions = {}): Promise<DemoEhr> {
  loadDefinitions()
  const repository = new DemoRepository()
  for (const patient of options.patients ?? []) {
    await (patient.id ? repository.updateResource(patient) : repository.createResource(patient))
  }
  await repository.withTransaction(async () => {
    for (const resource of options.contents ?? []) await repository.updateResource(resource)
  })
  const app = createEhrApp(repository, new Date().toISOString())
  const server = await serveOnLoopback(app.fetch, options.port ?? 0, { overrideGlobalObjects: false })
  return { url: `${server.origin}${BASE_PATH}`, close: () => server.close() }
}
