// How the decision on a study that a trigger reported begins, where it is not analysed.

/** It was looked at and is none for this service; the reason follows. */
export const LEFT = 'left: '
/** It cannot be looked at; what stands in the way follows. It is tried again. */
export const WAITING = 'waiting: '

/** The reason alone, and whether it is tried again by itself. */
export function readDecision(decision: string): { reason: string; isWaiting: boolean } | undefined {
  for (const start of [LEFT, WAITING]) {
    if (decision.startsWith(start)) return { reason: decision.slice(start.length), isWaiting: start === WAITING }
  }
  return undefined
}
