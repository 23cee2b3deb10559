// What was written to the EHR, remembered beyond the process.

export interface LedgerEntry {
  reference: string
  version?: string
}

export interface WriteLedger {
  /** Entries whose write is known to have succeeded. */
  find(keys: readonly string[]): Promise<Map<string, LedgerEntry>>
  /** Atomically: true if nobody began this write within the last `seconds` and it is not known to have succeeded. */
  begin(key: string, seconds: number): Promise<boolean>
  record(key: string, written: LedgerEntry): Promise<void>
  /** Forgets a write that was refused, or whose resource is gone; with `olderThanSeconds`, only if it was begun longer ago. */
  forget(key: string, olderThanSeconds?: number): Promise<void>
}
