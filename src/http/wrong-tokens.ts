// Attempts with wrong tokens are slowed down and logged; a request with the right one never waits.

import { MINUTE_MS } from '../domain/durations.ts'
import type { AppDeps } from './deps.ts'
import { RequestProblem } from './problems.ts'

const FIRST_DELAY_MS = 250
const MAX_DELAY_MS = 5000
const FORGET_AFTER_MS = MINUTE_MS
/** How many requests may wait at once; more are refused without looking at the token. */
const MAX_WAITING = 20

/** Called for each wrong token; resolves when the refusal may be sent. Throws a problem (429) if too many are waiting. */
export function createWrongTokens({ clock, log }: Pick<AppDeps, 'clock' | 'log'>): () => Promise<void> {
  let failures = 0
  let lastAt = 0
  let waiting = 0
  return async () => {
    const now = clock.now().getTime()
    failures = Math.abs(now - lastAt) > FORGET_AFTER_MS ? 1 : failures + 1
    lastAt = now
    log.warn({ code: 'UNAUTHENTICATED', failures }, 'a request with a wrong token was refused')
    if (waiting >= MAX_WAITING)
      throw new RequestProblem(429, 'TOO_MANY_WRONG_TOKENS', 'too many wrong tokens were sent', 'Send the right one.')
    waiting += 1
    try {
      await clock.sleep(Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(failures - 1, 10)))
    } finally {
      waiting -= 1
    }
  }
}
