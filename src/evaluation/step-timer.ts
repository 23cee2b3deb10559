// Times each step of one case, and announces it as it begins.

export interface StepTimer<Step extends string> {
  /** The total is complete at the end. */
  seconds: Record<Step | 'total', number>
  time<T>(step: Step, work: () => T | Promise<T>): Promise<T>
  /** Ends the case. */
  end(): void
}

export function createStepTimer<Step extends string>(
  steps: readonly Step[],
  now: () => number,
  say: (step: Step) => void,
): StepTimer<Step> {
  const started = now()
  const seconds = Object.fromEntries([...steps, 'total'].map((step) => [step, 0])) as Record<Step | 'total', number>
  return {
    seconds,
    async time(step, work) {
      const from = now()
      say(step)
      const result = await work()
      seconds[step] = (now() - from) / 1000
      return result
    },
    end() {
      seconds.total = (now() - started) / 1000
    },
  }
}
