// One question to the inference process and its answer, under a deadline, and the process's orderly end.
import type { ChildProcess } from 'node:child_process'
import { AppError, type ErrorCode } from '../../domain/errors.ts'
import type { FromProcess } from './messages.ts'

/** One exchange with the process: ends with an answer, a refusal, the process's end or the deadline (which kills it). */
export function ask<T>(
  child: ChildProcess,
  timeoutMs: number,
  doing: string,
  begin: (done: (value: T) => void, fail: (reason: string, code?: ErrorCode) => void) => (reply: FromProcess) => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const settle = () => {
      clearTimeout(timer)
      child.off('message', listener).off('exit', onExit).off('error', onError)
    }
    const fail = (reason: string, code: ErrorCode = 'INFERENCE_FAILED') => {
      settle()
      reject(new AppError(code, reason))
    }
    const onExit = (code: number | null, signal: string | null) =>
      fail(`the inference process ended (${signal ?? `exit code ${code}`}) while ${doing}`)
    const onError = () => fail(`the inference process could not be reached while ${doing}`)
    const timer = setTimeout(() => {
      fail(`the inference process was ended after ${Math.round(timeoutMs / 1000)} s while ${doing}`)
      child.kill('SIGKILL')
    }, timeoutMs)
    child.on('exit', onExit).on('error', onError)
    const handle = begin((value) => {
      settle()
      resolve(value)
    }, fail)
    const listener = (reply: unknown) => handle(reply as FromProcess)
    child.on('message', listener)
  })
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
