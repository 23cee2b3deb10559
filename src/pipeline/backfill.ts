// Studies from before the first start: which ones the archive has, and how the watch is told to take them.
import type { AuditTrail } from '../domain/ports/audit-trail.ts'
import type { ImageArchive } from '../domain/ports/image-archive.ts'
import type { Log } from '../domain/ports/log.ts'
import type { WatchDecision, WatchStore } from '../domain/ports/watch-store.ts'
import type { Uid } from '../domain/study.ts'
import { reachBack, sinceWhen } from '../triggers/poll-cursor.ts'

export interface OlderStudy {
  studyInstanceUid: Uid
  /** DICOM DA; empty if the archive gives no readable date. */
  studyDate: string
  instanceCount: number
  /** The earlier decision on it, if there was one. */
  decision?: WatchDecision
}

export interface BackfillPorts {
  archive: Pick<ImageArchive, 'searchStudies'>
  watch: Pick<WatchStore, 'cursor' | 'setCursor' | 'get'>
}

/** MR studies from `from` (DICOM DA) up to where the watch begins, and those without a readable date, oldest first. */
export async function olderStudies({ archive, watch }: BackfillPorts, from: string): Promise<OlderStudy[]> {
  const since = await sinceWhen(watch)
  const dated = await archive.searchStudies({ from, modality: 'MR' })
  const undated = await archive.searchStudies({ undated: true, modality: 'MR' })
  const older = [...undated, ...dated.filter(({ studyDate }) => since === undefined || studyDate < since)]
  const byUid = new Map(older.map((study) => [study.studyInstanceUid, study]))
  const studies: OlderStudy[] = []
  for (const { studyInstanceUid, studyDate, instanceCount } of byUid.values()) {
    const decision = (await watch.get(studyInstanceUid))?.decision
    studies.push({ studyInstanceUid, studyDate, instanceCount, ...(decision && { decision }) })
  }
  return studies.sort(
    (a, b) => a.studyDate.localeCompare(b.studyDate) || a.studyInstanceUid.localeCompare(b.studyInstanceUid),
  )
}

/** From the next search on, takes studies from `from` onwards, except those decided already. Returns the new beginning of the watch. */
export async function backfill(
  { watch, audit, log }: Pick<BackfillPorts, 'watch'> & { audit: AuditTrail; log: Log },
  from: string,
  by: string,
): Promise<{ since: string }> {
  await audit.record({
    action: 'read',
    target: 'pacs',
    studyInstanceUid: '',
    what: 'older studies, asked for by a person',
    outcome: 'success',
    user: { identifier: by, name: by },
  })
  await reachBack(watch, from)
  const since = (await sinceWhen(watch)) ?? from
  log.info({ since }, 'older studies are analysed from the next search on')
  return { since }
}
