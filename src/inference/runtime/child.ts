// The inference process as the service sees it: whether it is gone, what it answers, and its orderly end.
import type { ChildProcess } from 'node:child_process'
import { AppError } from '../../domain/errors.ts'
import { exchange, NoAnswer } from '../../domain/exchange.ts'
import type { FromProcess, ToProcess } from './messages.ts'

/**
 * Asks the process and reads its replies until one is the answer. `doing` says in errors what was asked. Throws INFERENCE_FAILED when
 * the process ends or is late, and then kills it; what `read` throws is passed on, and leaves the process alive.
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

/** Lets the process go, and ends it when it does not. */
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
