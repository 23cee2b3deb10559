// What happens after an error: retry later, or stop for a person. Pure; the error's class decides.
import type { AppError, ErrorCode } from './errors.ts'

export const FIRST_DELAY_SECONDS = 5
export const MAX_DELAY_SECONDS = 900
/**
 * A fault of the program is not cured by repeating whole inferences, and an image that ends its process would do so each time: such
 * a study is set aside after the second time, and the others go on.
 */
const MAX_ATTEMPTS: Partial<Record<ErrorCode, number>> = { INTERNAL: 2, DECODING_FAILED: 2 }

export type NextStep = { do: 'retry'; afterSeconds: number } | { do: 'hold' }

/**
 * `attempt` counts from 1; the first delay is 5 s and doubles each time, up to 15 minutes. Transient and ambiguous errors are
 * tried again, later each time, or when the remote side said; an unforeseen one and a failed decoder once. Everything else, and a last attempt that
 * failed, is held.
 */
export function nextStepAfter(error: AppError, attempt: number, maxAttempts: number): NextStep {
  const limit = Math.min(MAX_ATTEMPTS[error.code] ?? maxAttempts, maxAttempts)
  if (error.class === 'hold' || error.class === 'permanent' || attempt >= limit) return { do: 'hold' }
  const delay = Math.min(MAX_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2 ** (attempt - 1))
  return { do: 'retry', afterSeconds: Math.max(delay, error.retryAfterSeconds ?? 0) }
}

/** Longest that a wait is stretched, as a share of it. */
const SPREAD = 0.2

/**
 * The wait, stretched a little, in whole milliseconds as clocks have them: what failed together does not come back together. By how much is a function of the key, so that a run is
 * repeated by its seed.
 */
export function spread(seconds: number, key: string): number {
  // FNV-1a
  let hash = 0x811c9dc5
  for (const letter of key) hash = Math.imul(hash ^ letter.codePointAt(0)!, 0x01000193)
  return Math.round(1000 * seconds * (1 + (SPREAD * (hash >>> 0)) / 2 ** 32)) / 1000
}
