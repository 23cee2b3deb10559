// Asks the archive what the service would ask; with write, stores an object that belongs to nobody and removes it again.

import { openWorklist } from '../../compose-ups.ts'
import { changeFeedOf, pollSettings } from '../../compose-watch.ts'
import { createDicomWebClient } from '../../dicomweb/client.ts'
import { authorizationOf, openConnection } from '../../dicomweb/client-connection.ts'
import { probeStorage } from '../../dicomweb/probe-storage.ts'
import { asAppError } from '../../domain/errors.ts'
import type { ImageArchive } from '../../domain/ports/image-archive.ts'
import type { Log } from '../../domain/ports/log.ts'
import type { Settings } from '../../settings/schema.ts'
import { dateDaysBefore, dateIn } from '../../triggers/poll-cursor.ts'
import { searchesOf } from '../../triggers/qido-poll.ts'
import { adviseOnArchive, adviseOnEmptyArchive } from './address.ts'
import { ChecksFailed, linesOf } from './check.ts'

export async function checkArchive(
  settings: Pick<Settings, 'pacs' | 'ehr'>,
  timeZone: string,
  { write, log }: { write: boolean; log: Log },
): Promise<string[]> {
  const archive = createDicomWebClient({ ...settings.pacs, log })
  try {
    const lines = [
      ...(await askArchive(archive, settings, timeZone)),
      ...(await askChangeFeed(settings)),
      ...(await askWorklist(settings, log)),
    ]
    const advice = await adviseOnEmptyArchive(settings.pacs.url, authorizationOf(settings.pacs.auth))
    if (advice.length > 0) throw new ChecksFailed(['what answers at pacs.url is not DICOMweb', ...advice])
    if (!write)
      return [
        ...lines,
        'untested: the right to store (check-config --write stores an object of nobody and takes it away)',
      ]
    const stored = await probeStorage(openConnection(settings.pacs), archive, settings.ehr.analysisSystem)
    return [...lines, ...stored]
  } catch (thrown) {
    if (thrown instanceof ChecksFailed) throw thrown
    const error = asAppError(thrown)
    throw new ChecksFailed([...linesOf(error), ...(await adviseOnArchive(settings.pacs.url, error))])
  }
}

async function askChangeFeed(settings: Pick<Settings, 'pacs'>): Promise<string[]> {
  const feed = changeFeedOf(settings)
  if (feed === undefined) return []
  await feed.after(await feed.end())
  return [`the change feed answers (${settings.pacs.changeFeed.type})`]
}

async function askWorklist({ pacs }: Pick<Settings, 'pacs'>, log: Log): Promise<string[]> {
  if (pacs.ups === undefined) return []
  const workitems = await openWorklist(pacs, pacs.ups, log).scheduled()
  return [`the worklist answers: ${workitems.length} workitems are scheduled`]
}

/** Runs the service's broad search, and for one study every request the service makes for a study, except storing. */
export async function askArchive(
  archive: ImageArchive,
  settings: Pick<Settings, 'pacs'>,
  timeZone: string,
  now: Date = new Date(),
): Promise<string[]> {
  const { firstLookbackDays } = pollSettings(settings)
  const from = dateDaysBefore(dateIn(timeZone, now), firstLookbackDays)
  const studyUids: string[] = []
  for (const query of searchesOf(from, true))
    studyUids.push(...(await archive.searchStudies(query)).map(({ studyInstanceUid }) => studyInstanceUid))
  const lines = [`${studyUids.length} MR studies since ${from} or without a date`]
  const [study] = studyUids
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
