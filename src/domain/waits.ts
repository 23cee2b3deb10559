// Waits by the wall clock, which may be set back in the meantime.

/** Whether the wait is still on. One that ends later than its maximum length allows began before the clock was set back, and counts as over. */
export function stillWaits(until: number, now: number, maxWaitMs: number): boolean {
  return until > now && until - now <= maxWaitMs
}
