// The inference process as the service sees it: whether it has ended, what it answers, and its orderly shutdown.
import type { ChildProcess } from 'node:child_process'
import { AppError } from '../../domain/errors.ts'
import { exchange, NoAnswer } from '../../domain/exchange.ts'
import type { FromProcess, ToProcess } from './messages.ts'

/**
 * Sends a request and reads replies until one is the answer. `doing` describes the request in errors. Throws INFERENCE_FAILED
 * if the process ends or is late, and then kills it; errors of `read` are passed on and leave the process alive.
 */
export async function ask<Answer>(
  child: ChildProcess,
  message: ToProcess,
  { timeoutMs, doing, read }: { timeoutMs: number; doing: string; read(reply: FromProcess): Answer | undefined },
): Promise<Answer> {
  try {
    return await exchange<FromProcess, Answer>(child, { send: () => child.send(message), read, timeoutMs })
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error
    child.kill('SIGKILL')
    throw new AppError('INFERENCE_FAILED', `the inference process ${error.message} while ${doing}`)
  }
}

export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.killed || !child.connected
}

/** Lets the process end, and kills it if it does not. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), 2000)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve()
    })
    if (child.pid === undefined) resolve()
    else if (child.connected) child.disconnect()
    else child.kill('SIGKILL')
  })
}
