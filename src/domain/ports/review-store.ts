// People's decisions and their deliveries.
import type { Leg, LegRecord } from '../delivery.ts'
import type { RecordedReview, Review, ReviewDelivery } from '../review.ts'

export interface ClaimedDelivery {
  review: Review
  delivery: ReviewDelivery
}

export interface ReviewStore {
  /**
   * Adds the decision as number `expected` + 1 with a delivery per leg, and an event to the analysis, in one transaction. `labels`
   * are those of the redrawn outlines, one byte per voxel of the result's grid. The same key and content again returns the review
   * recorded the first time. Throws STATE_CONFLICT if there are more decisions than `expected`, or the key belongs to another one.
   */
  add(
    review: Omit<Review, 'reviewId' | 'number' | 'at'>,
    options: { key: string; expected: number; labels?: Uint8Array },
  ): Promise<{ review: RecordedReview; created: boolean }>
  /** Reviews in the order of their numbers. */
  list(analysisId: string): Promise<RecordedReview[]>
  /** Takes a due delivery, on this leg if one is named, whose predecessors on the same leg are done, for `seconds`; undefined if nothing is due. */
  claim(seconds: number, leg?: Leg): Promise<ClaimedDelivery | undefined>
  /** The PDF of a review, once it has been made. */
  document(reviewId: string): Promise<Uint8Array | undefined>
  /** Stores the PDF of a review unless there is one, and returns the stored one, so that every delivery sends the same bytes. */
  keepDocument(reviewId: string, pdf: Uint8Array): Promise<Uint8Array>
  /** The labels added with a review; undefined if it redrew nothing. */
  labels(reviewId: string): Promise<Uint8Array | undefined>
  /** Ends the claim; a waiting one is due again after so many seconds, or now. */
  update(reviewId: string, leg: Leg, change: Partial<Omit<LegRecord, 'leg'>> & { afterSeconds?: number }): Promise<void>
  /** Makes failed and waiting deliveries of an analysis due now; returns how many. */
  makeDue(analysisId: string): Promise<number>
}
