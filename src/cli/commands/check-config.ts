// gliabridge check-config: settings, bundle, data folder, PACS and EHR; every problem is reported, not only the first.
import { pollSettings, siteTimeZone } from '../../compose-watch.ts'
import { createDicomWebClient } from '../../dicomweb/client.ts'
import { type AppError, asAppError } from '../../domain/errors.ts'
import type { ImageArchive } from '../../domain/ports/image-archive.ts'
import { createRecordStore } from '../../fhir/connection/client.ts'
import { loadBundle } from '../../inference/bundle/load.ts'
import { readSettings } from '../../settings/read.ts'
import type { Settings } from '../../settings/schema.ts'
import { createLog } from '../../telemetry/log.ts'
import { dateDaysBefore, dateIn, searchesOf } from '../../triggers/qido-poll.ts'

export async function checkConfigCommand(config: string | undefined, options: { offline?: boolean }): Promise<void> {
  const settings = await readSettings(config, process.env)
  const log = createLog('error')
  const zone = siteTimeZone(settings)
  const whose = settings.institution.timeZone === undefined ? "the machine's" : 'of the settings'
  /** What a check found out, for its line of the report. */
  const checks: [string, () => Promise<string[]>][] = [
    ['settings', async () => [`time zone ${zone} (${whose}), where images state none`]],
    [
      `bundle ${settings.inference.bundle}`,
      async () => [(await loadBundle(settings.inference.bundle)).identity.modelDigest],
    ],
  ]
  if (!options.offline) {
    checks.push(
      [`PACS ${settings.pacs.url}`, () => askArchive(createDicomWebClient({ ...settings.pacs, log }), settings, zone)],
      [
        `EHR ${settings.ehr.url}`,
        async () => {
          const token = `${settings.ehr.identifierSystem}|gliabridge-check`
          await createRecordStore(settings.ehr).search('Patient', 'identifier', [token])
          return []
        },
      ],
    )
  }
  let failed = 0
  for (const [name, check] of checks) {
    const outcome = await check().catch((thrown: unknown): AppError => asAppError(thrown))
    const lines = Array.isArray(outcome) ? outcome : [`${outcome.code}: ${outcome.message}`, outcome.hint]
    if (!Array.isArray(outcome)) failed += 1
    process.stdout.write(`${Array.isArray(outcome) ? 'ok      ' : 'failed  '}${name}\n`)
    for (const line of lines) process.stdout.write(`        ${line}\n`)
  }
  if (failed > 0) process.exitCode = 1
}

/** Asks what the service asks at a wide look, and of one study what it asks of every study, short of storing anything. */
export async function askArchive(
  archive: ImageArchive,
  settings: Pick<Settings, 'pacs'>,
  timeZone: string,
  now: Date = new Date(),
): Promise<string[]> {
  const { firstLookbackDays } = pollSettings(settings)
  const from = dateDaysBefore(dateIn(timeZone, now), firstLookbackDays)
  const found: string[] = []
  for (const query of searchesOf(from, true))
    found.push(...(await archive.searchStudies(query)).map(({ studyInstanceUid }) => studyInstanceUid))
  const lines = [`${found.length} MR studies since ${from} or without a date`]
  const [study] = found
  if (study === undefined)
    lines.push('no study to try metadata and images with; more are found with a larger pacs.poll.lookBackDays')
  else {
    await archive.searchInstances(study)
    const { series } = await archive.retrieveMetadata(study)
    const { seriesInstanceUid, instances } = series.find(({ modality }) => modality === 'MR') ?? series[0]!
    const { sopInstanceUid } = instances[0]!
    for await (const _ of archive.retrieveSeries(study, seriesInstanceUid, [sopInstanceUid])) break
    lines.push('instances, metadata and images of one study were read')
  }
  const ways = Object.entries((await archive.ways?.()) ?? {})
  if (ways.length === 0) return [...lines, 'it takes every question as the standard has it']
  return [...lines, ...ways.map(([question, way]) => `${question}: ${way} (found out; the standard way is refused)`)]
}
