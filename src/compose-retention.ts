// Wires how long analyses are kept.
import type { Clock } from './domain/ports/clock.ts'
import type { Log } from './domain/ports/log.ts'
import { startLoop } from './domain/repeat.ts'
import { keepRetention } from './domain/retention.ts'
import { type ErasePorts, eraseByAge } from './pipeline/erase.ts'
import type { Settings } from './settings/schema.ts'

/** Starts retention if the site sets a limit; the returned function stops it and waits until it has ended. */
export function startRetention(
  { store: { keepDays } }: Pick<Settings, 'store'>,
  ports: ErasePorts,
  effects: { clock: Clock; log: Log },
): () => Promise<void> {
  if (keepDays === undefined) return async () => {}
  const aged = { name: 'analyses', removeBefore: (moment: Date) => eraseByAge(ports, moment) }
  return startLoop((signal) => keepRetention(aged, keepDays, effects, signal))
}
