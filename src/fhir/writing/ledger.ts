// What we wrote to the EHR and what we began to write, in memory: the same promise as the store's, for a client without one.
import type { LedgerEntry, WriteLedger } from '../../domain/ports/write-ledger.ts'

export function createMemoryLedger(now: () => Date): WriteLedger {
  const entries = new Map<string, { begunAt: number; written?: LedgerEntry }>()
  return {
    async find(keys) {
      return new Map(
        keys.flatMap((key): [string, LedgerEntry][] => {
          const written = entries.get(key)?.written
          return written ? [[key, written]] : []
        }),
      )
    },
    async begin(key, seconds) {
      const entry = entries.get(key)
      if (entry && (entry.written || now().getTime() < entry.begunAt + seconds * 1000)) return false
      entries.set(key, { begunAt: now().getTime() })
      return true
    },
    async record(key, written) {
      entries.set(key, { begunAt: entries.get(key)?.begunAt ?? now().getTime(), written })
    },
    async forget(key) {
      entries.delete(key)
    },
  }
}
