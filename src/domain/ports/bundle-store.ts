// What is stored of bundles: the decisions of people, and the cases that a candidate computed in shadow.
import type { BundleChange, BundleRef, ShadowCase } from '../bundles.ts'

export interface ClaimedCase {
  analysisId: string
  /** How often it was begun, this time included. */
  attempts: number
}

export interface BundleStore {
  /** Oldest first. */
  changes(): Promise<BundleChange[]>
  /** Adds a decision unless another one came after `version`; returns whether it did. */
  decide(change: Omit<BundleChange, 'changeId' | 'at'>, version: number): Promise<boolean>
  /**
   * Claims for so many seconds the oldest delivered analysis that the active model made, that was registered since then, and that the candidate
   * has not computed yet; undefined if there is none.
   */
  claimCase(
    of: { candidate: BundleRef; activeModel: string; since: string },
    seconds: number,
  ): Promise<ClaimedCase | undefined>
  /** Stores what came out; what was stored first stays. */
  keepCase(candidate: BundleRef, result: ShadowCase): Promise<void>
  /** Gives a claimed case back, to be tried again after so many seconds; `uncounted` if that is not the candidate's fault. */
  releaseCase(candidate: BundleRef, analysisId: string, afterSeconds: number, uncounted: boolean): Promise<void>
  /** What the candidate computed since then beside this model, latest first. */
  cases(of: { candidate: BundleRef; activeModel: string; since: string }): Promise<ShadowCase[]>
  /** Whether an analysis waits for a worker, or is worked on, in any process. */
  isAnalysisDue(): Promise<boolean>
}
