// gliabridge check-config: settings, bundle, data folder, PACS and EHR; every problem is reported, not only the first.
import { createDicomWebClient } from '../../dicomweb/client.ts'
import { type AppError, asAppError } from '../../domain/errors.ts'
import { createRecordStore } from '../../fhir/connection/client.ts'
import { loadBundle } from '../../inference/bundle/load.ts'
import { readSettings } from '../../settings/read.ts'
import { createLog } from '../../telemetry/log.ts'

export async function checkConfigCommand(config: string | undefined, options: { offline?: boolean }): Promise<void> {
  const settings = await readSettings(config, process.env)
  const log = createLog('error')
  const today = new Date().toISOString().slice(0, 10).replaceAll('-', '')
  const checks: [string, () => Promise<unknown>][] = [
    ['settings', async () => settings],
    [`bundle ${settings.inference.bundle}`, () => loadBundle(settings.inference.bundle)],
  ]
  if (!options.offline) {
    checks.push(
      [
        `PACS ${settings.pacs.url}`,
        () => createDicomWebClient({ ...settings.pacs, log }).searchStudies({ from: today, to: today }),
      ],
      [
        `EHR ${settings.ehr.url}`,
        () =>
          createRecordStore(settings.ehr).search('Patient', 'identifier', [
            `${settings.ehr.identifierSystem}|gliabridge-check`,
          ]),
      ],
    )
  }
  let failed = 0
  for (const [name, check] of checks) {
    const problem = await check().then(
      () => undefined,
      (thrown: unknown): AppError => asAppError(thrown),
    )
    process.stdout.write(
      problem
        ? `failed  ${name}\n        ${problem.code}: ${problem.message}\n        ${problem.hint}\n`
        : `ok      ${name}\n`,
    )
    if (problem) failed += 1
  }
  if (failed > 0) process.exitCode = 1
}
