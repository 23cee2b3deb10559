// Waits by the wall clock, which may be set back while they last.

/** Whether it is too early; what ends later than any wait of its kind was begun before the clock was set back, and is over. */
export function stillWaits(until: number, now: number, maxWaitMs: number): boolean {
  return until > now && until - now <= maxWaitMs
}
