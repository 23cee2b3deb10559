// The order in which analyses are worked on.

/** Lower goes first. `first`: urgent orders, and what a person is waiting for. `fresh`: studies as they come. `backfill`: older ones that a person asked for. */
export const PRIORITIES = { first: 1, fresh: 2, backfill: 3 } as const
export type Priority = keyof typeof PRIORITIES

/** The only place that reads the stored number. */
export function priorityNamed(stored: number): Priority {
  return (Object.keys(PRIORITIES) as Priority[]).find((name) => PRIORITIES[name] === stored) ?? 'fresh'
}
