// What happens after an error: again later, or stop for a person. Pure; the error's class decides.
import type { AppError } from '../domain/errors.ts'

export interface RetryLimits {
  maxAttempts: number
  /** Seconds before the second attempt; doubles each time. */
  firstDelaySeconds: number
  longestDelaySeconds: number
}

export const RETRY: RetryLimits = { maxAttempts: 12, firstDelaySeconds: 5, longestDelaySeconds: 900 }

export type NextStep = { do: 'retry'; afterSeconds: number } | { do: 'hold' }

/**
 * `attempt` counts from 1. Transient and ambiguous errors are tried again, later each time, or when the remote side said;
 * everything else, and a last attempt that failed, is held.
 */
export function afterError(error: AppError, attempt: number, limits: RetryLimits = RETRY): NextStep {
  if (error.class === 'hold' || error.class === 'permanent' || attempt >= limits.maxAttempts) return { do: 'hold' }
  const delay = Math.min(limits.longestDelaySeconds, limits.firstDelaySeconds * 2 ** (attempt - 1))
  return { do: 'retry', afterSeconds: Math.max(delay, error.retryAfterSeconds ?? 0) }
}
