// The two servers of the demo: embedded, or real ones by address with credentials from the environment.
import { join } from 'node:path'
import type { PatientIdentity } from '../src/domain/study.ts'
import { startDemoArchive } from './archive/archive-server.ts'
import { demoPatient, startDemoEhr } from './ehr/ehr-server.ts'

export const IDENTIFIER_SYSTEM = 'https://gliabridge.org/demo/mrn'
export const ANALYSIS_SYSTEM = 'https://gliabridge.org/demo/analysis'

type AuthSettings =
  | { type: 'none' }
  | { type: 'basic'; username: string; password: { env: string } }
  | { type: 'bearer'; token: { env: string } }

export interface Servers {
  pacs: { url: string; auth: AuthSettings }
  ehr: { url: string; auth: AuthSettings; identifierSystem: string }
  close(): Promise<void>
}

/** Starts the servers that are not given by address; the embedded EHR knows the study's patient, as a hospital's would. */
export async function openServers(
  options: { pacs?: string; ehr?: string; environment: Record<string, string | undefined> },
  folder: string,
  patient: PatientIdentity,
): Promise<Servers> {
  const archive = options.pacs ? undefined : await startDemoArchive({ dataDir: join(folder, 'archive') })
  const ehr = options.ehr ? undefined : await startDemoEhr({ patients: [demoPatient(patient, IDENTIFIER_SYSTEM)] })
  return {
    pacs: {
      url: options.pacs ?? archive!.url,
      auth: archive ? { type: 'none' } : authFrom(options.environment, 'PACS'),
    },
    ehr: {
      url: options.ehr ?? ehr!.url,
      auth: ehr ? { type: 'none' } : authFrom(options.environment, 'EHR'),
      identifierSystem: options.environment.GLIABRIDGE_EHR_IDENTIFIER_SYSTEM ?? IDENTIFIER_SYSTEM,
    },
    async close() {
      await archive?.close()
      await ehr?.close()
    },
  }
}

/** Which of the documented variables are set decides how we log in; the secrets themselves stay in the environment. */
function authFrom(environment: Record<string, string | undefined>, system: 'PACS' | 'EHR'): AuthSettings {
  const name = (suffix: string) => `GLIABRIDGE_${system}_${suffix}`
  if (environment[name('TOKEN')]) return { type: 'bearer', token: { env: name('TOKEN') } }
  const username = environment[name('USERNAME')]
  if (!username) return { type: 'none' }
  return { type: 'basic', username, password: { env: name('PASSWORD') } }
}
