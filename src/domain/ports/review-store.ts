// Decisions of persons and their deliveries.
import type { Leg, LegRecord } from '../delivery.ts'
import type { RecordedReview, Review, ReviewDelivery } from '../review.ts'

export interface ClaimedDelivery {
  review: Review
  delivery: ReviewDelivery
}

export interface ReviewStore {
  /**
   * `labels` are those of the redrawn outlines, one byte a voxel of the result's grid. Adds the decision as number `expected` + 1 with a delivery per leg, and an event to the analysis, in one transaction. The same
   * key and content again returns the review recorded the first time. STATE_CONFLICT when there are more decisions than `expected`, or the key stands for another.
   */
  add(
    review: Omit<Review, 'reviewId' | 'number' | 'at'>,
    options: { key: string; expected: number; labels?: Uint8Array },
  ): Promise<{ review: RecordedReview; created: boolean }>
  /** In the order of their numbers. */
  list(analysisId: string): Promise<RecordedReview[]>
  /** Takes a delivery that is due and whose predecessors of the same leg are done, for `seconds`; undefined when nothing is due. */
  claim(seconds: number): Promise<ClaimedDelivery | undefined>
  /** The PDF of a review, once it is made. */
  document(reviewId: string): Promise<Uint8Array | undefined>
  /** Keeps the PDF of a review unless there is one, and returns the one that is kept: every delivery sends the same bytes. */
  keepDocument(reviewId: string, pdf: Uint8Array): Promise<Uint8Array>
  /** The labels that were added with a review; undefined where it redrew nothing. */
  labels(reviewId: string): Promise<Uint8Array | undefined>
  /** Ends the claim; a waiting one is due again after so many seconds, or now. */
  update(reviewId: string, leg: Leg, change: Partial<Omit<LegRecord, 'leg'>> & { afterSeconds?: number }): Promise<void>
  /** Makes failed and waiting deliveries of an analysis due now; returns how many. */
  makeDue(analysisId: string): Promise<number>
}
