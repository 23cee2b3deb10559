// The change control of a bundle manifest: what a candidate must show beside the active bundle before it may be activated. The three parts are those of the FDA's
// predetermined change control plan (PCCP, guidance of December 2024, section 515C of the FD&C Act).
import { z } from 'zod'
import type { ChangeControl, ChangeLimit } from '../../domain/bundles.ts'
import type { Head } from '../../domain/finding.ts'

const text = z.string().min(1)
const share = z.number().min(0).max(1)
/** Heads that make calls; survival makes none. */
const CALLING = ['idh', '1p19q', 'mgmt', 'grade'] as const satisfies readonly Head[]

export const changeControlSchema = z.strictObject({
  modifications: z.strictObject({
    /** What was changed, and why. */
    description: text,
    /** Ids of the bundles that it may replace; any if absent. */
    replaces: z.array(text).min(1).optional(),
  }),
  protocol: z.strictObject({
    /** How the change was verified before the bundle was given out. */
    description: text,
    /** Studies that it must have computed in shadow at this site. */
    min_cases: z.int().min(1),
  }),
  impact: z.strictObject({
    /** What the change may do to patients, and what guards against it. */
    description: text,
    /** By region: mean Dice against the active bundle. */
    min_mean_dice: z.record(text, share),
    /** By region: median of |candidate - active| as a share of the active bundle's volume. */
    max_median_volume_difference: z.record(text, z.number().min(0)).optional(),
    /** By head: share of the studies in which the call differs. */
    max_changed_calls: z.partialRecord(z.enum(CALLING), share).optional(),
    /** Share of the studies in which the candidate gives no result. */
    max_failures: share,
  }),
})

export type DeclaredChangeControl = z.infer<typeof changeControlSchema>

/** Limits on regions that the bundle does not have could never be met. */
export function changeControlProblems(
  { impact }: DeclaredChangeControl,
  regions: Readonly<Record<string, unknown>>,
): string[] {
  return (['min_mean_dice', 'max_median_volume_difference'] as const).flatMap((key) =>
    Object.keys(impact[key] ?? {}).flatMap((region) =>
      regions[region] === undefined ? [`change_control.impact.${key}: ${region} is not one of the regions`] : [],
    ),
  )
}

export function declaredControl({ modifications, protocol, impact }: DeclaredChangeControl): ChangeControl {
  const limits: ChangeLimit[] = [
    ...(modifications.replaces
      ? [{ part: 'modifications' as const, measure: 'replaces' as const, ids: modifications.replaces }]
      : []),
    { part: 'protocol', measure: 'cases', atLeast: protocol.min_cases },
    ...Object.entries(impact.min_mean_dice).map(([region, atLeast]) => diceLimit(region, atLeast)),
    ...Object.entries(impact.max_median_volume_difference ?? {}).map(([region, atMost]) => {
      return { part: 'impact' as const, measure: 'volume-difference' as const, region, atMost }
    }),
    ...CALLING.flatMap((head) => {
      const atMost = impact.max_changed_calls?.[head]
      return atMost === undefined ? [] : [callLimit(head, atMost)]
    }),
    { part: 'impact', measure: 'failures', atMost: impact.max_failures },
  ]
  const words = {
    modifications: modifications.description,
    protocol: protocol.description,
    impact: impact.description,
  }
  return { words, limits }
}

/** For a candidate whose manifest states no change control: see ADR 0038. */
const UNDECLARED = { cases: 30, dice: 0.8, changedCalls: 0.1, failures: 0.05 } as const

/** The service's own limits; `regions` and `heads` are those of the active bundle, so that a candidate that lacks one does not pass. */
export function undeclaredControl({
  regions,
  heads,
}: {
  regions: readonly string[]
  heads: readonly Head[]
}): ChangeControl {
  return {
    limits: [
      { part: 'protocol', measure: 'cases', atLeast: UNDECLARED.cases },
      ...regions.map((region) => diceLimit(region, UNDECLARED.dice)),
      ...CALLING.filter((head) => heads.includes(head)).map((head) => callLimit(head, UNDECLARED.changedCalls)),
      { part: 'impact', measure: 'failures', atMost: UNDECLARED.failures },
    ],
  }
}

const diceLimit = (region: string, atLeast: number) => ({ part: 'impact', measure: 'dice', region, atLeast }) as const
const callLimit = (head: Head, atMost: number) => ({ part: 'impact', measure: 'changed-calls', head, atMost }) as const
