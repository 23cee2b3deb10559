// Which bundle a site uses: the decisions of people, the silent run of a candidate beside the active bundle, and the limits of its change control.
import type { Head } from './finding.ts'

/** A bundle as decisions name it; `modelDigest` is what computes, `digest` is its whole manifest. */
export interface BundleRef {
  id: string
  version: string
  digest: string
  modelDigest: string
}

/** `end-shadow` and `rollback` name no bundle. */
export const BUNDLE_ACTIONS = ['shadow', 'end-shadow', 'activate', 'rollback'] as const
export type BundleAction = (typeof BUNDLE_ACTIONS)[number]

/** One decision; they are only ever added. */
export interface BundleChange {
  changeId: number
  /** ISO 8601 UTC */
  at: string
  action: BundleAction
  bundle?: BundleRef
  by: string
  reason: string
}

/** What all decisions together say. */
export interface BundleStanding {
  /** Absent while the settings decide. */
  active?: BundleRef
  /** Whether there is a bundle to roll back to; without `previous` it is the one of the settings. */
  canRollBack: boolean
  previous?: BundleRef
  /** The candidate, and since when (ISO 8601) it runs in shadow. */
  shadow?: { bundle: BundleRef; since: string }
  /** Of the last decision; 0 if there is none. */
  version: number
}

/** Activations are a stack: a rollback takes the last one off, and below them all lies the bundle of the settings. Either ends the shadow run. */
export function standingOf(changes: readonly BundleChange[]): BundleStanding {
  const stack: BundleRef[] = []
  let shadow: BundleStanding['shadow']
  for (const { action, bundle, at } of changes) {
    shadow = action === 'shadow' && bundle ? { bundle, since: at } : undefined
    if (action === 'activate' && bundle) stack.push(bundle)
    if (action === 'rollback') stack.pop()
  }
  const [active, previous] = [stack.at(-1), stack.at(-2)]
  return {
    canRollBack: active !== undefined,
    ...(active && { active }),
    ...(previous && { previous }),
    ...(shadow && { shadow }),
    version: changes.at(-1)?.changeId ?? 0,
  }
}

/** One study by both bundles. */
export interface ShadowCase {
  analysisId: string
  /** ISO 8601 UTC */
  comparedAt: string
  /** Of the networks, as far as they ran. */
  seconds: { active?: number; shadow?: number }
  /** Why the candidate gave no result; everything below is then empty. */
  failure?: { code: string; message: string }
  /** Why it could not be compared, through no fault of the candidate; such a case counts for no limit. */
  leftOut?: { code: string; message: string }
  /** Regions that both state; mL. */
  regions: { region: string; dice: number; activeMl: number; shadowMl: number }[]
  /** Of every head but survival; a call is absent where none was made. */
  calls: { head: Head; active?: string; shadow?: string }[]
}

/** The three parts of a predetermined change control plan (FDA, PCCP). */
export const CHANGE_PARTS = ['modifications', 'protocol', 'impact'] as const
export type ChangePart = (typeof CHANGE_PARTS)[number]

export type ChangeLimit =
  /** Ids of the bundles that it may replace. */
  | { part: 'modifications'; measure: 'replaces'; ids: string[] }
  /** Studies compared, failures included. */
  | { part: 'protocol'; measure: 'cases'; atLeast: number }
  /** Mean against the active bundle. */
  | { part: 'impact'; measure: 'dice'; region: string; atLeast: number }
  /** Median of |candidate - active| as a share of the active bundle's volume. */
  | { part: 'impact'; measure: 'volume-difference'; region: string; atMost: number }
  /** Share of the cases; a call that only one of them made counts as changed. */
  | { part: 'impact'; measure: 'changed-calls'; head: Head; atMost: number }
  /** Share of the cases. */
  | { part: 'impact'; measure: 'failures'; atMost: number }

export interface ChangeLimitState {
  limit: ChangeLimit
  /** Absent if there was nothing to measure. */
  measured?: number
  /** What it was measured on. */
  cases: number
  isMet: boolean
}

/** What a candidate must show before it may be activated. */
export interface ChangeControl {
  /** In words, by part; absent if the manifest states no change control, so that the service's own limits apply. */
  words?: Readonly<Record<ChangePart, string>>
  limits: ChangeLimit[]
}

/** A bundle in one of the folders from the settings; one that cannot be used says why. */
export type InstalledBundle = { folder: string } & (
  | {
      bundle: BundleRef
      name: string
      /** Undefined if the manifest states none. */
      changeControl: ChangeControl | undefined
      regions: string[]
      /** Those with a network. */
      heads: Head[]
    }
  | { problem: string }
)

/** What page and command line show. */
export interface BundlesView {
  active: BundleRef
  /** Whether settings or a decision make it active. */
  isBySettings: boolean
  /** What a rollback would make active; absent if there is nothing to roll back to. */
  previous?: BundleRef
  installed: InstalledBundle[]
  shadow?: {
    bundle: BundleRef
    since: string
    /** Why it cannot be judged; there are no limits then. */
    problem?: string
    words?: Readonly<Record<ChangePart, string>>
    limits: ChangeLimitState[]
    /** Latest first. */
    cases: ShadowCase[]
    /** Of all, for those that are not in `cases`. */
    count: number
  }
  /** Latest first. */
  changes: BundleChange[]
}

/** What a person decides. */
export interface BundleDecision {
  action: BundleAction
  /** Id, or the beginning of the digest, of an installed bundle; for `shadow` and `activate`. */
  bundle?: string
  by: string
  reason: string
}
