// gliabridge check-config: checks settings, state, pages, bundle and providers, PACS and EHR; reports every problem, not only the first.
import { siteTimeZone } from '../../compose-watch.ts'
import { readSettings } from '../../settings/read.ts'
import { createLog } from '../../telemetry/log.ts'
import { checkAccess } from '../checks/access.ts'
import { type Check, outcomeOf, printOutcome } from '../checks/check.ts'
import { checkStore } from '../checks/database.ts'
import { checkEhr } from '../checks/ehr.ts'
import { checkImages } from '../checks/images.ts'
import { checkInference } from '../checks/inference.ts'
import { checkArchive } from '../checks/pacs.ts'
import { checkPort } from '../checks/port.ts'
import { checkReceiving } from '../checks/receive.ts'

export interface CheckConfigOptions {
  offline?: boolean
  /** Test the rights to write, with objects that belong to nobody. */
  write?: boolean
}

export async function checkConfigCommand(config: string | undefined, options: CheckConfigOptions): Promise<void> {
  const settings = await readSettings(config, process.env)
  const log = createLog('error')
  const write = options.write ?? false
  const zone = siteTimeZone(settings)
  const whose = settings.institution.timeZone === undefined ? "the machine's" : 'of the settings'
  const checks: Check[] = [
    { name: 'settings', run: async () => [`time zone ${zone} (${whose}), where images state none`] },
    { name: 'state', run: () => checkStore(settings.store, log) },
    { name: 'images for the pages', run: () => checkImages(settings) },
    { name: 'pages', run: () => checkPort(settings.http) },
    { name: 'receiving', run: () => checkReceiving(settings) },
    { name: `bundle ${settings.inference.bundle}`, run: () => checkInference(settings.inference, log) },
  ]
  if (!options.offline) {
    checks.push(
      { name: 'access', run: () => checkAccess(settings) },
      { name: `PACS ${settings.pacs.url}`, run: () => checkArchive(settings, zone, { write, log }) },
      { name: `EHR ${settings.ehr.url}`, run: () => checkEhr(settings, { write }) },
    )
  }
  for (const check of checks) {
    const outcome = await outcomeOf(check)
    if (!outcome.ok) process.exitCode = 1
    process.stdout.write(printOutcome(outcome))
  }
}
