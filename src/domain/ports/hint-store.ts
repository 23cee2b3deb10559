// Hints that were acknowledged to their sender and must therefore survive a restart.

/** study: a Study Instance UID. accession: an accession number, whose studies are searched in the archive. */
export interface Hint {
  kind: 'study' | 'accession'
  value: string
}

export interface KeptHint extends Hint {
  /** When it was last received. */
  heardAt: Date
  /** How often it has been followed since without finding a study. */
  attempts: number
}

export interface HintStore {
  /** Resolves once they would survive a crash. A hint that is already stored becomes due again. */
  add(hints: readonly Hint[]): Promise<void>
  /** Due hints, longest overdue first, up to `limit`. */
  due(limit: number): Promise<KeptHint[]>
  /** Removes a hint, unless it was received again meanwhile. */
  done(hint: KeptHint): Promise<void>
  /** Makes the hint due again at that moment, and counts one more attempt. */
  later(hint: KeptHint, at: Date): Promise<void>
}
