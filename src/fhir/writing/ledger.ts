// What was written to the EHR and what was begun, in memory: the same contract as the store's ledger, for a client without a store.
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
    async forget(key, olderThanSeconds = 0) {
      const begunAt = entries.get(key)?.begunAt ?? 0
      if (now().getTime() >= begunAt + olderThanSeconds * 1000) entries.delete(key)
    },
  }
}
