// Wires HL7 v2 over MLLP: its messages become hints that survive a restart.
import { randomUUID } from 'node:crypto'
import { readTls } from './compose-archive.ts'
import type { Clock } from './domain/ports/clock.ts'
import type { HintStore } from './domain/ports/hint-store.ts'
import type { Log } from './domain/ports/log.ts'
import { listenMllp } from './receiving/hl7/mllp.ts'
import type { Listener } from './receiving/listener.ts'
import type { Settings } from './settings/schema.ts'

export interface Hl7Parts {
  hints: Pick<HintStore, 'add'>
  clock: Clock
  log: Log
}

/** Undefined if the site accepts no messages. `onHeard`: there is a hint to follow now. */
export async function listenHl7(
  { receive: { hl7 } }: Pick<Settings, 'receive'>,
  { hints, clock, log }: Hl7Parts,
  onHeard: () => void,
): Promise<Listener | undefined> {
  const { port } = hl7
  if (port === undefined) return undefined
  const tls = await readTls(hl7.tls, 'receive.hl7.tls')
  return listenMllp({ ...hl7, port, tls, hints, onHeard, clock, log, newControlId: () => randomUUID().slice(0, 20) })
}
