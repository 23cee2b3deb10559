// The demo's settings: short waits, and studies of any date.
import { fileURLToPath } from 'node:url'
import { ANALYSIS_SYSTEM, type Servers } from './servers.ts'

export const DEFAULT_BUNDLE = fileURLToPath(new URL('../config/models/glioma-cascade-1mm', import.meta.url))

/** Settings as a site would write them in its file. */
export function demoSettings(servers: Servers, local: { dataDir: string; port: number }) {
  return {
    pacs: {
      url: servers.pacs.url,
      auth: servers.pacs.auth,
      settleSeconds: 2,
      poll: { intervalSeconds: 1, lookBackDays: 36_500 },
    },
    ehr: {
      url: servers.ehr.url,
      auth: servers.ehr.auth,
      identifierSystem: servers.ehr.identifierSystem,
      analysisSystem: ANALYSIS_SYSTEM,
    },
    inference: { bundle: DEFAULT_BUNDLE },
    store: { dataDir: local.dataDir },
    http: { port: local.port },
    institution: { name: 'Gliabridge demo' },
  }
}
