// Who has an analysis open to decide on it: a word to whoever comes second, and no lock.

export interface ReviewClaim {
  analysisId: string
  /** As the site knows the person, or as they gave it. */
  identifier: string
  name: string
  /** ISO 8601 UTC */
  since: string
}

/** A page that is open says so every 45 s; whoever is silent for longer has left. */
export const MAX_CLAIM_SILENCE_SECONDS = 150

export interface ReviewClaims {
  /** Takes or keeps the claim of a person; the claims of the others, the first first. */
  claim(analysisId: string, who: Pick<ReviewClaim, 'identifier' | 'name'>): Promise<ReviewClaim[]>
  leave(analysisId: string, identifier: string): Promise<void>
  /** Of these analyses, the first of each first. */
  of(analysisIds: readonly string[]): Promise<ReviewClaim[]>
}
