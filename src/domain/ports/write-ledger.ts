// What was written to the EHR, remembered beyond the process.

export interface LedgerEntry {
  reference: string
  version?: string
}

export interface WriteLedger {
  /** Entries whose write is known to be done. */
  find(keys: readonly string[]): Promise<Map<string, LedgerEntry>>
  /** Atomically: true when nobody began this write within the last `seconds` and it is not known to be done. */
  begin(key: string, seconds: number): Promise<boolean>
  record(key: string, written: LedgerEntry): Promise<void>
  /** The write was refused, or what it wrote is gone. */
  forget(key: string): Promise<void>
}
