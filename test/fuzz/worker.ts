// The process that feeds the parsers: one that hangs or dies takes no more than itself, and says before each input what it is about.
import { inputOf } from './inputs.ts'
import { createTargets, isForeseen } from './targets.ts'

export interface Work {
  seed: number
  /** First and last + 1. */
  from: number
  to: number
}
export type Said =
  | { type: 'ready' }
  | { type: 'begin'; input: number; target: string }
  | { type: 'fault'; input: number; target: string; what: string }
  | { type: 'done' }

async function work({ seed, from, to }: Work): Promise<void> {
  const targets = await createTargets()
  const say = (message: Said) => process.send?.(message)
  say({ type: 'ready' })
  for (let input = from; input < to; input += 1) {
    const { target, bytes } = inputOf(seed, input, targets)
    say({ type: 'begin', input, target: target.name })
    try {
      await target.run(bytes)
    } catch (error) {
      if (!isForeseen(error)) say({ type: 'fault', input, target: target.name, what: nameOf(error) })
    }
    // So that messages leave, and a peer that went away is noticed.
    await new Promise((resolve) => setImmediate(resolve))
  }
  say({ type: 'done' })
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${typeof error}`
  const cause = error.cause instanceof Error ? `: ${error.cause.stack}` : ''
  return `${error.stack ?? error.name}${cause}`
}

process.on('disconnect', () => process.exit(0))
process.once('message', (message: Work) => {
  work(message).then(
    () => process.disconnect(),
    (error) => {
      console.error(error)
      process.exit(1)
    },
  )
})
