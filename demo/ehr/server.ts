// Starts the demo EHR on a loopback port: FHIR R4 in memory, forgotten when it stops.
import type { AddressInfo } from 'node:net'
import { type ServerType, serve } from '@hono/node-server'
import type { Patient } from '@medplum/fhirtypes'
import { BASE_PATH, createEhrApp } from './app.ts'
import { loadDefinitions } from './definitions.ts'
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
  /** Patients that the EHR knows from the start; one with an id keeps it. */
  patients?: Patient[]
}

export async function startDemoEhr(options: DemoEhrOptions = {}): Promise<DemoEhr> {
  loadDefinitions()
  const repository = new DemoRepository()
  for (const patient of options.patients ?? []) {
    await (patient.id ? repository.updateResource(patient) : repository.createResource(patient))
  }
  const app = createEhrApp(repository, new Date().toISOString())
  const { server, port } = await listen(app.fetch, options.port ?? 0)
  return { url: `http://127.0.0.1:${port}${BASE_PATH}`, close: () => stop(server) }
}

function listen(fetch: (request: Request) => Response | Promise<Response>, port: number) {
  return new Promise<{ server: ServerType; port: number }>((resolve, reject) => {
    const server = serve({ fetch, port, hostname: '127.0.0.1', overrideGlobalObjects: false }, (address: AddressInfo) =>
      resolve({ server, port: address.port }),
    )
    server.once('error', reject)
  })
}

function stop(server: ServerType): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()))
    if ('closeAllConnections' in server) server.closeAllConnections()
  })
}
