// Rounds of reading and writing until the EHR says what it must: one loop for reports and reviews.
import { AppError, asAppError } from '../../domain/errors.ts'

export const ROUNDS = 8
/** Each lost answer may have cost the whole time limit, so only a few are allowed. */
export const LOST_ANSWERS = 3
const FIRST_PAUSE_MS = 50
const MAX_PAUSE_MS = 2000

export interface Pauses {
  sleep(milliseconds: number): Promise<void>
  /** Uniform in [0, 1). */
  random(): number
}

/**
 * Repeats `round` until it returns something. After a conflict or a lost answer comes a pause with jitter and another round;
 * any other error ends it. Throws EHR_CONFLICT naming `what` if the rounds were not enough.
 */
export async function settle<T>(
  { sleep, random }: Pauses,
  what: string,
  round: () => Promise<T | undefined>,
): Promise<T> {
  let last: AppError | undefined
  let lost = 0
  for (let n = 0; n < ROUNDS; n += 1) {
    try {
      const settled = await round()
      if (settled !== undefined) return settled
    } catch (thrown) {
      last = retryableOrThrow(asAppError(thrown), last)
      if (last.code === 'EHR_AMBIGUOUS' && ++lost === LOST_ANSWERS) throw last
      const ceiling = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** n)
      await sleep(ceiling * (0.5 + random() / 2))
    }
  }
  throw last ?? new AppError('EHR_CONFLICT', `${what} did not settle in ${ROUNDS} rounds`)
}

/** After a conflict or a lost answer the state is read again; any other error ends the post, and stays ambiguous after a lost answer. */
function retryableOrThrow(error: AppError, before: AppError | undefined): AppError {
  if (error.code === 'EHR_CONFLICT' || error.code === 'EHR_AMBIGUOUS') return error
  if (before?.code === 'EHR_AMBIGUOUS' && error.class === 'transient') {
    throw new AppError('EHR_AMBIGUOUS', `${before.message}; looking again failed: ${error.message}`, {
      cause: error,
      ...(error.retryAfterSeconds !== undefined && { retryAfterSeconds: error.retryAfterSeconds }),
    })
  }
  throw error
}
