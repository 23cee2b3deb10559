// Hints that were acknowledged to their sender, and so outlive the process.

/** study: a Study Instance UID. accession: an accession number, whose studies the archive is asked for. */
export interface Hint {
  kind: 'study' | 'accession'
  value: string
}

export interface KeptHint extends Hint {
  /** When it was heard last. */
  heardAt: Date
  /** How often it was followed since, without a study that was found. */
  attempts: number
}

export interface HintStore {
  /** Resolves once they outlive a crash. One that is kept already is due again. */
  add(hints: readonly Hint[]): Promise<void>
  /** Those that are due, the longest first, so many at most. */
  due(limit: number): Promise<KeptHint[]>
  /** Forgets one, unless it was heard again meanwhile. */
  done(hint: KeptHint): Promise<void>
  /** Due again at that moment, and one attempt more. */
  later(hint: KeptHint, at: Date): Promise<void>
}
