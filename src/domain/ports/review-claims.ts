// Who has an analysis open to decide on it: a notice to whoever comes second, not a lock.

export interface ReviewClaim {
  analysisId: string
  /** As the site identifies the person, or as they entered it. */
  identifier: string
  name: string
  /** ISO 8601 UTC */
  since: string
}

/** An open page reports every 45 s; after this long without a report the person has left. */
export const MAX_CLAIM_SILENCE_SECONDS = 150

export interface ReviewClaims {
  /** Makes or renews a person's claim; returns the claims of others, earliest first. */
  claim(analysisId: string, who: Pick<ReviewClaim, 'identifier' | 'name'>): Promise<ReviewClaim[]>
  leave(analysisId: string, identifier: string): Promise<void>
  /** Claims on these analyses, earliest first for each. */
  of(analysisIds: readonly string[]): Promise<ReviewClaim[]>
}
