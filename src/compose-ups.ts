// Wires the UPS-RS task performer: the worklist, its events, and the workitems that we claimed.
import { randomUUID } from 'node:crypto'
import { openConnection } from './dicomweb/client-connection.ts'
import { createEventHearing } from './dicomweb/client-socket.ts'
import { createWorklist } from './dicomweb/ups.ts'
import { createWays, type WaysMemory } from './dicomweb/ways.ts'
import type { Clock } from './domain/ports/clock.ts'
import type { Log } from './domain/ports/log.ts'
import type { Worklist } from './domain/ports/worklist.ts'
import type { Priority } from './domain/priority.ts'
import type { Uid } from './domain/study.ts'
import { followWorkitem } from './pipeline/follow-workitem.ts'
import type { Settings } from './settings/schema.ts'
import type { Store } from './store/store.ts'
import { createPerformer, type Performer } from './triggers/ups-performer.ts'

/** General Purpose Workitem Definition (PS3.16 CID 9231). */
const IMAGE_PROCESSING = { value: '110001', scheme: 'DCM', meaning: 'Image Processing' }

type UpsSettings = NonNullable<Settings['pacs']['ups']>

/** Only the worklist; `memory` remembers the form of requests that it accepts. */
export function openWorklist(pacs: Settings['pacs'], ups: UpsSettings, log: Log, memory?: WaysMemory): Worklist {
  const connection = openConnection({ ...pacs, url: ups.url ?? pacs.url })
  const { aeTitle, station, codes, subscribe } = ups
  const options = { aeTitle, station, codes, subscribe, work: IMAGE_PROCESSING, retrieveUrl: pacs.url }
  return createWorklist(connection, createWays({ log, memory }), options)
}

export interface UpsParts extends Pick<Store, 'analyses' | 'watch' | 'workitems'> {
  submit(studyInstanceUid: Uid, priority: Priority): Promise<string>
  memory: WaysMemory
  clock: Clock
  log: Log
}

/** Undefined if the settings name no worklist. */
export function openPerformer({ pacs }: Pick<Settings, 'pacs'>, parts: UpsParts): Performer | undefined {
  const { ups } = pacs
  if (ups === undefined) return undefined
  const { workitems, clock, log } = parts
  const worklist = openWorklist(pacs, ups, log, parts.memory)
  return createPerformer({
    worklist,
    hear: createEventHearing(pacs.auth),
    workitems,
    station: `${ups.station.scheme}|${ups.station.value}`,
    codes: ups.codes,
    newTransactionUid: () => `2.25.${BigInt(`0x${randomUUID().replaceAll('-', '')}`)}`,
    follow: (workitem) => followWorkitem({ ...parts, worklist }, workitem),
    clock,
    intervalSeconds: ups.intervalSeconds,
    log,
  })
}
