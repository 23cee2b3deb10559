// When the images of a study count as complete: unchanged for a while, or waited for as long as the settings allow. Pure.

export interface StudyWatchSettings {
  /** How long the image set must stay the same. */
  settleSeconds: number
  /** The longest wait for a study that keeps changing, or lacks images that the archive states (default 4 hours). */
  settleAtMostSeconds?: number
  /** How often undecided studies are checked; by default as often as a study can settle, between 1 and 10 seconds. */
  checkSeconds?: number
}

const DEFAULT_MAX_WAIT_SECONDS = 14_400

export interface Settling {
  /** The image set has not changed for `settleSeconds`. */
  isQuiet: boolean
  /** The longest wait is over: the study is taken as it is. */
  isOverdue: boolean
}

/** All times in milliseconds since 1970; `changingSince` is when the study began to change, `changedAt` when it last did. */
export function settlingOf(
  { changedAt, changingSince, now }: { changedAt: number; changingSince: number; now: number },
  { settleSeconds, settleAtMostSeconds = DEFAULT_MAX_WAIT_SECONDS }: StudyWatchSettings,
): Settling {
  return {
    isQuiet: now - changedAt >= settleSeconds * 1000,
    isOverdue: now - changingSince >= settleAtMostSeconds * 1000,
  }
}

export const checkSecondsOf = ({ checkSeconds, settleSeconds }: StudyWatchSettings) =>
  checkSeconds ?? Math.min(Math.max(settleSeconds, 1), 10)
